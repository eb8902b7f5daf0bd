//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc.
const tick = 10 * time.Millisecond

// sample is what the processes of an endpoint held, and did in a span.
type sample struct {
	processes int
	rss, pss  int64         // bytes
	cpu       time.Duration // a second
	wakes     float64       // times a second that a thread went to sleep by itself
}

// look measures the processes below and including one for a span.
func look(ctx context.Context, root int, span time.Duration) (sample, error) {
	before, err := spent(tree(root))
	if err != nil {
		return sample{}, err
	}
	began := time.Now()
	if err := pause(ctx, span); err != nil {
		return sample{}, err
	}
	pids := tree(root)
	after, err := spent(pids)
	if err != nil {
		return sample{}, err
	}
	seconds := time.Since(began).Seconds()
	s := sample{
		processes: len(pids), cpu: time.Duration(float64(after.cpu-before.cpu) / seconds),
		wakes: float64(after.wakes-before.wakes) / seconds,
	}
	if s.processes == 0 {
		return s, errors.New("it has ended")
	}
	for _, p := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err != nil {
			return s, err
		}
		s.rss += number(b, "Rss:") << 10
		s.pss += number(b, "Pss:") << 10
	}
	return s, nil
}

// tree lists a process and all below it.
func tree(root int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	alive := false
	for _, path := range stats {
		f, err := stat(path)
		if err != nil || f[0] == "Z" {
			continue // it has ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(f[1])
		children[parent] = append(children[parent], pid)
		alive = alive || pid == root
	}
	if !alive {
		return nil
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// stat is what follows the name in a process's stat file: state, parent and so on.
func stat(path string) ([]string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])), nil
}

type spending struct {
	cpu   time.Duration
	wakes int64
}

// spent sums what processes have used so far, with children that they have waited for.
func spent(pids []int) (spending, error) {
	var s spending
	for _, p := range pids {
		f, err := stat(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			return s, err
		}
		for _, i := range []int{11, 12, 13, 14} { // user, system; the same of children
			n, err := strconv.ParseInt(f[i], 10, 64)
			if err != nil {
				return s, err
			}
			s.cpu += time.Duration(n) * tick
		}
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", p))
		for _, path := range threads {
			b, err := os.ReadFile(path)
			switch {
			case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
				continue
			case err != nil:
				return s, err
			}
			s.wakes += number(b, "voluntary_ctxt_switches:")
		}
	}
	return s, nil
}

// number is the number in the line with a name.
func number(b []byte, name string) int64 {
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n
		}
	}
	return 0
}
