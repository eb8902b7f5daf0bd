package transporttest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// patience bounds a wait that only a defect makes long.
const patience = 20 * time.Second

// RawOpener is a link that can open a stream with other bytes than a preface.
// The suite wants it of the agent's end.
type RawOpener interface {
	OpenRaw(ctx context.Context, first []byte) (transport.Stream, error)
}

// Run holds a transport against the contract of transport.Link. pair gives the
// agent's and the broker's end of a fresh link, which the suite closes.
func Run(t *testing.T, pair func(t *testing.T) (agent, broker transport.Link)) {
	for _, c := range []struct {
		name string
		test func(*testing.T, ends)
	}{
		{"BothOpenStreams", bothOpen},
		{"HalfClose", halfClose},
		{"LargeTransfer", largeTransfer},
		{"ResetUnblocksBothEnds", resetUnblocks},
		{"ResetBeforeAccept", resetBeforeAccept},
		{"CloseCauseReachesPeer", closeCause},
		{"CloseUnblocksEverything", closeUnblocks},
		{"CauseWithoutCodeStaysHome", causeStaysHome},
		{"ContextEndsOpenAndAccept", contextEnds},
		{"WriteDeadline", writeDeadline},
		{"OpenWaitsForAPlace", openWaits},
		{"HundredStreams", hundredStreams},
		{"MalformedPrefaceRefused", malformedPreface},
		{"ExportIsSharedAndLabelled", export},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := pair(t)
			defer a.Close(nil)
			defer b.Close(nil)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			stop := context.AfterFunc(ctx, func() { a.Close(ctx.Err()) }) // ends what hangs
			defer stop()
			c.test(t, ends{ctx: ctx, a: a, b: b})
		})
	}
}

type ends struct {
	ctx  context.Context //nolint:containedctx // of one test
	a, b transport.Link
}

var media = wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID{1, 2, 3}, Viewer: 7}

// stream opens a stream from x and accepts it at y.
func (e ends) stream(t *testing.T, x, y transport.Link) (at, from transport.Stream) {
	t.Helper()
	at, err := x.Open(e.ctx, media)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	from, p, err := y.Accept(e.ctx)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	if p != media {
		t.Fatalf("preface is %+v, want %+v", p, media)
	}
	return at, from
}

func bothOpen(t *testing.T, e ends) {
	for _, d := range [][2]transport.Link{{e.a, e.b}, {e.b, e.a}} {
		x, y := e.stream(t, d[0], d[1])
		say(t, x, y, "there")
		say(t, y, x, "and back")
		x.Reset()
		y.Reset()
	}
}

func halfClose(t *testing.T, e ends) {
	x, y := e.stream(t, e.a, e.b)
	mustWrite(t, x, "question")
	must(t, x.Close())
	if got := readAll(t, y); got != "question" {
		t.Errorf("read %q to the end", got)
	}
	mustWrite(t, y, "answer")
	must(t, y.Close())
	if got := readAll(t, x); got != "answer" {
		t.Errorf("read %q to the end after closing", got)
	}
	if _, err := x.Write([]byte("x")); err == nil {
		t.Error("write after close succeeded")
	}
}

func largeTransfer(t *testing.T, e ends) {
	data := bytes.Repeat([]byte("0123456789abcdef!"), 3<<20/17)
	x, y := e.stream(t, e.a, e.b)
	var work sync.WaitGroup
	defer work.Wait()
	for _, d := range [][2]transport.Stream{{x, y}, {y, x}} {
		work.Go(func() {
			if _, err := d[0].Write(data); err != nil {
				t.Errorf("write: %v", err)
			}
			if err := d[0].Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		work.Go(func() {
			h := sha256.New()
			if _, err := io.Copy(h, d[1]); err != nil {
				t.Errorf("read: %v", err)
			}
			if want := sha256.Sum256(data); !bytes.Equal(h.Sum(nil), want[:]) {
				t.Error("bytes changed on the way")
			}
		})
	}
}

func resetUnblocks(t *testing.T, e ends) {
	x, y := e.stream(t, e.a, e.b)
	fails := make(chan error, 4)
	for _, s := range []transport.Stream{x, y} {
		go func() { fails <- fill(s) }()
		go func() {
			_, err := s.Read(make([]byte, 1))
			for err == nil { // data before the reset is no matter
				_, err = s.Read(make([]byte, 1))
			}
			fails <- err
		}()
	}
	x.Reset()
	for range cap(fails) {
		if err := e.next(t, fails); !errors.Is(err, transport.ErrReset) {
			t.Errorf("after reset: %v, want ErrReset", err)
		}
	}
	x.Reset() // harmless
	y.Reset()
	say2, back := e.stream(t, e.a, e.b)
	say(t, say2, back, "the link lives")
}

func resetBeforeAccept(t *testing.T, e ends) {
	gone, err := e.a.Open(e.ctx, media)
	must(t, err)
	gone.Reset()
	kept, err := e.a.Open(e.ctx, wire.Preface{Type: wire.StreamControl})
	must(t, err)
	mustWrite(t, kept, "kept")
	for {
		s, p, err := e.b.Accept(e.ctx)
		if err != nil {
			t.Fatalf("accept: %v", err)
		}
		if p.Type == wire.StreamControl {
			expect(t, s, "kept")
			return
		}
		// The stream may have been accepted before its reset came.
		if _, err := io.ReadAll(s); !errors.Is(err, transport.ErrReset) {
			t.Errorf("read of a stream that was reset: %v", err)
		}
	}
}

func closeCause(t *testing.T, e ends) {
	x, y := e.stream(t, e.a, e.b)
	if e.a.Cause() != nil || e.b.Cause() != nil {
		t.Error("a living link has a cause")
	}
	code := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY, Detail: "come back"}
	e.b.Close(&transport.RetryError{After: 1500 * time.Millisecond, Err: code})
	for _, l := range []transport.Link{e.a, e.b} {
		e.wait(t, l)
		var retry *transport.RetryError
		var got *wire.CodeError
		if !errors.As(l.Cause(), &retry) || retry.After != 1500*time.Millisecond {
			t.Errorf("cause %v does not say when to retry", l.Cause())
		}
		if !errors.As(l.Cause(), &got) || got.Code != code.Code || got.Detail != code.Detail {
			t.Errorf("cause is %v, want %v", l.Cause(), code)
		}
		if _, err := l.Open(e.ctx, media); !errors.Is(err, code) {
			t.Errorf("open: %v, want the cause", err)
		}
		if _, _, err := l.Accept(e.ctx); !errors.Is(err, code) {
			t.Errorf("accept: %v, want the cause", err)
		}
	}
	for _, s := range []transport.Stream{x, y} {
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, code) {
			t.Errorf("read: %v, want the cause", err)
		}
		if err := fill(s); !errors.Is(err, code) {
			t.Errorf("write: %v, want the cause", err)
		}
	}
	e.a.Close(nil) // changes nothing any more
	if !errors.Is(e.a.Cause(), code) {
		t.Errorf("cause changed to %v", e.a.Cause())
	}
}

func closeUnblocks(t *testing.T, e ends) {
	x, y := e.stream(t, e.a, e.b)
	mine := errors.New("mine")
	fails := make(chan error, 4)
	go func() { _, err := x.Read(make([]byte, 1)); fails <- err }()
	go func() { fails <- fill(x) }()
	go func() { _, _, err := e.a.Accept(e.ctx); fails <- err }()
	go func() { fails <- openAll(e.ctx, e.a) }()
	expectSome(t, y) // the writer runs
	e.a.Close(mine)
	for range cap(fails) {
		if err := e.next(t, fails); !errors.Is(err, mine) {
			t.Errorf("after close: %v, want its cause", err)
		}
	}
}

func causeStaysHome(t *testing.T, e ends) {
	e.b.Close(errors.New("database password is hunter2"))
	e.wait(t, e.a)
	if err := e.a.Cause(); !errors.Is(err, transport.ErrClosed) || bytes.Contains([]byte(err.Error()), []byte("hunter2")) {
		t.Errorf("peer learned %v, want a plain ErrClosed", err)
	}
}

func contextEnds(t *testing.T, e ends) {
	ctx, cancel := context.WithCancel(e.ctx)
	fails := make(chan error, 2)
	go func() { _, _, err := e.b.Accept(ctx); fails <- err }()
	cancel()
	if err := e.next(t, fails); !errors.Is(err, context.Canceled) {
		t.Errorf("accept: %v, want the context's error", err)
	}
	if _, err := e.a.Open(ctx, media); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v, want the context's error", err)
	}
	if e.a.Cause() != nil || e.b.Cause() != nil {
		t.Errorf("a call's context ended the link: %v, %v", e.a.Cause(), e.b.Cause())
	}
	x, y := e.stream(t, e.a, e.b)
	say(t, x, y, "works")
}

func writeDeadline(t *testing.T, e ends) {
	x, y := e.stream(t, e.a, e.b)
	must(t, x.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
	n, err := fillCount(x)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("write against a full stream: %v, want os.ErrDeadlineExceeded", err)
	}
	must(t, x.SetWriteDeadline(time.Time{}))
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() {
		if _, err := x.Write([]byte("tail")); err != nil {
			t.Errorf("write after the deadline was lifted: %v", err)
		}
		_ = x.Close()
	})
	got, err := io.ReadAll(y)
	if err != nil || !bytes.HasSuffix(got, []byte("tail")) || len(got) != n+4 {
		t.Errorf("read %d bytes (%v), want the %d counted and the tail", len(got), err, n)
	}
}

func openWaits(t *testing.T, e ends) {
	var mine, theirs []transport.Stream
	for range transport.MaxStreams {
		x, y := e.stream(t, e.a, e.b)
		mine, theirs = append(mine, x), append(theirs, y)
	}
	ctx, cancel := context.WithTimeout(e.ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := e.a.Open(ctx, media); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("open of one too many: %v, want to wait", err)
	}
	mine[0].Reset()
	theirs[0].Reset()
	must(t, mine[1].Close()) // ended well instead
	must(t, theirs[1].Close())
	readAll(t, mine[1])
	readAll(t, theirs[1])
	for range 2 {
		x, y := e.stream(t, e.a, e.b)
		say(t, x, y, "in its place")
	}
}

func hundredStreams(t *testing.T, e ends) {
	var open, peak atomic.Int32
	var work sync.WaitGroup
	ctx, cancel := context.WithCancel(e.ctx)
	work.Go(func() { // the broker: echo
		for {
			s, _, err := e.b.Accept(ctx)
			if err != nil {
				return
			}
			work.Go(func() {
				_, _ = io.Copy(s, s)
				_ = s.Close()
			})
		}
	})
	var agents sync.WaitGroup
	for i := range 100 {
		agents.Go(func() {
			s, err := e.a.Open(e.ctx, media)
			if err != nil {
				t.Errorf("stream %d: open: %v", i, err)
				return
			}
			peak.Store(max(peak.Load(), open.Add(1)))
			data := bytes.Repeat([]byte{byte(i)}, 1000+i)
			_, err = s.Write(data)
			err = errors.Join(err, s.Close())
			open.Add(-1) // before its end frees its place
			got, rerr := io.ReadAll(s)
			if err := errors.Join(err, rerr); err != nil || !bytes.Equal(got, data) {
				t.Errorf("stream %d: %d bytes back, %v", i, len(got), err)
			}
		})
	}
	agents.Wait()
	cancel()
	work.Wait()
	if peak.Load() > transport.MaxStreams {
		t.Errorf("%d streams at a time, the limit is %d", peak.Load(), transport.MaxStreams)
	}
}

func malformedPreface(t *testing.T, e ends) {
	raw, ok := e.a.(RawOpener)
	if !ok {
		t.Fatalf("%T cannot open a stream with other bytes than a preface", e.a)
	}
	bad, err := raw.OpenRaw(e.ctx, bytes.Repeat([]byte{0xEE}, wire.PrefaceSize))
	must(t, err)
	short, err := raw.OpenRaw(e.ctx, []byte{byte(wire.StreamMedia)})
	must(t, err)
	must(t, short.Close())
	x, y := e.stream(t, e.a, e.b) // the first one to come out of Accept
	say(t, x, y, "good")
	if _, err := io.ReadAll(bad); !errors.Is(err, transport.ErrReset) {
		t.Errorf("the bad stream: %v, want ErrReset", err)
	}
}

func export(t *testing.T, e ends) {
	one, err := e.a.Export("EXPORTER-test-one")
	must(t, err)
	same, err := e.b.Export("EXPORTER-test-one")
	must(t, err)
	two, err := e.a.Export("EXPORTER-test-two")
	must(t, err)
	if len(one) != 32 || !bytes.Equal(one, same) || bytes.Equal(one, two) {
		t.Errorf("exports %x, %x and %x: want 32 bytes, the first two the same", one, same, two)
	}
}
