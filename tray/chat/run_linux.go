package chat

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"

	"github.com/alongside-remote/alongside/tray/internal/entry"
	"github.com/alongside-remote/alongside/tray/internal/window"
)

// A person may say sayBurst messages at once, and one each sayEvery from then on; the
// service takes more.
const (
	sayBurst = 5
	sayEvery = time.Second
)

// errClosed ends a window that is not wanted any more.
var errClosed = errors.New("chat window closed")

// Run shows the window while the newest State wants it, until ctx ends. It owns the
// window.
func Run(ctx context.Context, o Options, states <-chan *State, signs chan<- Sign) error {
	for {
		var s *State
		select {
		case s = <-states:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if !s.Open {
			continue
		}
		err := onDisplay(ctx, o, s, states, signs)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, errClosed):
			continue
		}
		o.Log.Warn("chat window", "err", err)
		select {
		case signs <- Sign{Kind: Lost, Err: err}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func onDisplay(ctx context.Context, o Options, s *State, states <-chan *State, signs chan<- Sign) error {
	d, err := window.Open(o.Display)
	if err != nil {
		return err
	}
	defer d.Close()
	v := &view{
		d: d, words: o.Words, state: s, entry: entry.Entry{Max: MaxEntry},
		pace: rate.NewLimiter(rate.Every(sayEvery), sayBurst), idle: time.NewTimer(RestAfter),
		lapse: time.NewTimer(TypingFor), seen: make(map[uint64]bool),
	}
	v.idle.Stop()
	defer v.idle.Stop()
	v.lapse.Stop()
	defer v.lapse.Stop()
	v.sign = func(s Sign) {
		select {
		case signs <- s:
		case <-ctx.Done():
		}
	}
	if err := v.open(); err != nil {
		return err
	}
	defer v.rest()
	return v.loop(ctx, states)
}
