// Package prompttest has a Prompter that answers by script, and the suite that
// every Prompter passes.
package prompttest

import (
	"context"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/tray/prompt"
)

// Press is what the person at a scripted screen does.
type Press int

// What a person can do.
const (
	Nothing Press = iota
	PressYes
	PressNo
	PressReturn // on whatever is the default
	PressEscape
)

// Script is a Prompter without a screen. It may be used from any goroutine; Do
// answers the prompt that is open.
type Script struct {
	mu     sync.Mutex
	open   any // the request that is shown, or nil
	fields prompt.Fields
	file   string
	press  chan pressing
	change chan struct{} // closed and replaced when open changes
}

// pressing is a press and the sign that it was taken.
type pressing struct {
	Press
	taken chan struct{}
}

// NewScript makes a Script with nothing open.
func NewScript() *Script {
	return &Script{press: make(chan pressing), change: make(chan struct{})}
}

// Open waits until a prompt is open and returns its request. It is a
// prompt.ConsentRequest, a prompt.FormRequest,
// a prompt.FileRequest, a prompt.Question or a prompt.Notice.
func (s *Script) Open(ctx context.Context) (any, error) {
	return s.wait(ctx, func(r any) bool { return r != nil })
}

// Closed waits until no prompt is open.
func (s *Script) Closed(ctx context.Context) error {
	_, err := s.wait(ctx, func(r any) bool { return r == nil })
	return err
}

func (s *Script) wait(ctx context.Context, is func(any) bool) (any, error) {
	for {
		s.mu.Lock()
		r, change := s.open, s.change
		s.mu.Unlock()
		if is(r) {
			return r, nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Do presses something in the open prompt, which has reacted when it returns.
func (s *Script) Do(ctx context.Context, p Press) error {
	do := pressing{p, make(chan struct{})}
	select {
	case s.press <- do:
		<-do.taken
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Fill is what PressYes sends in a form.
func (s *Script) Fill(f prompt.Fields) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fields = f
}

// Choose is what PressYes chooses as a file.
func (s *Script) Choose(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file = path
}

// set changes what is open, and returns what a form is filled with.
func (s *Script) set(r any) prompt.Fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = r
	close(s.change)
	s.change = make(chan struct{})
	return s.fields
}

// next waits for a press, the end of ctx or the timeout (0: none).
func (s *Script) next(ctx context.Context, r any, timeout time.Duration) (p Press, timedOut bool, f prompt.Fields, err error) {
	s.set(r)
	var over <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case do := <-s.press:
		p = do.Press
		defer close(do.taken)
	case <-over:
		timedOut = true
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return p, timedOut, s.set(nil), err
}

// Consent implements prompt.Prompter.
func (s *Script) Consent(ctx context.Context, r prompt.ConsentRequest) (prompt.Answer, error) {
	p, over, _, err := s.next(ctx, r, r.Timeout)
	switch {
	case err != nil:
		return prompt.No, err
	case over:
		return prompt.TimedOut, nil
	case p == PressYes:
		return prompt.Yes, nil
	}
	return prompt.No, nil
}

// Form implements prompt.Prompter.
func (s *Script) Form(ctx context.Context, r prompt.FormRequest) (prompt.Fields, bool, error) {
	for {
		p, _, f, err := s.next(ctx, r, 0)
		if err != nil || p != PressYes {
			return prompt.Fields{}, false, err
		}
		if len(r.Validate(f)) == 0 {
			return f, true, nil
		}
	}
}

// Ask implements prompt.Prompter.
func (s *Script) Ask(ctx context.Context, q prompt.Question) (bool, error) {
	p, _, _, err := s.next(ctx, q, prompt.MaxTimeout)
	return err == nil && p == PressYes, err
}

// File implements prompt.Prompter.
func (s *Script) File(ctx context.Context, r prompt.FileRequest) (string, bool, error) {
	p, over, _, err := s.next(ctx, r, prompt.MaxTimeout)
	if err != nil || over || p != PressYes {
		return "", false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file, true, nil
}

// Notice implements prompt.Prompter.
func (s *Script) Notice(ctx context.Context, n prompt.Notice) error {
	_, _, _, err := s.next(ctx, n, n.Timeout)
	return err
}
