package clipboard

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// Read implements Board.
func (b *x11Board) Read(ctx context.Context) (text string, err error) {
	err = b.do(ctx, func(ctx context.Context) error {
		text, err = b.read(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	return text, nil
}

func (b *x11Board) read(ctx context.Context) (string, error) {
	r, err := xproto.GetSelectionOwner(b.conn.Conn, b.atoms[selClipboard]).Reply()
	if err != nil {
		return "", b.fails(err)
	}
	if r.Owner == 0 || r.Owner == b.win {
		return "", ErrEmpty
	}
	for _, target := range []xproto.Atom{b.atoms[typeUTF8], b.atoms[typePlain], xproto.AtomString} {
		raw, has, err := b.convert(ctx, target)
		switch {
		case err != nil:
			return "", err
		case !has:
			continue
		}
		text := clean(raw, target == xproto.AtomString)
		if len(text) > b.limit {
			return "", ErrTooLong
		}
		return text, nil
	}
	return "", ErrNoText
}

// clean is a text without what no text has: other programs are not to be believed.
func clean(raw []byte, latin1 bool) string {
	text := string(raw)
	if latin1 {
		var s strings.Builder
		for _, c := range raw {
			s.WriteRune(rune(c))
		}
		text = s.String()
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, string(utf8.RuneError))
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// convert asks the owner for the selection as target. has is false when it does not
// have it so.
func (b *x11Board) convert(ctx context.Context, target xproto.Atom) (raw []byte, has bool, err error) {
	at, err := b.now(ctx)
	if err != nil {
		return nil, false, err
	}
	prop := b.atoms[propRead]
	xproto.DeleteProperty(b.conn.Conn, b.win, prop)
	err = xproto.ConvertSelectionChecked(b.conn.Conn, b.win, b.atoms[selClipboard], target, prop, at).Check()
	if err != nil {
		return nil, false, b.fails(err)
	}
	var answer xproto.SelectionNotifyEvent
	err = b.await(ctx, answerTime, func(e *x11.Event) bool {
		if e.Code() != xproto.SelectionNotify {
			return false
		}
		answer = xproto.SelectionNotifyEventNew(e[:]).(xproto.SelectionNotifyEvent)
		return answer.Requestor == b.win && answer.Selection == b.atoms[selClipboard] && answer.Target == target && answer.Time == at
	})
	if err != nil || answer.Property != prop {
		return nil, false, err
	}
	r, err := b.take(prop)
	switch {
	case err != nil:
		return nil, false, err
	case r.Type == b.atoms[typeIncr]:
		raw, err = b.parts(ctx, prop)
		return raw, true, err
	case r.Format != 8:
		return nil, false, nil
	}
	return r.Value, true, nil
}

// take reads a property of ours and deletes it.
func (b *x11Board) take(prop xproto.Atom) (*xproto.GetPropertyReply, error) {
	r, err := xproto.GetProperty(b.conn.Conn, true, b.win, prop, xproto.GetPropertyTypeAny, 0, uint32(b.limit/4+1)).Reply() //nolint:gosec // a limit of ours
	switch {
	case err != nil:
		return nil, b.fails(err)
	case r.BytesAfter > 0:
		xproto.DeleteProperty(b.conn.Conn, b.win, prop)
		return nil, ErrTooLong
	}
	return r, nil
}

// parts collects a large text, which comes piece by piece, each when the one before
// was deleted.
func (b *x11Board) parts(ctx context.Context, prop xproto.Atom) ([]byte, error) {
	var all []byte
	for {
		err := b.await(ctx, answerTime, func(e *x11.Event) bool {
			if e.Code() != xproto.PropertyNotify {
				return false
			}
			p := xproto.PropertyNotifyEventNew(e[:]).(xproto.PropertyNotifyEvent)
			return p.Window == b.win && p.Atom == prop && p.State == xproto.PropertyNewValue
		})
		if err != nil {
			return nil, err
		}
		r, err := b.take(prop)
		switch {
		case err != nil:
			return nil, err
		case r.Type == 0: // of a value that was taken already
			continue
		case len(r.Value) == 0:
			return all, nil
		}
		if all = append(all, r.Value...); len(all) > b.limit {
			return nil, ErrTooLong
		}
	}
}
