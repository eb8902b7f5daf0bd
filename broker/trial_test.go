package broker

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestD25_WhatBecameOfAVersionIsInTheLog: once, as often as a device says it, and the
// device's page has the last.
func TestD25_WhatBecameOfAVersionIsInTheLog(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	a := n.online()
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	say := func(version string, r wirepb.TrialResult, detail string, ended int64) {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ProgramTrial{ProgramTrial: &wirepb.ProgramTrial{
			Version: version, Result: r, Detail: detail, EndedUnixMs: ended,
		}}})
	}
	shows := func(version string) {
		t.Helper()
		eventually(t, version, func() bool { return rob.device(t, a.dev).GetUpdate().GetVersion() == version })
	}
	if u := rob.device(t, a.dev).Update; u != nil {
		t.Errorf("before: %v", u)
	}
	installed, crashed := wirepb.TrialResult_TRIAL_RESULT_INSTALLED, wirepb.TrialResult_TRIAL_RESULT_CRASHED
	say("v1.1.0", installed, "", at.UnixMilli())
	shows("v1.1.0")
	say("v1.1.0", installed, "", at.UnixMilli()) // as on the next link
	say("v1.2.0", 99, "of a newer protocol", at.UnixMilli())
	say("v1.2.0", 0, "", at.UnixMilli())
	say("v1.2.0", crashed, "no such year", math.MaxInt64)
	say("v1.2.0", crashed, "status 2", at.Add(time.Minute).UnixMilli())
	shows("v1.2.0")
	if u := rob.device(t, a.dev).Update; u.Result != crashed || u.Detail != "status 2" || !u.EndedAt.AsTime().Equal(at.Add(time.Minute)) || u.ReportedAt == nil {
		t.Errorf("%v", u)
	}
	n.restart()
	a.connect()
	say("v1.2.0", crashed, "status 2", at.Add(time.Minute).UnixMilli())
	say("v1.2.0", crashed, "status 2", at.Add(time.Hour).UnixMilli()) // it was tried again
	eventually(t, "the second try", func() bool { return len(n.records(action("device.update"))) == 3 })
	var got []string
	for _, r := range n.records(action("device.update")) {
		got = append(got, strings.Join([]string{r.Result, r.Detail}, ": "))
		if r.Actor != "device:"+a.dev || r.Object != r.Actor {
			t.Errorf("by %s about %s", r.Actor, r.Object)
		}
	}
	failed := "crashed: v1.2.0 was taken back: status 2"
	if want := []string{"ok" + ": v1.1.0", failed, failed}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log has %q, want %q", got, want)
	}
}

// TestD25_AHostileDeviceFillsNoLog with versions that it says it tried.
func TestD25_AHostileDeviceFillsNoLog(t *testing.T) {
	n := newBench(t)
	a := n.online()
	const said, most = 40, 20
	for i := range said {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ProgramTrial{ProgramTrial: &wirepb.ProgramTrial{
			Version: "v1.1.0", Result: wirepb.TrialResult_TRIAL_RESULT_CRASHED, EndedUnixMs: int64(i),
		}}})
	}
	a.asked() // it has all been read
	if got := len(n.records(action("device.update"))); got == 0 || got > most {
		t.Errorf("%d records of %d", got, said)
	}
}
