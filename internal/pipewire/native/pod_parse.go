package native

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// filesLimit is how many files may wait for the messages that they belong to.
const filesLimit = 256

// Pod is one value.
type Pod struct {
	typ  uint32
	body []byte
}

// Words are the first n words of a value, or of a choice's preferred one.
func (p Pod) Words(typ uint32, n int) ([]uint32, bool) {
	if p.typ == TypeChoice {
		const head = 16
		if len(p.body) < head || int(binary.NativeEndian.Uint32(p.body[8:])) < 4*n {
			return nil, false
		}
		p = Pod{typ: binary.NativeEndian.Uint32(p.body[12:]), body: p.body[head:]}
	}
	if p.typ != typ || len(p.body) < 4*n {
		return nil, false
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.NativeEndian.Uint32(p.body[4*i:])
	}
	return out, true
}

// Parser takes values off a packed sequence. The first one that is not what was
// asked for sets err, and all after it are zero.
type Parser struct {
	b   []byte
	Err error
}

// Fail says that something else was expected.
func (p *Parser) Fail(what string) {
	if p.Err == nil {
		p.Err = fmt.Errorf("%w: %s expected", ErrProtocol, what)
	}
	p.b = nil
}

// Next is the next value, whatever it is.
func (p *Parser) Next() Pod {
	if len(p.b) < 8 {
		p.Fail("a value")
		return Pod{}
	}
	size, typ := binary.NativeEndian.Uint32(p.b), binary.NativeEndian.Uint32(p.b[4:])
	if uint64(size) > uint64(len(p.b)-8) {
		p.Fail("a value that fits")
		return Pod{}
	}
	v := Pod{typ: typ, body: p.b[8 : 8+size]}
	p.b = p.b[min(8+(int(size)+7)&^7, len(p.b)):]
	return v
}

func (p *Parser) one(typ uint32, what string) uint32 {
	w, ok := p.Next().Words(typ, 1)
	if !ok {
		p.Fail(what)
		return 0
	}
	return w[0]
}

// Int is a number.
func (p *Parser) Int() uint32 { return p.one(TypeInt, "a number") }

// ID is a number out of a list.
func (p *Parser) ID() uint32 { return p.one(TypeID, "an id") }

// Fd is the place of a file among those of the message; negative for none.
func (p *Parser) Fd() int {
	v := p.Next()
	if v.typ != TypeFd || len(v.body) < 8 {
		p.Fail("a file")
		return -1
	}
	n := int64(binary.NativeEndian.Uint64(v.body))
	if n < 0 || n >= filesLimit {
		return -1
	}
	return int(n)
}

// Text is a text; nothing counts as an empty one.
func (p *Parser) Text() string {
	v := p.Next()
	if v.typ == TypeNone && p.Err == nil {
		return ""
	}
	if v.typ != TypeString || len(v.body) == 0 || v.body[len(v.body)-1] != 0 {
		p.Fail("a text")
		return ""
	}
	text, _, _ := bytes.Cut(v.body, []byte{0})
	return string(text)
}

// Struct is a parser of what a structure holds.
func (p *Parser) Struct() *Parser {
	v := p.Next()
	if v.typ != TypeStruct {
		p.Fail("a structure")
	}
	return &Parser{b: v.body, Err: p.Err}
}

// Object calls f for each property of an object and says of what type and for which
// parameter it is.
func (p Pod) Object(f func(key uint32, value Pod)) (typ, id uint32, err error) {
	if p.typ != TypeObject || len(p.body) < 8 {
		return 0, 0, fmt.Errorf("%w: an object expected", ErrProtocol)
	}
	in := &Parser{b: p.body[8:]}
	for len(in.b) >= 8 {
		key := binary.NativeEndian.Uint32(in.b)
		in.b = in.b[8:]
		v := in.Next()
		if in.Err != nil {
			return 0, 0, in.Err
		}
		f(key, v)
	}
	return binary.NativeEndian.Uint32(p.body), binary.NativeEndian.Uint32(p.body[4:]), nil
}

// Packed is an object packed again, as a parameter.
func (p Pod) Packed(param uint32) []byte {
	w := &Builder{}
	w.nest(p.typ, func() {
		w.b = append(w.b, p.body...)
		binary.NativeEndian.PutUint32(w.b[12:], param)
	})
	return w.b
}
