package x11test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"testing"
)

// Person sits in front of an Xvnc: what they do comes from devices of the server's own,
// and not from XTEST as what programs do.
type Person struct {
	t testing.TB
	c net.Conn
}

// Keysyms that a Person presses.
const (
	KeyControl = 0xffe3
	KeyAlt     = 0xffe9
	KeyShift   = 0xffe1
	KeyDelete  = 0xffff
	KeyEnd     = 0xff57
)

// StartSeat is StartVNC with a person in front of it.
func StartSeat(t testing.TB, geometry string, args ...string) (*Server, *Person) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "rfb")
	s := StartVNC(t, geometry, append([]string{"-rfbunixpath", socket}, args...)...)
	return s, Sit(t, socket)
}

// Sit takes a seat at the socket of an Xvnc, until the test ends.
func Sit(t testing.TB, socket string) *Person {
	t.Helper()
	c, err := net.Dial("unix", socket) //nolint:noctx // a socket of the test's own
	if err != nil {
		t.Fatal(err)
	}
	p := &Person{t: t, c: c}
	if err := p.greet(); err != nil {
		_ = c.Close()
		t.Fatal(fmt.Errorf("take a seat: %w", err))
	}
	read := make(chan struct{})
	go func() { defer close(read); _, _ = io.Copy(io.Discard, c) }()
	t.Cleanup(func() { _ = c.Close(); <-read })
	return p
}

// greet is the handshake of RFB 3.8 without a password.
func (p *Person) greet() error {
	r := bufio.NewReader(p.c)
	hello := make([]byte, 12)
	if _, err := io.ReadFull(r, hello); err != nil {
		return err
	}
	if _, err := p.c.Write([]byte("RFB 003.008\n")); err != nil {
		return err
	}
	n, err := r.ReadByte()
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(r, make([]byte, n)); err != nil {
		return err
	}
	if _, err := p.c.Write([]byte{1}); err != nil { // no security
		return err
	}
	result := make([]byte, 4)
	if _, err := io.ReadFull(r, result); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(result) != 0 {
		return fmt.Errorf("refused: % x", result)
	}
	if _, err := p.c.Write([]byte{1}); err != nil { // beside others
		return err
	}
	desktop := make([]byte, 24)
	if _, err := io.ReadFull(r, desktop); err != nil {
		return err
	}
	_, err = io.ReadFull(r, make([]byte, binary.BigEndian.Uint32(desktop[20:])))
	return err
}

func (p *Person) send(b []byte) {
	p.t.Helper()
	if _, err := p.c.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// Press presses keys one after the other, and releases them in reverse.
func (p *Person) Press(keysyms ...uint32) {
	p.t.Helper()
	for _, k := range keysyms {
		p.Key(k, true)
	}
	for i := len(keysyms) - 1; i >= 0; i-- {
		p.Key(keysyms[i], false)
	}
}

// Key presses or releases a key.
func (p *Person) Key(keysym uint32, down bool) {
	p.t.Helper()
	b := []byte{4, 0, 0, 0}
	if down {
		b[1] = 1
	}
	p.send(binary.BigEndian.AppendUint32(b, keysym))
}

// Type types letters.
func (p *Person) Type(text string) {
	p.t.Helper()
	for _, r := range text {
		p.Press(uint32(r)) //nolint:gosec // a keysym of Latin 1
	}
}

// Point moves the pointer.
func (p *Person) Point(x, y int) { p.t.Helper(); p.Button(0, x, y) }

// Click presses and releases the first button.
func (p *Person) Click(x, y int) {
	p.t.Helper()
	p.Button(0, x, y)
	p.Button(1, x, y)
	p.Button(0, x, y)
}

// Button moves the pointer with these buttons down, a bit for each.
func (p *Person) Button(buttons byte, x, y int) {
	p.t.Helper()
	b := []byte{5, buttons}
	b = binary.BigEndian.AppendUint16(b, uint16(x))     //nolint:gosec // on the screen
	p.send(binary.BigEndian.AppendUint16(b, uint16(y))) //nolint:gosec // on the screen
}
