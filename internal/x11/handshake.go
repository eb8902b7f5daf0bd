package x11

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

// handshakeLimit is how long a server may take to answer the first message; a
// loaded one answers within a second.
const handshakeLimit = 10 * time.Second

// handshake introduces us and returns the server's answer, which is whole.
func handshake(ctx context.Context, c net.Conn, number int, authority string) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := c.SetDeadline(time.Now().Add(handshakeLimit)); err != nil {
		return nil, err
	}
	entries, authErr := readAuthority(authority)
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	data := cookie(entries, host, number, c.RemoteAddr())
	answer, err := introduce(c, data)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("handshake: %w", err)
	}
	if answer[0] != 1 {
		reason := strings.TrimSpace(refusal(answer))
		switch {
		case authErr != nil:
			return nil, fmt.Errorf("%w: %s (no cookie: %w)", ErrRefused, reason, authErr)
		case data == nil:
			return nil, fmt.Errorf("%w: %s (no cookie for this display)", ErrRefused, reason)
		}
		return nil, fmt.Errorf("%w: %s", ErrRefused, reason)
	}
	if !stop() && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return answer, c.SetDeadline(time.Time{})
}

func introduce(c io.ReadWriter, data []byte) ([]byte, error) {
	name := cookieName
	if data == nil {
		name = ""
	}
	b := []byte{'l', 0, 11, 0, 0, 0} // least significant byte first, protocol 11.0
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	b = append(b, 0, 0)
	b = pad(append(b, name...))
	b = pad(append(b, data...))
	if _, err := c.Write(b); err != nil {
		return nil, err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(c, head); err != nil {
		return nil, err
	}
	answer := make([]byte, 8+4*int(binary.LittleEndian.Uint16(head[6:])))
	copy(answer, head)
	_, err := io.ReadFull(c, answer[8:])
	return answer, err
}

func refusal(answer []byte) string {
	n := min(int(answer[1]), len(answer)-8)
	if answer[0] == 2 { // asks for more of a method of its own: all of the rest is the reason
		n = len(answer) - 8
	}
	return strings.TrimRight(string(answer[8:8+n]), "\x00")
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
