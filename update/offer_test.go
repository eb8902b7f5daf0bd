package update_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/update"
	"github.com/alongside-remote/alongside/update/release"
)

func offered(version string, rollout int) update.Release {
	return update.Release{Name: version, Terms: update.Terms{Version: version, Channel: "stable", System: system, Rollout: rollout}}
}

func TestD25_OnlyAGreaterVersionIsChosen(t *testing.T) {
	all := []update.Release{
		offered("v1.2.0", 100), offered("v1.10.0", 100), offered("v1.3.0", 100), offered("v2.0.0-rc.1", 100),
		offered("v9.0.0", 0), offered("nonsense", 100), offered("v9.9.9+build", 100), offered("v8.0.0-4-gabcdef0", 100),
		{Terms: update.Terms{Version: "v7.0.0", Channel: "beta", System: system, Rollout: 100}},
		{Terms: update.Terms{Version: "v7.0.0", Channel: "stable", System: "windows/amd64", Rollout: 100}},
	}
	for running, want := range map[string]string{
		"v1.0.0": "v2.0.0-rc.1", "v1.10.0": "v2.0.0-rc.1", "v2.0.0-rc.1": "", "v2.0.0": "", "v10.0.0": "",
		"dev": "", "14c1c58": "", "v1.0.0-4-gabcdef0": "", "v1.0.0-dirty": "", "1.0.0": "", "": "",
	} {
		r, found := update.Endpoint{Running: running, Channel: "stable", System: system}.Choose(all)
		if found != (want != "") || found && r.Version != want {
			t.Errorf("%q: %v, %v, want %q", running, r.Version, found, want)
		}
	}
	passed := update.Endpoint{Running: "v1.2.0", Channel: "stable", System: system, Passed: func(v string) bool { return v == "v2.0.0-rc.1" }}
	if r, _ := passed.Choose(all); r.Version != "v1.10.0" {
		t.Errorf("one that did not work is chosen, or none: %v", r.Version)
	}
}

// As many take a version as it is for, never fewer when it is for more, and not the same
// ones each time.
func TestD25_ARolloutIsForItsShare(t *testing.T) {
	const devices = 2000
	took := map[string]map[int]bool{}
	for _, rollout := range []int{0, 1, 10, 50, 99, 100} {
		for _, version := range []string{"v1.1.0", "v1.2.0"} {
			at := fmt.Sprint(version, rollout)
			took[at] = map[int]bool{}
			for d := range devices {
				e := update.Endpoint{Running: "v1.0.0", Channel: "stable", System: system, Key: fmt.Appendf(nil, "device %d", d)}
				if _, found := e.Choose([]update.Release{offered(version, rollout)}); found {
					took[at][d] = true
				}
			}
			if n := len(took[at]) * 100 / devices; n < rollout-3 || n > rollout+3 {
				t.Errorf("%d percent take what is for %d", n, rollout)
			}
		}
	}
	both := 0
	for d := range took["v1.1.010"] {
		if !took["v1.1.050"][d] {
			t.Error("who takes it at ten percent does not at fifty")
		}
		if took["v1.2.010"][d] {
			both++
		}
	}
	if both*2 > len(took["v1.1.010"]) {
		t.Errorf("%d of %d are first again", both, len(took["v1.1.010"]))
	}
}

// The share is signed: the releaser changes it, and takes a version back.
func TestD25_TheReleaserWidensAndWithdraws(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	must(t, w.folder.Rollout(w.keys(), "v1.1.0", 0))
	if r, found := w.newest("v1.0.0"); found {
		t.Errorf("for nobody: %v", r)
	}
	must(t, w.folder.Rollout(w.keys(), "v1.1.0", 100))
	if _, found := w.newest("v1.0.0"); !found {
		t.Error("for everybody: none")
	}
	must(t, w.folder.Withdraw(w.keys(), "v1.1.0"))
	if r, found := w.newest("v1.0.0"); found {
		t.Errorf("withdrawn: %v", r)
	}
}

func TestD25_WhatTheReleaserCannotSign(t *testing.T) {
	w := newWorld(t)
	w.release("v1.1.0")
	program := filepath.Join(t.TempDir(), "alongside-linux-amd64")
	must(t, os.WriteFile(program, []byte("program"), 0o600))
	stranger := newKey(t)
	for what, err := range map[string]error{
		"an unversioned one":  w.folder.Add(w.keys(), "v1.2.0-4-gabcdef0", "stable", 10, []string{program}),
		"one that is there":   w.folder.Add(w.keys(), "v1.1.0", "stable", 10, []string{program}),
		"for too many":        w.folder.Add(w.keys(), "v1.2.0", "stable", 101, []string{program}),
		"without a channel":   w.folder.Add(w.keys(), "v1.2.0", "", 10, []string{program}),
		"no program":          w.folder.Add(w.keys(), "v1.2.0", "stable", 10, nil),
		"by another name":     w.folder.Add(w.keys(), "v1.2.0", "stable", 10, []string{w.trust.Path}),
		"another signing key": w.folder.Add(release.Keys{Signing: stranger, Freshness: w.fresh}, "v1.2.0", "stable", 10, []string{program}),
		"a freshness key":     w.folder.Add(release.Keys{Signing: w.fresh, Freshness: w.fresh}, "v1.2.0", "stable", 10, []string{program}),
		"fresh for too long":  w.folder.Refresh(w.fresh, release.MaxFreshLife+1),
		"of no version":       w.folder.Rollout(w.keys(), "v3.0.0", 10),
	} {
		if !errors.Is(err, release.ErrList) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := w.folder.Draft(release.Roles{Root: public(w.roots...), Threshold: 4, Signing: public(w.signing), Freshness: public(w.fresh)}, release.RootLife); !errors.Is(err, release.ErrDraft) {
		t.Errorf("a threshold that nobody reaches: %v", err)
	}
	if r, _ := w.newest("v1.0.0"); r.Version != "v1.1.0" {
		t.Errorf("afterwards: %v", r)
	}
}
