package clipboard

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/jezek/xgb/xproto"
)

var errRefused = errors.New("another program took the clipboard back at once")

// content is what others paste.
type content struct {
	text []byte
	at   xproto.Timestamp // since when it is ours
}

// transfer is a large text on its way to one requestor.
type transfer struct {
	to       xproto.Window
	prop     xproto.Atom
	kind     xproto.Atom
	rest     []byte
	deadline time.Time
}

// Write implements Board.
func (b *x11Board) Write(ctx context.Context, text string) error {
	return b.do(ctx, func(ctx context.Context) error {
		at, err := b.now(ctx)
		if err != nil {
			return err
		}
		if err := xproto.SetSelectionOwnerChecked(b.conn.Conn, b.win, b.atoms[selClipboard], at).Check(); err != nil {
			return b.fails(err)
		}
		b.owned = &content{text: []byte(text), at: at}
		r, err := xproto.GetSelectionOwner(b.conn.Conn, b.atoms[selClipboard]).Reply()
		switch {
		case err != nil:
			return b.fails(err)
		case r.Owner != b.win:
			b.owned = nil
			return errRefused
		}
		return nil
	})
}

// request answers a program that wants to paste.
func (b *x11Board) request(e xproto.SelectionRequestEvent) {
	prop := e.Property
	if prop == 0 { // of a client of before 1990
		prop = e.Target
	}
	if e.Owner != b.win || e.Selection != b.atoms[selClipboard] || b.owned == nil || e.Requestor == b.win ||
		e.Time != 0 && int32(e.Time-b.owned.at) < 0 || !b.give(e.Requestor, prop, e.Target) { //nolint:gosec // the server's time wraps
		prop = 0
	}
	answer := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: prop}
	xproto.SendEvent(b.conn.Conn, false, e.Requestor, 0, string(answer.Bytes()))
}

// give puts the selection into a property of the requestor. False: it cannot be had so.
func (b *x11Board) give(to xproto.Window, prop, target xproto.Atom) bool {
	numbers := func(kind xproto.Atom, all ...uint32) bool {
		var raw []byte
		for _, n := range all {
			raw = binary.LittleEndian.AppendUint32(raw, n)
		}
		return b.put(to, prop, kind, 32, raw)
	}
	switch target {
	case b.atoms[typeTargets]:
		return numbers(xproto.AtomAtom, uint32(b.atoms[typeTargets]), uint32(b.atoms[typeStamp]), uint32(b.atoms[typeUTF8]), uint32(b.atoms[typePlain]))
	case b.atoms[typeStamp]:
		return numbers(xproto.AtomInteger, uint32(b.owned.at))
	case b.atoms[typeUTF8], b.atoms[typePlain]:
	default:
		return false
	}
	if len(b.owned.text) <= b.chunk {
		return b.put(to, prop, target, 8, b.owned.text)
	}
	if len(b.sends) >= maxTransfers {
		return false
	}
	b.sends = slices.DeleteFunc(b.sends, func(t *transfer) bool { return t.to == to && t.prop == prop })
	if xproto.ChangeWindowAttributesChecked(b.conn.Conn, to, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check() != nil {
		return false
	}
	if !numbers(b.atoms[typeIncr], uint32(len(b.owned.text))) { //nolint:gosec // a limit of ours
		return false
	}
	b.sends = append(b.sends, &transfer{to: to, prop: prop, kind: target, rest: b.owned.text, deadline: time.Now().Add(takeTime)})
	return true
}

func (b *x11Board) put(to xproto.Window, prop, kind xproto.Atom, format byte, raw []byte) bool {
	n := len(raw) / int(format/8)
	return xproto.ChangePropertyChecked(b.conn.Conn, xproto.PropModeReplace, to, prop, kind, format, uint32(n), raw).Check() == nil //nolint:gosec // a chunk
}

// taken sends the next part to a requestor that has taken the one before; the last
// is an empty one.
func (b *x11Board) taken(by xproto.Window, prop xproto.Atom) {
	i := slices.IndexFunc(b.sends, func(t *transfer) bool { return t.to == by && t.prop == prop })
	if i < 0 {
		return
	}
	t := b.sends[i]
	n := min(len(t.rest), b.chunk)
	if !b.put(t.to, t.prop, t.kind, 8, t.rest[:n]) || n == 0 {
		b.drop(i)
		return
	}
	t.rest, t.deadline = t.rest[n:], time.Now().Add(takeTime)
}

// expire gives up on requestors that stopped taking.
func (b *x11Board) expire(now time.Time) {
	for i := len(b.sends) - 1; i >= 0; i-- {
		if now.After(b.sends[i].deadline) {
			b.drop(i)
		}
	}
}

func (b *x11Board) drop(i int) {
	to := b.sends[i].to
	b.sends = slices.Delete(b.sends, i, i+1)
	if !slices.ContainsFunc(b.sends, func(t *transfer) bool { return t.to == to }) {
		xproto.ChangeWindowAttributes(b.conn.Conn, to, xproto.CwEventMask, []uint32{0})
	}
}
