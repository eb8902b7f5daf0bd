package native

import "fmt"

const (
	metasLimit = 16
	datasLimit = 4

	// ChunkSize is the size of what says where in Data the picture is.
	ChunkSize = 16
)

// Buffer is one picture's memory: metas and chunks, then the pixels, there or in a
// memory of their own.
type Buffer struct {
	block  *Region
	Metas  []Meta
	Chunk  []byte
	Data   []byte
	pixels *Region // nil: Data lies in block
}

// Meta is something that a buffer says beside its pixels.
type Meta struct {
	Type uint32
	Data []byte
}

// Free unmaps it.
func (b *Buffer) Free() {
	b.block.Free()
	b.pixels.Free()
}

// ParseBuffer takes one buffer's description off a message. Its pixels are mapped
// for reading, or for writing too.
func ParseBuffer(p *Parser, m Memories, write bool) (_ *Buffer, err error) {
	b := &Buffer{}
	defer func() {
		if err != nil {
			b.Free()
		}
	}()
	id, offset, size := p.Int(), p.Int(), p.Int()
	if p.Err != nil {
		return nil, p.Err
	}
	if b.block, err = m.Map(id, offset, size, true); err != nil {
		return nil, err
	}
	rest := b.block.B
	cut := func(n uint32) []byte {
		if uint64(n) > uint64(len(rest)) {
			p.Fail("a buffer that fits")
			return nil
		}
		part := rest[:n:n]
		rest = rest[min(uint64(n+7)&^7, uint64(len(rest))):]
		return part
	}
	metas := p.Int()
	if metas > metasLimit {
		p.Fail("fewer metas")
	}
	for range metas {
		if p.Err != nil {
			return nil, p.Err
		}
		typ := p.ID()
		b.Metas = append(b.Metas, Meta{Type: typ, Data: cut(min(p.Int(), MemoryLimit))})
	}
	datas := p.Int()
	if datas == 0 || datas > datasLimit {
		p.Fail("one plane of pixels")
	}
	if p.Err != nil {
		return nil, p.Err
	}
	b.Chunk = cut(ChunkSize)
	// The pixels of the formats that we know lie in one plane.
	typ, where, _, from, most := p.ID(), p.Int(), p.Int(), p.Int(), p.Int()
	for range datas - 1 {
		p.ID()
		for range 4 {
			p.Int()
		}
	}
	if p.Err != nil {
		return nil, p.Err
	}
	switch typ {
	case DataMemID:
		if b.pixels, err = m.Map(where, from, most, write); err != nil {
			return nil, err
		}
		b.Data = b.pixels.B
	case DataMemPtr:
		if uint64(where)+uint64(most) > uint64(len(b.block.B)) {
			return nil, fmt.Errorf("%w: pixels outside of their buffer", ErrProtocol)
		}
		b.Data = b.block.B[where:][:most]
	default:
		return nil, fmt.Errorf("%w: pixels in memory of type %d", ErrRefused, typ)
	}
	return b, nil
}
