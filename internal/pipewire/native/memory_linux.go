package native

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// MemoryLimit and memoriesLimit bound what the other side makes us map.
	MemoryLimit   = 1 << 30
	memoriesLimit = 256
)

// Where the bytes of a buffer are: spa/buffer/buffer.h, enum spa_data_type.
const (
	DataMemPtr = 1
	DataMemFd  = 2
	DataMemID  = 4
)

// InvalidID is the number of nothing: SPA_ID_INVALID.
const InvalidID = ^uint32(0)

// Memories are the files that the daemon shares with us, by its number.
type Memories map[uint32]memory

type memory struct {
	fd  int
	typ uint32
}

// Add takes a file, which is theirs from then on.
func (m Memories) Add(id, typ uint32, fd int) error {
	if old, ok := m[id]; ok {
		_ = unix.Close(old.fd)
		delete(m, id)
	}
	if len(m) >= memoriesLimit {
		_ = unix.Close(fd)
		return fmt.Errorf("%w: more than %d memories", ErrProtocol, memoriesLimit)
	}
	m[id] = memory{fd: fd, typ: typ}
	return nil
}

// Remove forgets one. What is mapped of it stays.
func (m Memories) Remove(id uint32) {
	if old, ok := m[id]; ok {
		_ = unix.Close(old.fd)
		delete(m, id)
	}
}

// Close forgets all.
func (m Memories) Close() {
	for id := range m {
		m.Remove(id)
	}
}

// Region is a mapped piece of a memory.
type Region struct {
	B    []byte // what was asked for
	maps []byte // what is mapped
}

// Map maps a piece of a memory, of at least one byte. What lies outside of the file is
// refused; who makes the file smaller later, makes us fault, which ends the node.
func (m Memories) Map(id, offset, size uint32, write bool) (*Region, error) {
	mem, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("%w: no memory %d", ErrProtocol, id)
	}
	if mem.typ != DataMemFd {
		return nil, fmt.Errorf("%w: memory of type %d", ErrRefused, mem.typ)
	}
	var st unix.Stat_t
	if err := unix.Fstat(mem.fd, &st); err != nil {
		return nil, fmt.Errorf("memory %d: %w", id, err)
	}
	end := int64(offset) + int64(size)
	if size == 0 || size > MemoryLimit || end > st.Size {
		return nil, fmt.Errorf("%w: %d bytes at %d of a memory of %d", ErrProtocol, size, offset, st.Size)
	}
	page := int64(unix.Getpagesize())
	from := int64(offset) &^ (page - 1)
	prot := unix.PROT_READ
	if write {
		prot |= unix.PROT_WRITE
	}
	b, err := unix.Mmap(mem.fd, from, int(end-from), prot, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map memory %d: %w", id, err)
	}
	return &Region{B: b[int64(offset)-from:], maps: b}, nil
}

// atomic32 and atomic64 are words that others change at the same time. Who maps the
// region has seen to it that it begins at a multiple of eight.
func (r *Region) atomic32(at int) *uint32 {
	return (*uint32)(unsafe.Pointer(&r.B[at : at+4][0])) //nolint:gosec // within the region, or it panics
}

func (r *Region) atomic64(at int) *uint64 {
	return (*uint64)(unsafe.Pointer(&r.B[at : at+8][0])) //nolint:gosec // within the region, or it panics
}

// Free unmaps it.
func (r *Region) Free() {
	if r != nil && r.maps != nil {
		_ = unix.Munmap(r.maps)
		r.B, r.maps = nil, nil
	}
}
