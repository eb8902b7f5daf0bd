//go:build linux

package main

import (
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

// count is what the kernel has counted of a process's threads.
type count struct {
	slept int64         // times that a thread went to sleep by itself
	taken int64         // times that a thread was taken off a processor
	ran   time.Duration // on a processor, user and system
}

func (c count) less(before count) count {
	return count{c.slept - before.slept, c.taken - before.taken, c.ran - before.ran}
}

func counts(pids []int) ([]count, error) {
	all := make([]count, len(pids))
	for i, p := range pids {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p))
		if err != nil || len(threads) == 0 {
			return nil, fmt.Errorf("process %d has ended", p)
		}
		for _, t := range threads {
			if err := all[i].add(t); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) {
				return nil, err
			}
		}
	}
	return all, nil
}

// add adds a thread, which is a folder of proc(5).
func (c *count) add(thread string) error {
	b, err := os.ReadFile(filepath.Join(thread, "status"))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(line, ":")
		n, _ := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		switch name {
		case "voluntary_ctxt_switches":
			c.slept += n
		case "nonvoluntary_ctxt_switches":
			c.taken += n
		}
	}
	if b, err = os.ReadFile(filepath.Join(thread, "schedstat")); err != nil {
		return err
	}
	ran, _, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseInt(ran, 10, 64)
	c.ran += time.Duration(n)
	return err
}
