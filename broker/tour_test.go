package broker

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/store"
)

// tour is who takes part in the grand tour.
type tour struct {
	*bench
	ada, rob, ria *client
	a             *agent // the device of the chapters after the first
	team, queue   string // Ria's
}

// chapter is a part of the tour, and everything that the log says of it, in order.
type chapter struct {
	name string
	walk func(t *testing.T, n *tour)
	want []step
}

// step is one record: what kind of actor, by which name, did what, and how it went.
type step struct{ Kind, Name, Action, Result string }

// TestA11_EveryStepOfATourIsInTheLog walks through what an administrator, two
// representatives, an external one, a visitor and customers do, and holds the log
// against the exact list.
func TestA11_EveryStepOfATourIsInTheLog(t *testing.T) {
	n := &tour{bench: newBench(t)}
	n.offerClient()
	log := n.records(func(store.Record) bool { return true })
	seen := log[len(log)-1].Seq
	var all []step
	for _, c := range []chapter{
		requestChapter, crewChapter, guestChapter, portalChapter, buttonChapter, terminalChapter, elevationChapter, machineChapter, exchangeChapter, orphanChapter, forgetChapter,
	} {
		c.walk(t, n)
		var got []step
		for _, r := range n.records(func(r store.Record) bool { return r.Seq > seen }) {
			kind, _, _ := strings.Cut(r.Actor, ":")
			got, seen = append(got, step{kind, r.ActorName, r.Action, r.Result}), r.Seq
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.name, d)
		}
		all = append(all, got...)
	}
	// What A11 names, by the names in the log.
	for event, action := range map[string]string{
		"invite": "session.invite", "accept": "session.join", "decline": "session.decline_invitation", "cancel": "session.uninvite",
		"transfer": "session.take_over", "remove": "session.remove", "hold": "session.hold", "resume": "session.resume",
		"pin": "jump.pin", "unpin": "jump.unpin", "button deploy": "button.deploy", "button remove": "button.remove",
		"session switch": "session.switch_terminal", "elevate": "session.elevation", "peek": "session.peek",
		"clipboard": "session.clipboard", "file": "session.file", "restart": "session.restart",
	} {
		if !slices.ContainsFunc(all, func(s step) bool { return s.Action == action && s.Result == "ok" }) {
			t.Errorf("%s: no %s in the tour", event, action)
		}
	}
}

// logged waits for the record of what nobody waits for otherwise.
func (n *tour) logged(name string, count int) {
	n.t.Helper()
	eventually(n.t, name, func() bool { return len(n.records(action(name))) == count })
}
