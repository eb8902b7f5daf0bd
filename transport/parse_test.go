package transport

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func FuzzReadPreface(f *testing.F) {
	f.Add(wire.AppendPreface(nil, wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID{1}, Viewer: 9}))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		p, err := readPreface(r)
		if err == nil && !bytes.Equal(wire.AppendPreface(nil, p), b[:wire.PrefaceSize]) {
			t.Errorf("%x became %+v", b, p)
		}
		if len(b)-r.Len() > wire.PrefaceSize {
			t.Error("read beyond the preface")
		}
	})
}

func FuzzReadSignal(f *testing.F) {
	f.Add(linkSignal{kind: signalReset, stream: 5}.pack())
	f.Add(linkSignal{kind: signalDropped, stream: 5}.pack())
	f.Add(linkSignal{kind: signalClose, code: 9 | 1500<<causeCodeBits, detail: "busy"}.pack())
	f.Fuzz(func(t *testing.T, b []byte) {
		var buf [signalHeader + maxSignalPayload]byte
		s, err := readSignal(bytes.NewReader(b), &buf)
		if err != nil {
			return
		}
		again := s.pack()
		if !bytes.Equal(again, b[:len(again)]) {
			t.Errorf("%x became %+v", b, s)
		}
		_ = decodeCause(s.code, s.detail).Error()
	})
}

// However the bytes of a session are cut, the same pings are counted.
func FuzzWatch(f *testing.F) {
	f.Add(bytes.Join([][]byte{frame(yamuxData, 0, 3), {1, 2, 3}, frame(yamuxPing, yamuxSYN, 7)}, nil), uint8(5))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		var whole, parts muxConn
		err := whole.watch(b)
		at := min(int(cut), len(b))
		perr := parts.watch(b[:at])
		if perr == nil {
			perr = parts.watch(b[at:])
		}
		if whole.pings.Load() != parts.pings.Load() || (err == nil) != (perr == nil) || err == nil && whole.body != parts.body {
			t.Errorf("cut at %d: %d pings, %v; whole: %d, %v", at, parts.pings.Load(), perr, whole.pings.Load(), err)
		}
		if whole.pings.Load() > maxOpenPings+1 {
			t.Error("counted on after a flood")
		}
	})
}

func frame(kind byte, flags uint16, length uint32) []byte {
	b := make([]byte, yamuxHeader)
	b[1] = kind
	binary.BigEndian.PutUint16(b[2:], flags)
	binary.BigEndian.PutUint32(b[8:], length)
	return b
}

func TestM_PingFloodEndsTheSession(t *testing.T) {
	var c muxConn
	for i := range maxOpenPings {
		if err := c.watch(frame(yamuxPing, yamuxSYN, uint32(i))); err != nil {
			t.Fatalf("ping %d: %v", i, err)
		}
	}
	if err := c.watch(frame(yamuxPing, yamuxSYN, 99)); !errors.Is(err, errPingFlood) {
		t.Errorf("one ping too many: %v", err)
	}
}

func TestCauseTravels(t *testing.T) {
	busy := wirepb.ErrorCode_ERROR_CODE_BUSY
	for _, c := range []struct {
		name  string
		cause error
		code  wirepb.ErrorCode
		after time.Duration
		text  string
	}{
		{"Code", &wire.CodeError{Code: busy, Detail: "later"}, busy, 0, "busy: later"},
		{"Wrapped", fmt.Errorf("hello: %w", &wire.CodeError{Code: busy}), busy, 0, "busy"},
		{"Retry", &RetryError{After: time.Second, Err: &wire.CodeError{Code: busy}}, busy, time.Second, "busy (retry after 1s)"},
		{"RetryTooLong", &RetryError{After: 24 * time.Hour, Err: &wire.CodeError{Code: busy}}, busy, maxRetryAfter, "busy (retry after 10m0s)"},
		{"RetryNegative", &RetryError{After: -1, Err: &wire.CodeError{Code: busy}}, busy, 0, "busy"},
		{"Malformed", fmt.Errorf("x: %w", wire.ErrMalformed), wirepb.ErrorCode_ERROR_CODE_MALFORMED, 0, "malformed"},
		{"HostileDetail", &wire.CodeError{Code: busy, Detail: "a\x1b[31m\u202eb\xff"}, busy, 0, "busy: a[31mb"},
		{"LongDetail", &wire.CodeError{Code: busy, Detail: strings.Repeat("é", 200)}, busy, 0, "busy: " + strings.Repeat("é", 128)},
		{"Other", io.ErrUnexpectedEOF, 0, 0, "link closed by peer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := decodeCause(encodeCause(c.cause))
			if err.Error() != c.text {
				t.Errorf("peer reads %q, want %q", err, c.text)
			}
			var re *RetryError
			if errors.As(err, &re) != (c.after > 0) || re != nil && re.After != c.after {
				t.Errorf("retry is %v, want %v", re, c.after)
			}
			if c.code == 0 && !errors.Is(err, ErrClosed) || c.code != 0 && !errors.Is(err, &wire.CodeError{Code: c.code}) {
				t.Errorf("%v has not the code %v", err, c.code)
			}
		})
	}
}

func TestOnlyErrorsOfThePathAreTransient(t *testing.T) {
	for _, e := range []error{syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EPERM, syscall.ECONNREFUSED, syscall.EADDRNOTAVAIL, syscall.Errno(10051)} {
		if !isTransientSend(fmt.Errorf("sendmsg: %w", e)) {
			t.Errorf("%v would end the connection", e)
		}
	}
	// quic-go acts on the size and on what a segmented send answers.
	for _, e := range []error{syscall.EMSGSIZE, syscall.EIO, syscall.EBADF, io.EOF} {
		if isTransientSend(e) {
			t.Errorf("%v would be hidden", e)
		}
	}
}
