package viewer

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Paste puts text into the endpoint's clipboard. The state that answers it has the
// seq that is returned.
func (s *Session) Paste(text string) (seq uint32, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.copies++
	return s.copies, s.writeLocked(wire.MediaHeader{Kind: wire.MediaClipboard, Seq: s.copies}, []byte(text))
}

// Copy asks for the text that was copied at the endpoint last, or for the next.
func (s *Session) Copy(next bool) error {
	b, err := proto.Marshal(&wirepb.ClipboardWish{Next: next})
	if err != nil {
		return fmt.Errorf("encode wish: %w", err)
	}
	return s.write(wire.MediaHeader{Kind: wire.MediaClipboardNote}, b)
}

func (s *Session) copied(m wire.Media) error {
	if m.Kind == wire.MediaClipboard {
		text, err := wire.ParseClipboard(m.Payload)
		if err == nil && s.options.OnClipboard != nil {
			s.options.OnClipboard(text)
		}
		return err
	}
	st := new(wirepb.ClipboardState)
	if err := proto.Unmarshal(m.Payload, st); err != nil {
		return fmt.Errorf("clipboard state: %w: %w", wire.ErrMalformed, err)
	}
	if s.options.OnClipboardState != nil {
		s.options.OnClipboardState(st)
	}
	return nil
}
