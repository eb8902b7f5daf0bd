package relay

import (
	"context"
	"errors"
	"testing"

	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var other = account.Principal{ID: "q", SignIn: "t"}

// ends waits for the end of a viewer and returns its code.
func ends(t *testing.T, ws *websocket.Conn) wirepb.ErrorCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		var e websocket.CloseError
		if _, _, err := ws.Read(ctx); errors.As(err, &e) {
			return wirepb.ErrorCode(e.Code - closeBase)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// One rep's viewers take no place of another's.
func TestEachRepHasAPlace(t *testing.T) {
	b := newBench(t, 0)
	first, _ := b.view()
	theirs, stream := b.viewAs(other)
	second, _ := b.view()
	if got := ends(t, first); got != wirepb.ErrorCode_ERROR_CODE_REPLACED {
		t.Errorf("a rep's older viewer ended with %v", got)
	}
	if _, err := stream.Write(update(100)); err != nil {
		t.Fatal(err)
	}
	if _, m, err := theirs.Read(t.Context()); err != nil || len(m) != wire.MediaHeaderSize+100 {
		t.Errorf("the other rep's viewer got %d bytes, %v", len(m), err)
	}
	for range 2 * maxTickets {
		if _, err := b.relay.Ticket(session, other); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.relay.Ticket(session, rep); err != nil {
		t.Fatal(err)
	}
	if c := b.relay.Counts(); c.Viewers != 2 || c.Tickets != maxTickets+1 {
		t.Errorf("%+v", c)
	}
	b.relay.Close(session, errViewerGone)
	ends(t, second)
}

func TestO33_ExpelTakesViewersAndTicketsOfOneRep(t *testing.T) {
	b := newBench(t, 0)
	mine, _ := b.view()
	theirs, stream := b.viewAs(other)
	late, err := b.relay.Ticket(session, rep)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := b.relay.Ticket(session, other)
	if err != nil {
		t.Fatal(err)
	}
	b.relay.Expel(session, rep.ID, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT})
	if got := ends(t, mine); got != wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT {
		t.Errorf("expelled with %v", got)
	}
	if _, _, err := b.relay.attach(late); !errors.Is(err, errTicket) {
		t.Errorf("a ticket from before: %v", err)
	}
	if _, err := stream.Write(update(100)); err != nil {
		t.Fatal(err)
	}
	if _, m, err := theirs.Read(t.Context()); err != nil || len(m) != wire.MediaHeaderSize+100 {
		t.Errorf("the other rep's viewer got %d bytes, %v", len(m), err)
	}
	if _, _, err := b.relay.attach(kept); err != nil {
		t.Errorf("the other rep's ticket: %v", err)
	}
	b.relay.Expel(wire.SessionID{9}, rep.ID, errViewerGone) // of a session that is not there
}

// A viewer that takes nothing holds up its own stream and nobody else's.
func TestL15_SlowViewerSlowsNobodyElse(t *testing.T) {
	b := newBench(t, 0)
	_, stuck := b.view()
	theirs, stream := b.viewAs(other)
	full := make(chan struct{})
	go func() {
		defer close(full)
		for { // until the slot is closed
			if _, err := stuck.Write(update(wire.MaxMediaPayload)); err != nil {
				return
			}
		}
	}()
	for range 64 {
		go func() { _, _ = stream.Write(update(64 << 10)) }()
		if _, m, err := theirs.Read(t.Context()); err != nil || len(m) != wire.MediaHeaderSize+64<<10 {
			t.Fatalf("%d bytes, %v", len(m), err)
		}
	}
	b.relay.Close(session, errViewerGone)
	<-full
}
