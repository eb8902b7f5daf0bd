package input

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"
)

const (
	// pingLimit is how long a program may take to handle what it was sent. One that
	// takes longer hangs, and others are not to wait for it.
	pingLimit = 3 * time.Second
	// windowDepth is how deep the window with the keyboard may lie below its program's
	// own.
	windowDepth = 16
	// protocolsLimit is how many protocols of a window are looked at.
	protocolsLimit = 64
)

// ping asks programs whether they have handled what they were sent, by _NET_WM_PING of the
// Extended Window Manager Hints: a program answers from the queue in which its keys lie,
// by sending the question on to the root window.
type ping struct {
	protocols xproto.Atom // 0: not looked up yet
	ping      xproto.Atom
	serial    uint32
	asked     time.Time // when the last question was put
	answered  time.Time // and the last that was answered
}

// handled waits, unless done is closed, until the program with the keyboard has handled
// what it was sent until last. One that cannot tell has settle for it.
func (x *xtest) handled(last time.Time, done <-chan struct{}) error {
	if last.IsZero() || last.Before(x.ping.answered) || time.Since(last) > pingLimit {
		return nil
	}
	window, err := x.pingable()
	if err != nil {
		return err
	}
	if window == 0 {
		return x.pause(time.Until(last.Add(settle)), done)
	}
	return x.askProgram(window, done)
}

// pingable is the window of the program with the keyboard, 0 if it cannot be asked.
func (x *xtest) pingable() (xproto.Window, error) {
	p := &x.ping
	x.watchdog.Reset(answerLimit)
	for name, atom := range map[string]*xproto.Atom{"WM_PROTOCOLS": &p.protocols, "_NET_WM_PING": &p.ping} {
		if *atom != 0 {
			continue
		}
		a, err := xproto.InternAtom(x.conn.Conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return 0, fmt.Errorf("%w: name of a protocol: %w", ErrLost, err)
		}
		*atom = a.Atom
	}
	focus, err := xproto.GetInputFocus(x.conn.Conn).Reply()
	if err != nil {
		return 0, fmt.Errorf("%w: the window with the keyboard: %w", ErrLost, err)
	}
	x.unanswered = 0
	// A window may go at any time; then nobody is waited for.
	for w, depth := focus.Focus, 0; w > xproto.InputFocusPointerRoot && w != x.conn.Root && depth < windowDepth; depth++ {
		has, err := xproto.GetProperty(x.conn.Conn, false, w, p.protocols, xproto.AtomAtom, 0, protocolsLimit).Reply()
		if err != nil {
			break
		}
		for i := 0; i+4 <= len(has.Value); i += 4 {
			if xproto.Atom(binary.LittleEndian.Uint32(has.Value[i:])) == p.ping {
				return w, nil
			}
		}
		tree, err := xproto.QueryTree(x.conn.Conn, w).Reply()
		if err != nil {
			break
		}
		w = tree.Parent
	}
	return 0, nil //nolint:nilerr // see above
}

// askProgram puts the question and waits for the answer, or for as long as a program may
// take.
func (x *xtest) askProgram(w xproto.Window, done <-chan struct{}) error {
	p := &x.ping
	p.serial++
	p.asked = time.Now()
	x.listen(xproto.EventMaskSubstructureNotify)
	defer x.listen(xproto.EventMaskNoEvent)
	question := xproto.ClientMessageEvent{
		Format: 32, Window: w, Type: p.protocols,
		Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(p.ping), p.serial, uint32(w), 0, 0}),
	}
	xproto.SendEvent(x.conn.Conn, false, w, xproto.EventMaskNoEvent, string(question.Bytes()))
	if err := x.sync(); err != nil {
		return err
	}
	x.watchdog.Stop()
	defer x.watchdog.Reset(answerLimit)
	late := time.NewTimer(pingLimit)
	defer late.Stop()
	for p.answered.Before(p.asked) {
		select {
		case <-x.conn.Wake():
			if x.collect() {
				p.answered = p.asked
			}
		case <-late.C:
			return nil
		case <-done:
			return fmt.Errorf("%w: closed", ErrLost)
		case <-x.conn.Gone():
			return fmt.Errorf("%w: server gone", ErrLost)
		}
	}
	return nil
}

func (x *xtest) listen(mask uint32) {
	x.unanswered++
	xproto.ChangeWindowAttributes(x.conn.Conn, x.conn.Root, xproto.CwEventMask, []uint32{mask})
}

// isAnswer says whether an event answers the last question.
func (x *xtest) isAnswer(e []byte) bool {
	const format, kind, data = 1, 8, 12
	return e[0]&0x7f == xproto.ClientMessage && e[format] == 32 &&
		xproto.Atom(binary.LittleEndian.Uint32(e[kind:])) == x.ping.protocols &&
		xproto.Atom(binary.LittleEndian.Uint32(e[data:])) == x.ping.ping &&
		binary.LittleEndian.Uint32(e[data+4:]) == x.ping.serial
}
