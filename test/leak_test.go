//go:build linux

package test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// before is what is at the endpoint while there is no session.
func (w *world) before() bed.Traces {
	w.t.Helper()
	t, err := w.agent.Traces()
	w.must(err)
	return t
}

// leavesNothing waits until the endpoint is as it was before the session, and
// checks that its viewer was cut off and that nobody can come in again.
func (w *world) leavesNothing(how string, before bed.Traces, v *bed.Viewer, session string) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "nothing to be left after "+how, func() (bool, error) {
		now, err := w.agent.Traces()
		if d := cmp.Diff(before, now); d != "" && err == nil {
			err = errors.New(d)
		}
		return err == nil, err
	}))
	select {
	case <-v.Ended():
	case <-w.ctx.Done():
		w.t.Errorf("after %s the viewer is still connected", how)
	}
	if err := v.Close(); errors.Is(err, wire.ErrMalformed) {
		w.t.Errorf("after %s the viewer ended with %v", how, err)
	}
	if _, err := w.rep.Sessions.Attach(w.ctx, connect.NewRequest(&apipb.AttachRequest{Id: session})); err == nil {
		w.t.Errorf("after %s there is a ticket for a viewer", how)
	}
}

// types has a viewer type what no key of the keyboard makes.
func (w *world) types(v *bed.Viewer) {
	w.t.Helper()
	w.typeInto(v, "echo 'ж☃' | tee odd.txt")
	w.typed("odd.txt", "ж☃\n")
	w.must(os.Remove(filepath.Join(w.desktop.Dir, "odd.txt")))
}

// holds has a viewer hold a key and perhaps a button down. While it holds a
// button, no click of the person's reaches another window.
func (w *world) holds(v *bed.Viewer, button bool) {
	w.t.Helper()
	const leftShift = 0xe1 // HID usage
	events := []wire.Input{{Kind: wire.InputKey, Code: leftShift, Down: true}}
	if button {
		events = append(events, wire.Input{Kind: wire.InputButton, X: 300, Y: 300, Button: wire.ButtonMiddle, Down: true})
	}
	w.must(v.Input(events...))
	w.must(bed.Until(w.ctx, "keys and buttons to be held", func() (bool, error) {
		now := w.before()
		return len(now.Down) > 0 && (!button || now.Down[len(now.Down)-1] > 255), fmt.Errorf("held: %v", now.Down)
	}))
}

// TestL7_NothingIsLeftHoweverItEnds: the person's Done, the rep's Off and an
// administrator's end from the audit log leave the endpoint as it was.
func TestL7_NothingIsLeftHoweverItEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.typeOnce(d.Id)
	before := w.before()
	for _, end := range []struct {
		how string
		by  wirepb.EndedBy
		end func(id string) error
	}{
		{"Done", wirepb.EndedBy_ENDED_BY_CUSTOMER, func(string) error { return w.desktop.Done(w.ctx) }},
		{"Off", wirepb.EndedBy_ENDED_BY_REP, func(id string) error {
			_, err := w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: id}))
			return err
		}},
		{"Terminate", wirepb.EndedBy_ENDED_BY_ADMIN, func(id string) error {
			_, err := w.rep.Sessions.Terminate(w.ctx, connect.NewRequest(&apipb.TerminateRequest{Id: id, Confirm: true}))
			return err
		}},
	} {
		s := w.begin(d.Id)
		v := w.look(s.Id)
		w.types(v)
		w.holds(v, end.by != wirepb.EndedBy_ENDED_BY_CUSTOMER)
		w.must(end.end(s.Id))
		s, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
		w.must(err)
		if s.EndedBy != end.by {
			t.Errorf("%s: ended by %v", end.how, s.EndedBy)
		}
		w.must(w.desktop.Type(w.ctx, "Support session ended"))
		w.leavesNothing(end.how, before, v, s.Id)
	}
}

// typeOnce makes the files that shells and programs leave by themselves.
func (w *world) typeOnce(device string) {
	w.t.Helper()
	s := w.begin(device)
	v := w.look(s.Id)
	w.types(v)
	w.must(w.desktop.Done(w.ctx))
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	_, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
}

// TestL7_Q3_LostLinkLeavesNothing: the broker is gone for good. When the Yes
// does not hold any more the endpoint is as it was, by itself.
func TestL7_Q3_LostLinkLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"consent_valid_min": "1"})
	w.typeOnce(d.Id)
	before := w.before()
	began := time.Now()
	s := w.begin(d.Id)
	v := w.look(s.Id)
	w.types(v)
	w.holds(v, true)
	w.broker.Kill()
	w.nothingLeft()
	if took := time.Since(began); took < time.Minute {
		t.Errorf("ended after %v, the Yes holds for a minute", took)
	}
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	before.Sockets = 0 // the link's own come and go with each attempt
	w.must(bed.Until(w.ctx, "nothing to be left after a lost link", func() (bool, error) {
		now, err := w.agent.Traces()
		now.Sockets = 0
		if d := cmp.Diff(before, now); d != "" && err == nil {
			err = errors.New(d)
		}
		return err == nil, err
	}))
	_ = v.Close()
}

// TestD11_L7_TheHotKeyWorksWhateverIsHeld: a rep who holds a button keeps clicks
// from the banner, and one who holds modifiers makes another chord of the
// person's; the hot-key ends the session all the same, and lets go of it all.
func TestD11_L7_TheHotKeyWorksWhateverIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.terminal()
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.typeOnce(d.Id)
	before := w.before()
	s := w.begin(d.Id)
	v := w.look(s.Id)
	const leftSuper, rightAlt = 0xe3, 0xe6 // HID usages
	w.must(v.Input(
		wire.Input{Kind: wire.InputKey, Code: leftSuper, Down: true},
		wire.Input{Kind: wire.InputKey, Code: rightAlt, Down: true},
	))
	w.holds(v, true)
	w.must(w.desktop.Run("xdotool key ctrl+alt+shift+End"))
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if s.EndedBy != wirepb.EndedBy_ENDED_BY_CUSTOMER {
		t.Errorf("ended by %v", s.EndedBy)
	}
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	w.leavesNothing("the hot-key", before, v, s.Id)
}
