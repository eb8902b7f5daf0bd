package portal

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/godbus/dbus/v5"
)

// maker makes values of any type out of bytes.
type maker struct{ rest []byte }

func (m *maker) byte() byte {
	if len(m.rest) == 0 {
		return 0
	}
	b := m.rest[0]
	m.rest = m.rest[1:]
	return b
}

func (m *maker) number() int32 { return int32(m.byte())<<24>>m.byte() | int32(m.byte()) }

// value is one that a portal may send; depth bounds how deep it is.
func (m *maker) value(depth int) any {
	type pair struct{ X, Y int32 }
	type stream struct {
		Node  uint32
		Props map[string]dbus.Variant
	}
	switch m.byte() % 12 {
	case 0:
		return uint32(m.number())
	case 1:
		return m.number()
	case 2:
		return string(bytes.ToValidUTF8(m.take(), nil))
	case 3:
		return pair{m.number(), m.number()}
	case 4:
		return float64(m.number())
	case 5:
		return []string{"a", "b"}[:m.byte()%3]
	case 6:
		return []pair{{m.number(), 1}}
	case 7, 8, 9:
		var all []stream
		for range m.byte() % 20 {
			all = append(all, stream{uint32(m.number()), m.dict(depth + 1)})
		}
		return all
	case 10:
		return m.dict(depth + 1)
	default:
		if depth > 3 {
			return true
		}
		return dbus.MakeVariant(m.value(depth + 1))
	}
}

func (m *maker) take() []byte {
	n := min(int(m.byte()), len(m.rest))
	b := m.rest[:n]
	m.rest = m.rest[n:]
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

func (m *maker) dict(depth int) map[string]dbus.Variant {
	d := map[string]dbus.Variant{}
	if depth > 3 {
		return d
	}
	for _, k := range []string{"streams", "devices", "restore_token", "session_handle", "position", "size", "id"} {
		if m.byte()%3 > 0 {
			d[k] = dbus.MakeVariant(m.value(depth))
		}
	}
	return d
}

// FuzzAnswer reads what a portal that means no good may answer, as it comes from the bus.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x01\x07\x02\x00\x00\x29\x00\x00\x00\x00\x01\x01\x01\x03\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x01\x0b\x0b\x0b\x01\x02\x05token\x01\x03\xff\x00\x01\x7f\x00\x02"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := &maker{raw}
		message := dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
			dbus.FieldInterface: dbus.MakeVariant(requestFace), dbus.FieldMember: dbus.MakeVariant("Response"), dbus.FieldPath: dbus.MakeVariant(dbus.ObjectPath("/a")),
		}, Body: []any{uint32(0), m.dict(0)}}
		message.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(message.Body...))
		var wire bytes.Buffer
		if err := message.EncodeTo(&wire, binary.LittleEndian); err != nil {
			t.Skip(err)
		}
		came, err := dbus.DecodeMessage(&wire)
		if err != nil {
			t.Skip(err)
		}
		var a answer
		if err := dbus.Store(came.Body, &a.code, &a.results); err != nil {
			t.Fatal(err)
		}
		for _, devices := range []Devices{0, Keyboard | Pointer} {
			q := &question{devices: devices}
			s, err := q.agreement(a.results)
			if err != nil {
				continue
			}
			if len(s.Streams) == 0 || len(s.Streams) > streamsLimit || s.Devices&^devices != 0 {
				t.Errorf("session %+v", s)
			}
			for _, x := range s.Streams {
				if x.Placed && (x.Place.Empty() || x.Place.Size() != x.Size) || x.Size.X < 0 || x.Size.Y < 0 || x.Size.X > placeLimit || x.Size.Y > placeLimit {
					t.Errorf("stream %+v", x)
				}
			}
		}
		_ = tokenOf(a.results)
		if path, err := sessionOf(a.results); err == nil && !path.IsValid() {
			t.Errorf("session %q", path)
		}
	})
}
