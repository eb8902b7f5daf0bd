package tray

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/tray/prompt"
)

// A session may be known before its display server is there, as sesman of xrdp does it.
// The tray looks again soon, and then more and more seldom.
const (
	lookFirst = 250 * time.Millisecond
	lookLast  = 15 * time.Second
)

// later is the Prompter of a process that started where nothing can be shown: it
// looks again each time.
type later struct{ o prompt.Options }

// backend is what prompts are shown by now; empty: they are not.
func (l later) backend() string {
	_, name, _ := prompt.Open(l.o)
	return name
}

func (l later) Consent(ctx context.Context, r prompt.ConsentRequest) (prompt.Answer, error) {
	p, _, err := prompt.Open(l.o)
	if err != nil {
		return prompt.No, err
	}
	return p.Consent(ctx, r)
}

func (l later) Form(ctx context.Context, r prompt.FormRequest) (prompt.Fields, bool, error) {
	p, _, err := prompt.Open(l.o)
	if err != nil {
		return prompt.Fields{}, false, err
	}
	return p.Form(ctx, r)
}

func (l later) Ask(ctx context.Context, q prompt.Question) (bool, error) {
	p, _, err := prompt.Open(l.o)
	if err != nil {
		return false, err
	}
	return p.Ask(ctx, q)
}

func (l later) File(ctx context.Context, r prompt.FileRequest) (string, bool, error) {
	p, _, err := prompt.Open(l.o)
	if err != nil {
		return "", false, err
	}
	return p.File(ctx, r)
}

func (l later) Notice(ctx context.Context, n prompt.Notice) error {
	p, _, err := prompt.Open(l.o)
	if err != nil {
		return err
	}
	return p.Notice(ctx, n)
}
