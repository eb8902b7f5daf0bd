package viewer

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// View changes the settings and sends them. Refresh is for once: it is not
// remembered.
func (s *Session) View(change func(*wirepb.ViewSettings)) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	change(s.settings)
	b, err := proto.Marshal(s.settings)
	if err != nil {
		return fmt.Errorf("encode view: %w", err)
	}
	s.settings.Refresh = false
	return s.writeLocked(wire.MediaHeader{Kind: wire.MediaView}, b)
}

// Refresh asks for a new epoch.
func (s *Session) Refresh() error {
	return s.View(func(v *wirepb.ViewSettings) { v.Refresh = true })
}

// Input sends events in order, in as many messages as they need.
func (s *Session) Input(events ...wire.Input) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	for len(events) > 0 {
		n := min(len(events), wire.MaxInputEvents)
		s.inputs++
		h := wire.MediaHeader{Kind: wire.MediaInput, Seq: s.inputs}
		if err := s.writeLocked(h, wire.AppendInput(nil, events[:n]...)); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

func (s *Session) write(h wire.MediaHeader, payload []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.writeLocked(h, payload)
}

// writeLocked sends one message with one Write.
func (s *Session) writeLocked(h wire.MediaHeader, payload []byte) error {
	s.out = wire.AppendMedia(s.out[:0], wire.Media{MediaHeader: h, Payload: payload})
	if _, err := s.stream.Write(s.out); err != nil {
		return fmt.Errorf("write media: %w", err)
	}
	return nil
}
