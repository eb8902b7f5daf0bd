package prompt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// errTimeout is the cause with which fallback closes a prompt whose time is up.
var errTimeout = errors.New("prompt timed out")

// guard is how much longer than its own timeout a backend may take: a window
// that shows the time left should be the one that ends it.
const guard = 2 * time.Second

// fallback asks backend after backend until one gives an answer, and keeps the
// time itself: a hanging program cannot keep a prompt open.
type fallback struct {
	steps []step
	forms []step // the same, for forms
	log   *slog.Logger
}

type step struct {
	name string
	Prompter
}

// Consent implements Prompter.
func (f *fallback) Consent(ctx context.Context, r ConsentRequest) (Answer, error) {
	if r.Timeout <= 0 {
		r.Timeout = DefaultTimeout
	}
	r.Timeout = min(r.Timeout, MaxTimeout)
	deadline := time.Now().Add(r.Timeout)
	answer := TimedOut
	err := f.each(ctx, f.steps, r.Timeout, func(ctx context.Context, s step) error {
		if r.Timeout = time.Until(deadline); r.Timeout <= 0 {
			return errTimeout
		}
		a, err := s.Consent(ctx, r)
		if err == nil {
			answer = a
		}
		return err
	})
	if errors.Is(err, errTimeout) {
		return TimedOut, nil
	}
	if err != nil {
		return No, err
	}
	return answer, nil
}

// Form implements Prompter.
func (f *fallback) Form(ctx context.Context, r FormRequest) (fields Fields, ok bool, err error) {
	err = f.each(ctx, f.forms, 0, func(ctx context.Context, s step) error {
		var err error
		fields, ok, err = s.Form(ctx, r)
		return err
	})
	if err != nil {
		return Fields{}, false, err
	}
	return fields, ok, nil
}

// Ask implements Prompter.
func (f *fallback) Ask(ctx context.Context, q Question) (yes bool, err error) {
	err = f.each(ctx, f.steps, MaxTimeout, func(ctx context.Context, s step) error {
		var err error
		yes, err = s.Ask(ctx, q)
		return err
	})
	if errors.Is(err, errTimeout) {
		return false, nil
	}
	return yes && err == nil, err
}

// File implements Prompter.
func (f *fallback) File(ctx context.Context, r FileRequest) (path string, ok bool, err error) {
	err = f.each(ctx, f.steps, MaxTimeout, func(ctx context.Context, s step) error {
		var err error
		path, ok, err = s.File(ctx, r)
		return err
	})
	if errors.Is(err, errTimeout) {
		return "", false, nil
	}
	if err != nil || !ok {
		return "", false, err
	}
	return path, true, nil
}

// Notice implements Prompter.
func (f *fallback) Notice(ctx context.Context, n Notice) error {
	if n.Timeout <= 0 {
		n.Timeout = NoticeTimeout
	}
	n.Timeout = min(n.Timeout, MaxTimeout)
	err := f.each(ctx, f.steps, n.Timeout, func(ctx context.Context, s step) error { return s.Notice(ctx, n) })
	if errors.Is(err, errTimeout) {
		return nil
	}
	return err
}

// each calls do for one backend after another until one does not fail.
func (f *fallback) each(ctx context.Context, steps []step, limit time.Duration, do func(context.Context, step) error) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit+guard, errTimeout)
		defer cancel()
	}
	var reasons []error
	for _, s := range steps {
		err := do(ctx, s)
		if err == nil || errors.Is(err, errTimeout) {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		f.log.Warn("prompt backend failed", "backend", s.name, "err", err)
		reasons = append(reasons, fmt.Errorf("%s: %w", s.name, err))
	}
	return errors.Join(reasons...)
}
