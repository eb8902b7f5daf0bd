//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What a process and its child hold and do is summed; one that has ended is not idle.
func TestLookSumsTheTree(t *testing.T) {
	c := exec.CommandContext(t.Context(), "sh", "-c", "sleep 600 & echo up; wait")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range tree(c.Process.Pid) {
			if q, err := os.FindProcess(p); err == nil {
				_ = q.Kill()
			}
		}
		_ = c.Wait()
	})
	if _, err := out.Read(make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	s, err := look(t.Context(), c.Process.Pid, time.Millisecond)
	if err != nil || s.processes != 2 || s.pss == 0 || s.rss < s.pss {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := look(t.Context(), 1<<30, time.Millisecond); err == nil {
		t.Errorf("of nothing: %+v", s)
	}
}

func TestTableOfMedians(t *testing.T) {
	e := &entry{Name: "one", runs: []sample{
		{processes: 3, rss: 30 << 20, pss: 20 << 20, cpu: 2 * time.Millisecond, wakes: 4},
		{processes: 3, rss: 10 << 20, pss: 9 << 20, cpu: time.Millisecond, wakes: 1},
		{processes: 3, rss: 20 << 20, pss: 10 << 20, cpu: 9 * time.Millisecond, wakes: 2},
	}}
	var b strings.Builder
	write(&b, []*entry{e}, options{screen: "8x8x24", runs: 3})
	want := "| idle endpoint, 8x8x24, median of 3 | processes | RSS, MiB | PSS, MiB | CPU, ms/s | wake-ups /s |\n|---|---|---|---|---|---|\n" +
		"| one | 3 | 20.0 | 10.0 | 2.00 | 2.0 |\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

// Our own description and the harness's are understood.
func TestEntriesAreTheHarnesss(t *testing.T) {
	e, err := readEntry("../suts/alongside.json")
	if err != nil || e.Name != "alongside" || e.Ready != "cmd:alongside-bench online" || !filepath.IsAbs(e.dir) {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := readEntry("main.go"); err == nil {
		t.Error("a description that is none")
	}
}
