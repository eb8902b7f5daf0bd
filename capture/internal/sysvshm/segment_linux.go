// Package sysvshm makes System V shared memory that cannot outlive its users.
package sysvshm

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Segment is a piece of shared memory that the kernel frees when the last
// process has detached it, however that process ended.
type Segment struct {
	ID    int
	Bytes []byte
	once  sync.Once
}

// New makes a segment and removes its name at once. Linux lets others attach it
// by its ID all the same for as long as it is mapped here.
func New(size int) (*Segment, error) {
	const ownerOnly = 0o600
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|ownerOnly)
	if err != nil {
		return nil, fmt.Errorf("make shared memory: %w", err)
	}
	b, err := unix.SysvShmAttach(id, 0, 0)
	_, rmErr := unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	if err := errors.Join(err, rmErr); err != nil {
		if b != nil {
			_ = unix.SysvShmDetach(b)
		}
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return &Segment{ID: id, Bytes: b}, nil
}

// Drop gives the memory of the first n bytes back to the system, for all that have
// the segment attached: whole pages of it are 0 until somebody writes there again.
func (s *Segment) Drop(n int) error {
	n -= n % unix.Getpagesize()
	if err := unix.Madvise(s.Bytes[:n], unix.MADV_REMOVE); err != nil {
		return fmt.Errorf("give shared memory back: %w", err)
	}
	return nil
}

// Free unmaps the segment. Touching Bytes afterwards ends the process.
func (s *Segment) Free() {
	s.once.Do(func() { _ = unix.SysvShmDetach(s.Bytes) })
}
