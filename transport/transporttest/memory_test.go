package transporttest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/transport"
)

func TestMemoryConforms(t *testing.T) {
	Run(t, func(t *testing.T) (agent, broker transport.Link) { return Pair(t) })
}

func TestSlowConforms(t *testing.T) {
	Run(t, func(t *testing.T) (agent, broker transport.Link) {
		a, b := Pair(t)
		return Slow(a, 100<<20), Slow(b, 100<<20)
	})
}

func TestSlowIsAsSlowAsItSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pair(t)
		x, err := Slow(a, 25_000).Open(t.Context(), media) // 200 kbit/s
		must(t, err)
		y, _, err := b.Accept(t.Context())
		must(t, err)
		begin := time.Now()
		go func() {
			_, _ = x.Write(make([]byte, 50_000))
			_ = x.Close()
		}()
		readAll(t, y)
		if d := time.Since(begin); d.Round(time.Millisecond) != 2*time.Second {
			t.Errorf("50 kB took %v, want 2 s", d)
		}
	})
}

func TestLoseAfterEndsTheLink(t *testing.T) {
	a, b := Pair(t)
	l := LoseAfter(a, 100)
	x, err := l.Open(t.Context(), media)
	must(t, err)
	for range 2 {
		mustWrite(t, x, string(make([]byte, 50)))
	}
	if _, err := x.Write([]byte("x")); !errors.Is(err, transport.ErrLost) || b.Cause() == nil {
		t.Errorf("write after the loss: %v, peer: %v", err, b.Cause())
	}
}

func TestM_MemoryLinkForgetsStreams(t *testing.T) {
	a, b := Pair(t)
	for range 3 * transport.MaxStreams {
		x, err := a.Open(t.Context(), media)
		must(t, err)
		x.Reset()
		y, err := b.Open(t.Context(), media)
		must(t, err)
		y.Reset()
		// Nobody accepts: what was reset gives way all the same.
		for _, l := range []*memoryLink{a.(*memoryLink), b.(*memoryLink)} {
			select {
			case <-l.queue:
			default:
			}
		}
	}
	if n := len(a.(*memoryLink).pipes); n != 0 {
		t.Errorf("%d pipes left", n)
	}
}
