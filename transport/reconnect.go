package transport

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of reconnecting.
const (
	reconnectBase   = 500 * time.Millisecond // ceiling of the first wait
	reconnectCap    = time.Minute            // ceiling of the last ones: a broker that is down for long
	reconnectHurry  = 2 * time.Second        // ceiling while somebody waits in a session
	reconnectStable = 30 * time.Second       // a link that lasted this long starts over at the base
	retrySpread     = 5 * time.Second        // agents told to come back after a time come spread over this
)

// Reconnect keeps a link up. The zero value works.
type Reconnect struct {
	Log *slog.Logger // nil: silent

	// Hurry says that a session is in progress: such agents come back first. May
	// be nil.
	Hurry func() bool
	// Wake ends a wait early, as after a resume or a change of network. May be nil.
	Wake <-chan struct{}
	// Terminal says which errors end Run; nil is the function of that name.
	Terminal func(error) bool
	// Rand gives numbers in [0, 1); nil is the system's.
	Rand func() float64
}

// Terminal says that connecting again cannot help: somebody has to act first.
func Terminal(err error) bool {
	if errors.Is(err, ErrPinMismatch) {
		return true
	}
	var ce *wire.CodeError
	if !errors.As(err, &ce) {
		return false
	}
	switch ce.Code { //nolint:exhaustive // all others are worth another try
	case wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED,
		wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED,
		wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED,
		wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN,
		wirepb.ErrorCode_ERROR_CODE_TOKEN_USED,
		wirepb.ErrorCode_ERROR_CODE_TOKEN_EXPIRED,
		wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID:
		return true
	}
	return false
}

// Run dials, serves the link and starts again when it has ended, until the
// context ends or an error is terminal; that is what it returns. serve owns the
// link while it runs; afterwards the link is closed with serve's error. An error
// of serve that only repeats the link's end may be nil.
//
// Between attempts it waits for a random part of a ceiling that doubles from
// half a second to a minute, after the time that the peer asked for.
func (r *Reconnect) Run(ctx context.Context, dial func(context.Context) (Link, error), serve func(context.Context, Link) error) error {
	terminal := r.Terminal
	if terminal == nil {
		terminal = Terminal
	}
	for failures := 0; ; failures++ {
		lasted, err := attemptOnce(ctx, dial, serve)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if terminal(err) {
			return err
		}
		if lasted >= reconnectStable {
			failures = 0
		}
		wait := r.wait(failures, err)
		if r.Log != nil {
			r.Log.Info("link down", "error", err, "lasted", lasted, "retry", wait)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-r.Wake:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		}
	}
}

// attemptOnce is one link from its dial to its end.
func attemptOnce(ctx context.Context, dial func(context.Context) (Link, error), serve func(context.Context, Link) error) (time.Duration, error) {
	l, err := dial(ctx)
	if err != nil {
		return 0, err
	}
	up := time.Now()
	err = serve(ctx, l)
	cause := l.Cause() // not nil: the link ended by itself, and that is why
	l.Close(err)
	switch {
	case err == nil:
		err = l.Cause()
	case cause != nil && !errors.Is(err, cause):
		err = errors.Join(cause, err)
	}
	return time.Since(up), err
}

// wait is full jitter below a ceiling, on top of what the peer asked for.
func (r *Reconnect) wait(failures int, err error) time.Duration {
	ceiling := reconnectCap
	if failures < 30 { // beyond, the shift would overflow
		ceiling = min(ceiling, reconnectBase<<failures)
	}
	var least time.Duration
	var re *RetryError
	if errors.As(err, &re) {
		least = min(max(re.After, 0), maxRetryAfter)
		ceiling = max(ceiling, retrySpread)
	}
	if r.Hurry != nil && r.Hurry() {
		ceiling = min(ceiling, reconnectHurry)
	}
	random := rand.Float64
	if r.Rand != nil {
		random = r.Rand
	}
	return least + time.Duration(random()*float64(ceiling))
}
