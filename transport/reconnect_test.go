package transport_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/transport/transporttest"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
	"github.com/google/go-cmp/cmp"
)

// dials notes when Run dials and gives what script says, then the last of it.
type dials struct {
	mu     sync.Mutex
	begin  time.Time
	at     []time.Duration
	script []error // nil: a link
	t      *testing.T
	peer   transport.Link
}

func (d *dials) dial(context.Context) (transport.Link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = append(d.at, time.Since(d.begin))
	err := d.script[min(len(d.at), len(d.script))-1]
	if err != nil {
		return nil, err
	}
	a, b := transporttest.Pair(d.t)
	d.peer = b
	return a, nil
}

// times is when it was called so far.
func (d *dials) times() []time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.at)
}

// highest makes every wait as long as its ceiling.
func highest() float64 { return 1 }

func never(context.Context, transport.Link) error { panic("served") }

func TestReconnectBacksOffToAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{begin: time.Now(), script: []error{transport.ErrUnreachable}, t: t}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
		defer cancel()
		r := transport.Reconnect{Rand: highest}
		if err := r.Run(ctx, d.dial, never); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
		var waits []float64
		for i := range d.at[1:] {
			waits = append(waits, (d.at[i+1] - d.at[i]).Seconds())
		}
		if diff := cmp.Diff([]float64{0.5, 1, 2, 4, 8, 16, 32, 60, 60}, waits); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReconnectJitterIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, random := range []float64{0, 0.25, 0.999} {
			d := &dials{begin: time.Now(), script: []error{transport.ErrUnreachable, transport.ErrPinMismatch}, t: t}
			r := transport.Reconnect{Rand: func() float64 { return random }}
			_ = r.Run(t.Context(), d.dial, never)
			if want := time.Duration(random * 0.5e9); d.at[1] != want {
				t.Errorf("random %v waits %v, want %v", random, d.at[1], want)
			}
		}
	})
}

func TestReconnectObeysRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := &transport.RetryError{After: 20 * time.Second, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN}}
		d := &dials{begin: time.Now(), script: []error{nil, transport.ErrPinMismatch}, t: t}
		r := transport.Reconnect{Rand: highest}
		err := r.Run(t.Context(), d.dial, func(_ context.Context, l transport.Link) error {
			d.peer.Close(busy)
			<-l.Done()
			return nil
		})
		if !errors.Is(err, transport.ErrPinMismatch) {
			t.Errorf("ended with %v", err)
		}
		if d.at[1] != 25*time.Second {
			t.Errorf("came back after %v, want 20 s and up to 5 s more", d.at[1])
		}
	})
}

func TestReconnectStartsOverAfterAStableLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := transport.ErrUnreachable
		d := &dials{begin: time.Now(), script: []error{down, down, down, nil, nil, transport.ErrPinMismatch}, t: t}
		lasts := []time.Duration{time.Second, time.Minute}
		r := transport.Reconnect{Rand: highest}
		_ = r.Run(t.Context(), d.dial, func(_ context.Context, l transport.Link) error {
			time.Sleep(lasts[0])
			lasts = lasts[1:]
			d.peer.Close(nil)
			<-l.Done()
			return l.Cause()
		})
		// 0.5+1+2 to the first link, which lasts 1 s and is no reason to be quick;
		// the second lasts a minute and is.
		want := []time.Duration{0, 500e6, 1500e6, 3500e6, 8500e6, 69e9}
		if diff := cmp.Diff(want, d.at); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReconnectStopsAtTerminalErrors(t *testing.T) {
	revoked := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED}
	synctest.Test(t, func(t *testing.T) {
		d := &dials{begin: time.Now(), script: []error{nil}, t: t}
		r := transport.Reconnect{}
		// serve only knows that its stream broke; the link knows why.
		err := r.Run(t.Context(), d.dial, func(_ context.Context, l transport.Link) error {
			d.peer.Close(revoked)
			<-l.Done()
			return errors.New("stream broke")
		})
		if !errors.Is(err, revoked) || len(d.at) != 1 {
			t.Errorf("%d dials, ended with %v", len(d.at), err)
		}
	})
}

func TestH_ReconnectNeverRetriesAWrongKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{begin: time.Now(), script: []error{transport.ErrPinMismatch}, t: t}
		r := transport.Reconnect{}
		if err := r.Run(t.Context(), d.dial, never); !errors.Is(err, transport.ErrPinMismatch) || len(d.at) != 1 {
			t.Errorf("%d dials, ended with %v", len(d.at), err)
		}
	})
}

func TestReconnectHurriesForASessionAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dials{begin: time.Now(), script: []error{transport.ErrUnreachable}, t: t}
		wake := make(chan struct{})
		var hurry atomic.Bool
		hurry.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		r := transport.Reconnect{Rand: highest, Wake: wake, Hurry: hurry.Load}
		ended := make(chan error)
		go func() { ended <- r.Run(ctx, d.dial, never) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		at := d.times()
		n := len(at)
		if last := at[n-1] - at[n-2]; last != 2*time.Second {
			t.Errorf("waits %v with a session in progress, want 2 s", last)
		}
		hurry.Store(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		n = len(d.times())
		wake <- struct{}{}
		synctest.Wait()
		if len(d.times()) != n+1 {
			t.Error("did not dial when woken")
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestReconnectClosesTheLinkWithServesError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED}
		d := &dials{begin: time.Now(), script: []error{nil, transport.ErrPinMismatch}, t: t}
		r := transport.Reconnect{}
		_ = r.Run(t.Context(), d.dial, func(context.Context, transport.Link) error { return bad })
		if err := d.peer.Cause(); !errors.Is(err, bad) {
			t.Errorf("peer learned %v", err)
		}
	})
}
