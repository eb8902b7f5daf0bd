package transport

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/alongside-remote/alongside/wire"
)

// yamux can neither reset a stream nor say why a session ends. The first stream
// of a mux link, opened by the agent and never seen by the link's user, carries
// both as signals:
//
//	u8 kind | u16 length | payload, big-endian
//	close: u64 cause number | text
//	reset: u32 yamux stream id
//	dropped: u32 yamux stream id, the answer to a reset
const (
	signalClose   = 1
	signalReset   = 2
	signalDropped = 3

	signalHeader     = 3
	maxSignalPayload = 8 + maxCauseDetail
)

// linkSignal is one signal.
type linkSignal struct {
	kind   byte
	stream uint32 // reset, dropped
	code   uint64 // close
	detail string // close
}

func (s linkSignal) pack() []byte {
	be := binary.BigEndian
	dst := []byte{s.kind}
	if s.kind != signalClose {
		return be.AppendUint32(be.AppendUint16(dst, 4), s.stream)
	}
	dst = be.AppendUint16(dst, uint16(8+len(s.detail)))
	return append(be.AppendUint64(dst, s.code), s.detail...)
}

// readSignal reads one signal into buf, which holds the largest.
func readSignal(r io.Reader, buf *[signalHeader + maxSignalPayload]byte) (linkSignal, error) {
	if _, err := io.ReadFull(r, buf[:signalHeader]); err != nil {
		return linkSignal{}, err
	}
	n := int(binary.BigEndian.Uint16(buf[1:]))
	if n > maxSignalPayload {
		return linkSignal{}, fmt.Errorf("%w: signal of %d bytes", wire.ErrMalformed, n)
	}
	p := buf[signalHeader : signalHeader+n]
	if _, err := io.ReadFull(r, p); err != nil {
		return linkSignal{}, err
	}
	return parseSignal(buf[0], p)
}

func parseSignal(kind byte, p []byte) (linkSignal, error) {
	switch {
	case (kind == signalReset || kind == signalDropped) && len(p) == 4:
		return linkSignal{kind: kind, stream: binary.BigEndian.Uint32(p)}, nil
	case kind == signalClose && len(p) >= 8 && len(p) <= maxSignalPayload:
		return linkSignal{kind: kind, code: binary.BigEndian.Uint64(p), detail: string(p[8:])}, nil
	}
	return linkSignal{}, fmt.Errorf("%w: signal %d of %d bytes", wire.ErrMalformed, kind, len(p))
}
