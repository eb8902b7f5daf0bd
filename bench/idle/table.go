//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// write prints the medians of all runs as a table.
func write(w io.Writer, all []*entry, o options) {
	fmt.Fprintf(w, "| idle endpoint, %s, median of %d | processes | RSS, MiB | PSS, MiB | CPU, ms/s | wake-ups /s |\n|---|---|---|---|---|---|\n", o.screen, o.runs)
	for _, e := range all {
		fmt.Fprintf(w, "| %s | %d | %.1f | %.1f | %.2f | %.1f |\n", e.Name,
			median(e.runs, func(s sample) int { return s.processes }),
			mib(median(e.runs, func(s sample) int64 { return s.rss })), mib(median(e.runs, func(s sample) int64 { return s.pss })),
			float64(median(e.runs, func(s sample) time.Duration { return s.cpu }))/float64(time.Millisecond),
			median(e.runs, func(s sample) float64 { return s.wakes }))
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func median[T cmp.Ordered](runs []sample, of func(sample) T) T {
	var all []T
	for _, s := range runs {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
