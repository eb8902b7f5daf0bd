//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// write prints the medians of all rounds.
func write(w io.Writer, stages []*stage, o options) error {
	per := "update"
	if o.rate == 0 {
		per = "second"
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "build\tprocess\tsleeps per %s\ttaken off\tprocessor, µs\n", per)
	for _, s := range stages {
		for i, role := range roles {
			fmt.Fprintf(t, "%s\t%s\t%.1f\t%.1f\t%.0f\n", s.name, role,
				s.median(o, func(r round) float64 { return float64(r.spent[i].slept) }),
				s.median(o, func(r round) float64 { return float64(r.spent[i].taken) }),
				s.median(o, func(r round) float64 { return float64(r.spent[i].ran.Microseconds()) }))
		}
	}
	return t.Flush()
}

// median is that of a figure in all rounds, for one update or for one second.
func (s *stage) median(o options, of func(round) float64) float64 {
	var all []float64
	for _, r := range s.rounds {
		if o.rate == 0 {
			all = append(all, of(r)/r.seconds)
		} else {
			all = append(all, of(r)/float64(r.updates))
		}
	}
	slices.Sort(all)
	return all[len(all)/2]
}
