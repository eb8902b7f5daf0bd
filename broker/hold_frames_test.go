package broker

import (
	"bytes"
	"context"
	"testing"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire"
)

// L15: while the owner parks the session and takes it up again, the others get every
// frame that the endpoint sends, in order and of one epoch; the endpoint is asked for no
// new picture of theirs.
func TestL15_OthersMissNoFrameWhileTheOwnerHolds(t *testing.T) {
	const frames = 300 // a third before, while it is held, and after
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	ria.open(t)
	ria.joined(t, rob, s.Id)
	theirs, _ := ria.view(t, ria.attach(t, s.Id).Ticket)
	stream := a.media()
	rob.view(t, rob.attach(t, s.Id).Ticket)
	a.media()
	reached := make(chan uint32, frames)
	go func() {
		defer close(reached)
		for seq := uint32(1); seq <= frames; seq++ {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			_, b, err := theirs.Read(ctx)
			cancel()
			if err != nil {
				t.Errorf("after frame %d: %v", seq-1, err)
				return
			}
			m, _, err := wire.ReadMedia(bytes.NewReader(b), nil)
			if err != nil || m.Kind != wire.MediaUpdate || m.Seq != seq || m.Epoch != 1 {
				t.Errorf("%+v, %v; want frame %d of epoch 1", m.MediaHeader, err, seq)
				return
			}
			reached <- seq
		}
	}()
	// The frames go on by themselves, however long a command takes.
	next := uint32(1)
	send := func(until uint32) {
		for ; next <= until; next++ {
			if _, err := stream.Write(message(wire.MediaUpdate, next, []byte("a picture"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	during := func(command func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- command() }()
		limit := next + frames/3 - 1
		for next < limit && len(done) == 0 {
			send(next)
			<-reached
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	send(frames / 3)
	for range frames / 3 {
		<-reached
	}
	during(func() error {
		got, err := rob.close(t, s.Id, "hold")
		if err == nil && got.Phase != apipb.SessionPhase_SESSION_PHASE_HELD {
			t.Errorf("%v", got)
		}
		return err
	})
	during(func() error { _, err := rob.resume(t, s.Id); return err })
	send(frames)
	for range reached { // until the last one, or what was wrong
	}
	for len(a.in) > 0 {
		if m := <-a.in; m.GetViewerAttached() != nil {
			t.Errorf("the endpoint is asked for another picture: %v", m)
		}
	}
}
