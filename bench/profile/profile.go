// Package profile counts what `perf script` prints: where each process spent
// its time, in functions alone and with what they call.
package profile

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Process is what was seen of one process.
type Process struct {
	PID     int
	Samples int
	own     map[string]int
	with    map[string]int
}

// Line is a function and its share of the process's samples.
type Line struct {
	Function string
	Share    float64
}

// Own are the first n of the functions that ran.
func (p *Process) Own(n int) []Line { return p.top(p.own, n) }

// With counts a function once for each sample in which it is on the stack.
func (p *Process) With(n int) []Line { return p.top(p.with, n) }

func (p *Process) top(counts map[string]int, n int) []Line {
	var lines []Line
	for f, c := range counts {
		lines = append(lines, Line{f, float64(c) / float64(p.Samples)})
	}
	slices.SortFunc(lines, func(a, b Line) int {
		if a.Share != b.Share {
			if a.Share > b.Share {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Function, b.Function)
	})
	return lines[:min(n, len(lines))]
}

// head begins a sample: program, process and thread.
var head = regexp.MustCompile(`^\s*\S.*?\s+(\d+)/(\d+)\s*:?\s*$`)

// Read reads the output of `perf script -F comm,pid,tid,ip,sym`: per sample a
// head, the stack from the innermost function, an empty line.
func Read(in io.Reader) (map[int]*Process, error) {
	all := map[int]*Process{}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20) // names of generic functions are long
	pid, stack := 0, []string(nil)
	add := func() {
		if pid == 0 || len(stack) == 0 {
			return
		}
		p := all[pid]
		if p == nil {
			p = &Process{PID: pid, own: map[string]int{}, with: map[string]int{}}
			all[pid] = p
		}
		p.Samples++
		p.own[stack[0]]++
		seen := map[string]bool{}
		for _, f := range stack {
			seen[f] = true
		}
		for f := range maps.Keys(seen) {
			p.with[f]++
		}
	}
	for lines.Scan() {
		line := lines.Text()
		switch m := head.FindStringSubmatch(line); {
		case strings.TrimSpace(line) == "":
			add()
			pid, stack = 0, nil
		case m != nil:
			n, err := strconv.Atoi(m[1])
			if err != nil {
				return nil, fmt.Errorf("sample %q: %w", line, err)
			}
			pid, stack = n, nil
		default:
			_, function, _ := strings.Cut(strings.TrimSpace(line), " ")
			stack = append(stack, function)
		}
	}
	add()
	return all, lines.Err()
}
