//go:build linux

package main

import (
	"fmt"
	"os"

	"github.com/alongside-remote/alongside/bench/profile"
)

type profileCmd struct {
	Roles map[string]int `arg:"" help:"Names and process ids: helper=123."`
	Top   int            `help:"Functions to show." default:"25"`
}

// Run prints what perf script, on stdin, says of processes.
func (c *profileCmd) Run(*run) error {
	all, err := profile.Read(os.Stdin)
	if err != nil {
		return err
	}
	out := os.Stdout
	for role, pid := range c.Roles {
		p := all[pid]
		if p == nil {
			continue
		}
		fmt.Fprintf(out, "\n== %s: %d samples\n", role, p.Samples)
		own, with := p.Own(c.Top), p.With(c.Top)
		for i := range max(len(own), len(with)) {
			fmt.Fprintf(out, "%s  %s\n", cell(own, i), cell(with, i))
		}
	}
	return nil
}

// cell is a line of fixed width. The end of a long name says more than its start.
func cell(lines []profile.Line, i int) string {
	const width = 62
	if i >= len(lines) {
		return fmt.Sprintf("%*s", 7+width, "")
	}
	name := lines[i].Function
	if len(name) > width {
		name = name[len(name)-width:]
	}
	return fmt.Sprintf("%5.1f%% %-*s", 100*lines[i].Share, width, name)
}
