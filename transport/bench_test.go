package transport_test

import (
	"io"
	"runtime"
	"testing"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

func benchStream(b *testing.B, kind string) (at, from transport.Stream) {
	b.Helper()
	agent, broker := connect(b, kind)
	at, err := agent.Open(b.Context(), wire.Preface{Type: wire.StreamMedia})
	if err != nil {
		b.Fatal(err)
	}
	from, _, err = broker.Accept(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return at, from
}

func eachKind(b *testing.B, f func(b *testing.B, kind string)) {
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		b.Run(kind, func(b *testing.B) { f(b, kind) })
	}
}

// One stream, agent to broker, in updates of 64 KiB.
func BenchmarkThroughput(b *testing.B) {
	eachKind(b, func(b *testing.B, kind string) {
		at, from := benchStream(b, kind)
		update := make([]byte, 64<<10)
		b.SetBytes(int64(len(update)))
		b.ReportAllocs()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.CopyBuffer(io.Discard, struct{ io.Reader }{from}, make([]byte, 64<<10))
		}()
		for b.Loop() {
			if _, err := at.Write(update); err != nil {
				b.Fatal(err)
			}
		}
		_ = at.Close()
		<-done
	})
}

// An input event and its answer, 100 bytes each.
func BenchmarkPingPong(b *testing.B) {
	eachKind(b, func(b *testing.B, kind string) {
		at, from := benchStream(b, kind)
		done := make(chan struct{})
		go func() {
			defer close(done)
			buf := make([]byte, 100)
			for {
				if _, err := io.ReadFull(from, buf); err != nil {
					return
				}
				if _, err := from.Write(buf); err != nil {
					return
				}
			}
		}()
		buf := make([]byte, 100)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := at.Write(buf); err != nil {
				b.Fatal(err)
			}
			if _, err := io.ReadFull(at, buf); err != nil {
				b.Fatal(err)
			}
		}
		_ = at.Close()
		<-done
	})
}

// Handshakes, and what an idle link with its control stream holds at both ends.
func BenchmarkIdleLink(b *testing.B) {
	eachKind(b, func(b *testing.B, kind string) {
		s, id := listen(b, transport.ServerConfig{})
		before, goroutines := held(), runtime.NumGoroutine()
		n := 0
		for b.Loop() {
			d := dialer(b, s, id.Pin())
			d.Transport = kind
			agent, broker := linked(b, s, d)
			at, err := agent.Open(b.Context(), wire.Preface{Type: wire.StreamControl})
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := broker.Accept(b.Context()); err != nil {
				b.Fatal(err)
			}
			runtime.KeepAlive(at)
			n++
		}
		b.ReportMetric(float64(held()-before)/float64(n), "B/link")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/float64(n), "goroutines/link")
	})
}

// held is the memory in use: live heap and stacks.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
