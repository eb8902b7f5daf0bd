package agent

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestTheLoopGivesSignsOfLife also shows that it gives none while it hangs.
func TestTheLoopGivesSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var signs atomic.Int64
		ctx, cancel := context.WithCancel(t.Context())
		a := &agent{
			Config: Config{Alive: func() { signs.Add(1) }, AliveEvery: time.Second, Log: slog.New(slog.DiscardHandler)},
			ctx:    ctx, do: make(chan func()),
		}
		ended := make(chan struct{})
		go func() { defer close(ended); a.loop(t.Context()) }()
		time.Sleep(10*time.Second + time.Millisecond)
		if n := signs.Load(); n != 10 {
			t.Errorf("%d signs in ten seconds", n)
		}
		hang := make(chan struct{})
		a.do <- func() { <-hang }
		time.Sleep(time.Minute)
		if n := signs.Load(); n != 10 {
			t.Errorf("%d signs, with a minute in which it hung", n)
		}
		close(hang)
		cancel()
		<-ended
	})
}
