//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// The part of a document that is ours.
const (
	opening = "<!-- links -->"
	closing = "<!-- /links -->"
)

const head = `| link | thin link to | first full picture | page exact | change, idle p50 / p95 | change, during scroll p50 / p95 | frames /s of 30 | age p50 / p95 | exact after scroll | kbit/s in scroll |
|---|---|---|---|---|---|---|---|---|---|
`

// row is the case's row of the table.
func (r result) row() string {
	fps := float64(r.Seen) / r.Scroll.Seconds()
	missed := ""
	if r.Missed > 0 {
		missed = fmt.Sprintf(" (%d never)", r.Missed)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s / %s | %s / %s%s | %.1f | %s / %s | %s | %.0f |", r.Link, r.Way,
		timeText(r.First), timeText(r.Sharp), timeText(percentile(r.Idle, 50)), timeText(percentile(r.Idle, 95)),
		timeText(percentile(r.Busy, 50)), timeText(percentile(r.Busy, 95)), missed, fps,
		timeText(percentile(r.Ages, 50)), timeText(percentile(r.Ages, 95)), timeText(r.Exact), float64(r.ScrollBytes)*8/1000/r.Scroll.Seconds())
}

// timeText shows a time as people read it; 0 is one that never came.
func timeText(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// report writes the table.
func report(results []result, document string, seed uint64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, losses of seed %d, one repetition each. The thin link joins the agent, or the viewer, with the broker; its queue holds 100 ms.\n\n",
		time.Now().UTC().Format(time.DateOnly), seed)
	b.WriteString(head)
	for _, r := range results {
		b.WriteString(r.row() + "\n")
	}
	if document == "" {
		_, err := os.Stdout.WriteString(b.String())
		return err
	}
	old, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), opening)
	_, after, ok2 := strings.Cut(rest, closing)
	if !ok || !ok2 {
		return errors.New(document + " has no part between " + opening + " and " + closing)
	}
	return os.WriteFile(document, []byte(before+opening+"\n"+b.String()+closing+after), 0o644)
}
