package xkb

import (
	"encoding/binary"
	"fmt"
)

// Minor opcodes of the extension.
const (
	opUseExtension = 0
	opSelectEvents = 1
	opGetState     = 4
	opGetMap       = 8
	opSetMap       = 9
)

const (
	coreKeyboard = 0x100

	partTypes    = 1 << 0
	partSyms     = 1 << 1
	partModifier = 1 << 2
	partAll      = 0xFF

	mapHead    = 40
	stateReply = 32
)

var le = binary.LittleEndian // the byte order we open connections with

// request starts a request of n bytes.
func request(major, minor byte, n int) []byte {
	b := make([]byte, n)
	b[0], b[1] = major, minor
	le.PutUint16(b[2:], uint16(n/4))
	return b
}

// UseExtension asks for version 1.0, before anything else.
func UseExtension(major byte) []byte {
	b := request(major, opUseExtension, 8)
	le.PutUint16(b[4:], 1)
	return b
}

// Kinds of events of the extension, in the second byte of each.
const (
	newKeyboardNotify = 0
	mapNotify         = 1
)

// SelectEvents asks for events when the map changes. A client that uses the
// extension is not always sent those of the core protocol.
func SelectEvents(major byte) []byte {
	const which = 1<<newKeyboardNotify | 1<<mapNotify
	b := request(major, opSelectEvents, 16)
	le.PutUint16(b[4:], coreKeyboard)
	le.PutUint16(b[6:], which)
	le.PutUint16(b[10:], which)
	le.PutUint16(b[12:], partAll)
	le.PutUint16(b[14:], partAll)
	return b
}

// Changed reads an event of the extension, which is 32 bytes long. only is the
// key whose keysyms alone have changed, 0 if there is more to it.
func Changed(event []byte) (only uint8) {
	if event[1] == mapNotify && le.Uint16(event[10:]) == partSyms && event[17] == 1 {
		return event[16]
	}
	return 0
}

// GetState asks for the State of the core keyboard.
func GetState(major byte) []byte {
	b := request(major, opGetState, 8)
	le.PutUint16(b[4:], coreKeyboard)
	return b
}

// GetMap asks for types, keysyms and modifiers of the core keyboard.
func GetMap(major byte) []byte {
	b := request(major, opGetMap, 28)
	le.PutUint16(b[4:], coreKeyboard)
	le.PutUint16(b[6:], partTypes|partSyms|partModifier)
	return b
}

// SetKey gives a key one group of two equal levels of type Alphabetic, or nothing
// when the keysym is 0.
func (m *Map) SetKey(major, keycode byte, sym uint32) []byte {
	n, syms := 36+8, 0
	if sym != 0 {
		n, syms = n+8, 2
	}
	b := request(major, opSetMap, n)
	le.PutUint16(b[4:], coreKeyboard)
	le.PutUint16(b[6:], partSyms)
	b[10], b[11] = m.Min, m.Max // others would change the keyboard's range
	b[14], b[15] = keycode, 1
	le.PutUint16(b[16:], uint16(syms))
	k := b[36:]
	if sym != 0 {
		k[0], k[1], k[2], k[3] = Alphabetic, Alphabetic, Alphabetic, Alphabetic
		k[4], k[5] = 1, 2
		le.PutUint16(k[6:], 2)
		le.PutUint32(k[8:], sym)
		le.PutUint32(k[12:], sym)
	}
	return b
}

// ParseState reads the answer to GetState.
func ParseState(b []byte) (State, error) {
	if len(b) < stateReply {
		return State{}, fmt.Errorf("%w: state of %d bytes", ErrMalformed, len(b))
	}
	return State{Mods: b[8], Base: b[9], Latched: b[10], Locked: b[11], Group: b[12] % groups}, nil
}

// ParseMap reads the answer to GetMap.
func ParseMap(b []byte) (*Map, error) {
	if len(b) < mapHead {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	var (
		m           = &Map{Min: b[10], Max: b[11]}
		nTypes      = int(b[15])
		firstSym    = int(b[17])
		nSyms       = int(b[20])
		firstModMap = int(b[31])
		pairs       = int(b[33])
		r           = reader{b: b[mapHead:]}
	)
	if int(b[14]) != 0 || firstSym+nSyms > len(m.Keys) || firstModMap > int(m.Max) {
		return nil, fmt.Errorf("%w: ranges", ErrMalformed)
	}
	m.Types = make([]Type, nTypes)
	for i := range m.Types {
		r.keyType(&m.Types[i])
	}
	for i := range nSyms {
		r.key(&m.Keys[firstSym+i])
	}
	for range pairs {
		if p := r.take(2); p != nil {
			m.ModMap[p[0]] = p[1]
		}
	}
	if r.short {
		return nil, fmt.Errorf("%w: truncated", ErrMalformed)
	}
	return m, nil
}

// reader takes from the front of b and remembers when that ran out.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.short = nil, true
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) keyType(t *Type) {
	h := r.take(8)
	if h == nil {
		return
	}
	t.Mask, t.Levels = h[0], h[4]
	entries, preserve := int(h[5]), h[6] != 0
	for range entries {
		e := r.take(8)
		if e == nil {
			return
		}
		if e[0] != 0 { // active: its virtual modifiers are bound to real ones
			t.Entries = append(t.Entries, Entry{Mods: e[1], Level: e[2]})
		} else {
			t.Entries = append(t.Entries, Entry{Level: inactive})
		}
	}
	if preserve {
		for i := range entries {
			if p := r.take(4); p != nil {
				t.Entries[i].Preserve = p[0]
			}
		}
	}
	kept := t.Entries[:0]
	for _, e := range t.Entries {
		if e.Level != inactive {
			kept = append(kept, e)
		}
	}
	t.Entries = kept
}

// inactive marks an entry while its type is read; no key has as many levels.
const inactive = 0xFF

func (r *reader) key(k *Key) {
	h := r.take(8)
	if h == nil {
		return
	}
	copy(k.Types[:], h)
	k.Info, k.Width = h[4], h[5]
	n := int(le.Uint16(h[6:]))
	s := r.take(4 * n)
	if s == nil {
		return
	}
	k.Syms = make([]uint32, n)
	for i := range k.Syms {
		k.Syms[i] = le.Uint32(s[4*i:])
	}
}
