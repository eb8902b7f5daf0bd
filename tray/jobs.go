package tray

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxWaiting is how many prompts may wait for the open one. More than a few
// questions in a row is not asking any more.
const maxWaiting = 4

// maxNonce is the longest nonce that is echoed.
const maxNonce = 64

// job is one prompt, waiting or open. show runs in a goroutine of its own and
// returns what is to be done with the outcome, in the goroutine of the core.
type job struct {
	kind   jobKind
	nonce  []byte // of a consent
	show   func(ctx context.Context) func() error
	expire *time.Timer // of a consent that waits

	cancel context.CancelCauseFunc // once open
	ended  chan struct{}           // closed when show has returned
}

type jobKind int

const (
	jobConsent jobKind = iota
	jobForm
	jobNotice
)

// enqueue opens a prompt, now or when those before it are closed. It reports
// whether there was room.
func (c *core) enqueue(ctx context.Context, j *job) (ok bool, err error) {
	if len(c.queue) >= maxWaiting {
		return false, nil
	}
	if j.kind == jobConsent {
		// A question does not wait behind a mere message, and goes before others.
		// What was to be told before it is old once it is answered, and would keep
		// input suspended in the session that has begun.
		c.queue = slices.DeleteFunc(c.queue, func(o *job) bool { return o.kind == jobNotice })
		at := 0
		for at < len(c.queue) && c.queue[at].kind == jobConsent {
			at++
		}
		c.queue = append(c.queue[:at], append([]*job{j}, c.queue[at:]...)...)
		if c.active != nil && c.active.kind == jobNotice {
			c.active.cancel(errWithdrawn)
		}
	} else {
		c.queue = append(c.queue, j)
	}
	return true, c.next(ctx)
}

// next opens the first waiting prompt when none is open.
func (c *core) next(ctx context.Context) error {
	if c.active != nil || len(c.queue) == 0 {
		return nil
	}
	j := c.queue[0]
	c.queue = c.queue[1:]
	if j.expire != nil {
		j.expire.Stop()
	}
	// First the service must know, so that remote input cannot answer.
	if err := c.pauseFor(true, c.pause.chat); err != nil {
		return err
	}
	c.active = j
	j.ended = make(chan struct{})
	var inner context.Context
	inner, j.cancel = context.WithCancelCause(ctx)
	go func() {
		defer close(j.ended)
		defer j.cancel(nil)
		then := j.show(inner)
		select {
		case c.results <- func() error { return c.closed(then) }:
		case <-ctx.Done():
		}
	}()
	return nil
}

// closed ends the open prompt: the outcome, then the news that it is gone.
func (c *core) closed(then func() error) error {
	<-c.active.ended
	c.active = nil
	if err := then(); err != nil {
		return err
	}
	return c.pauseFor(false, c.pause.chat)
}

// closePrompts ends the open prompt and waits for it.
func (c *core) closePrompts() {
	for _, j := range c.queue {
		if j.expire != nil {
			j.expire.Stop()
		}
	}
	if c.active != nil {
		c.active.cancel(errPipeClosed)
		<-c.active.ended
	}
}

// ask opens a consent prompt.
func (c *core) ask(ctx context.Context, a *ipcpb.ConsentAsk) error {
	nonce := bytes.Clone(a.Nonce)
	if len(nonce) == 0 || len(nonce) > maxNonce || c.find(nonce) != nil {
		return c.answer(nonce[:min(len(nonce), maxNonce)], wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "nonce missing, too long or in use")
	}
	timeout := min(time.Duration(a.TimeoutS)*time.Second, prompt.MaxTimeout)
	if timeout <= 0 {
		timeout = prompt.DefaultTimeout
	}
	deadline := time.Now().Add(timeout)
	r := prompt.ConsentRequest{
		Rep: a.RepName, Organisation: a.Organisation, Control: a.Control,
		Reason: a.Reason, Recorded: a.Recorded, SilenceAllows: a.SilenceAllows,
		Clipboard: prompt.Exchange{In: a.ClipboardIn, Out: a.ClipboardOut}, Files: prompt.Exchange{In: a.FilesIn, Out: a.FilesOut},
	}
	r.Restart, r.Elevate = a.Restart, a.Elevate
	r.Restrict, r.Darken = a.RestrictInput, a.PrivacyScreen
	switch a.AtEnd {
	case wirepb.AtEnd_AT_END_LOCK:
		r.AtEnd = prompt.AtEndLock
	case wirepb.AtEnd_AT_END_LOG_OFF:
		r.AtEnd = prompt.AtEndLogOff
	default: // nothing
	}
	if p := a.Pin; p != nil {
		r.Pin = &prompt.Pin{Service: p.Service, Place: p.Place}
		if p.ExpiresUnixMs > 0 {
			r.Pin.Until = time.UnixMilli(p.ExpiresUnixMs)
		}
	}
	j := &job{kind: jobConsent, nonce: nonce}
	j.show = func(ctx context.Context) func() error {
		r.Timeout = time.Until(deadline)
		if r.Timeout <= 0 {
			return func() error { return c.neverShown(nonce) }
		}
		answer, err := c.prompter.Consent(ctx, r)
		return func() error { return c.consented(nonce, answer, err) }
	}
	j.expire = time.AfterFunc(timeout, func() {
		select {
		case c.results <- func() error { return c.expired(j) }:
		case <-ctx.Done():
		}
	})
	ok, err := c.enqueue(ctx, j)
	if ok || err != nil {
		return err
	}
	j.expire.Stop()
	return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "too many prompts are waiting")
}

// expired answers for a consent prompt whose turn did not come in time.
func (c *core) expired(j *job) error {
	for i := range c.queue {
		if c.queue[i] == j {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			return c.neverShown(j.nonce)
		}
	}
	return nil
}

// neverShown is no answer of a person, so it is not reported as one.
func (c *core) neverShown(nonce []byte) error {
	return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "another prompt stayed open")
}

func (c *core) consented(nonce []byte, a prompt.Answer, err error) error {
	c.log.Info("consent prompt closed", "answer", a, "err", err)
	switch {
	case errors.Is(err, errWithdrawn):
		return nil // the service knows
	case err != nil:
		return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, err.Error())
	case a == prompt.Yes:
		return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "")
	case a == prompt.TimedOut:
		return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
	default:
		return c.answer(nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, "")
	}
}

func (c *core) find(nonce []byte) *job {
	for _, j := range append([]*job{c.active}, c.queue...) {
		if j != nil && j.kind == jobConsent && bytes.Equal(j.nonce, nonce) {
			return j
		}
	}
	return nil
}

// withdraw closes a consent prompt, which is then not answered.
func (c *core) withdraw(nonce []byte) error {
	j := c.find(nonce)
	switch j {
	case nil:
		return nil // already answered
	case c.active:
		j.cancel(errWithdrawn)
		return nil
	}
	j.expire.Stop()
	for i := range c.queue {
		if c.queue[i] == j {
			c.queue = append(c.queue[:i], c.queue[i+1:]...)
			break
		}
	}
	return nil
}

// notice shows a text; when too much waits already it is dropped and logged.
func (c *core) notice(ctx context.Context, title, text string) error {
	j := &job{kind: jobNotice}
	j.show = func(ctx context.Context) func() error {
		err := c.prompter.Notice(ctx, prompt.Notice{Title: title, Text: text})
		return func() error {
			if err != nil && !errors.Is(err, errWithdrawn) {
				c.log.Warn("notice", "err", err)
			}
			return nil
		}
	}
	ok, err := c.enqueue(ctx, j)
	if !ok && err == nil {
		c.log.Warn("notice dropped: too many prompts are waiting")
	}
	return err
}
