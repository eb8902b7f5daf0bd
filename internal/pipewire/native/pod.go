package native

import "encoding/binary"

// Types of values.
const (
	TypeNone      = 1
	TypeBool      = 2
	TypeID        = 3
	TypeInt       = 4
	TypeLong      = 5
	TypeString    = 8
	TypeRectangle = 10
	TypeFraction  = 11
	TypeStruct    = 14
	TypeObject    = 15
	TypeFd        = 18
	TypeChoice    = 19
)

// Kinds of choices.
const (
	ChoiceRange = 1
	ChoiceEnum  = 3
	ChoiceFlags = 4
)

// Parameters of a port.
const (
	ParamEnumFormat = 3
	ParamFormat     = 4
	ParamBuffers    = 5
	ParamMeta       = 6
	ParamIO         = 7
)

// Builder packs values: each has its size and its type before it, and ends at a
// multiple of eight bytes.
type Builder struct{ b []byte }

func (w *Builder) word(v uint32) { w.b = binary.NativeEndian.AppendUint32(w.b, v) }

func (w *Builder) pad() {
	for len(w.b)%8 != 0 {
		w.b = append(w.b, 0)
	}
}

func (w *Builder) put(typ uint32, words ...uint32) {
	w.word(uint32(4 * len(words)))
	w.word(typ)
	for _, v := range words {
		w.word(v)
	}
	w.pad()
}

// None packs nothing.
func (w *Builder) None() { w.put(TypeNone) }

// ID packs a number out of a list.
func (w *Builder) ID(v uint32) { w.put(TypeID, v) }

// Int packs a number.
func (w *Builder) Int(v uint32) { w.put(TypeInt, v) }

// Rect packs width and height.
func (w *Builder) Rect(x, y uint32) { w.put(TypeRectangle, x, y) }

// Ratio packs a ratio.
func (w *Builder) Ratio(n, of uint32) { w.put(TypeFraction, n, of) }

// Bool packs yes or no.
func (w *Builder) Bool(v bool) {
	if v {
		w.put(TypeBool, 1)
		return
	}
	w.put(TypeBool, 0)
}

// Long packs a number of 64 bits.
func (w *Builder) Long(v uint64) {
	w.word(8)
	w.word(TypeLong)
	w.b = binary.NativeEndian.AppendUint64(w.b, v)
}

// String packs a text.
func (w *Builder) String(s string) {
	w.word(uint32(len(s) + 1))
	w.word(TypeString)
	w.b = append(append(w.b, s...), 0)
	w.pad()
}

// Choice packs alternatives of a type, the preferred one first. A value of a
// rectangle or a ratio takes two words.
func (w *Builder) Choice(kind, typ uint32, words ...uint32) {
	size := uint32(4)
	if typ == TypeRectangle || typ == TypeFraction {
		size = 8
	}
	w.put(TypeChoice, append([]uint32{kind, 0, size, typ}, words...)...)
}

// nest packs a value that holds others.
func (w *Builder) nest(typ uint32, content func()) {
	at := len(w.b)
	w.word(0)
	w.word(typ)
	content()
	binary.NativeEndian.PutUint32(w.b[at:], uint32(len(w.b)-at-8))
	w.pad()
}

// Struct packs values one after the other.
func (w *Builder) Struct(content func()) { w.nest(TypeStruct, content) }

// Object packs properties, of a type of object and for a parameter.
func (w *Builder) Object(typ, id uint32, content func()) {
	w.nest(TypeObject, func() {
		w.word(typ)
		w.word(id)
		content()
	})
}

// Key begins a property of an object; its value follows.
func (w *Builder) Key(k uint32) {
	w.word(k)
	w.word(0)
}

// Dict packs properties of strings.
func (w *Builder) Dict(props [][2]string) {
	w.Struct(func() {
		w.Int(uint32(len(props)))
		for _, p := range props {
			w.String(p[0])
			w.String(p[1])
		}
	})
}

// Raw packs a value that is packed already.
func (w *Builder) Raw(value []byte) { w.b = append(w.b, value...) }

// Bytes are what was packed.
func (w *Builder) Bytes() []byte { return w.b }
