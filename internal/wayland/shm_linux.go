package wayland

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Formats of pixels in shared memory, named by their bytes.
const (
	FormatBGRA = 0          // ARGB8888
	FormatBGRX = 1          // XRGB8888
	FormatRGBA = 0x34324241 // ABGR8888
	FormatRGBX = 0x34324258 // XBGR8888
)

const (
	shmCreatePool     = 0
	poolCreateBuffer  = 0
	poolDestroy       = 1
	bufferDestroy     = 0
	memoryLimit       = 1 << 30 // of one buffer: four times a screen of 8K
	pixelLen          = 4
	bufferNameVisible = "alongside"
)

// Memory is memory that can be handed to a compositor. It has no name in any
// folder, and is gone with the last who has it.
type Memory struct {
	Bytes []byte
	file  *os.File
}

// NewMemory makes memory.
func NewMemory(size int) (*Memory, error) {
	if size <= 0 || size > memoryLimit {
		return nil, fmt.Errorf("shared memory of %d bytes", size)
	}
	fd, err := unix.MemfdCreate(bufferNameVisible, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, fmt.Errorf("make shared memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), bufferNameVisible)
	if err := f.Truncate(int64(size)); err != nil {
		f.Close()
		return nil, fmt.Errorf("make shared memory: %w", err)
	}
	// Nobody who has it can make it smaller under us.
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, fmt.Errorf("seal shared memory: %w", err)
	}
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("map shared memory: %w", err)
	}
	return &Memory{Bytes: b, file: f}, nil
}

// FD is the file to send.
func (m *Memory) FD() int { return int(m.file.Fd()) }

// Free unmaps the memory. Touching Bytes afterwards ends the process.
func (m *Memory) Free() {
	if m.Bytes != nil {
		_ = unix.Munmap(m.Bytes)
		m.Bytes = nil
		m.file.Close()
	}
}

// Buffer is a picture in memory that the compositor has too.
type Buffer struct {
	ID     uint32
	Width  int
	Height int
	Stride int
	Format uint32
	Memory *Memory
	conn   *Conn
}

// NewBuffer makes a buffer; shm is the wl_shm.
func (c *Conn) NewBuffer(shm uint32, width, height, stride int, format uint32, h Handler) (*Buffer, error) {
	if width <= 0 || height <= 0 || stride < width*pixelLen || height > memoryLimit/stride {
		return nil, fmt.Errorf("a picture of %d by %d pixels, %d bytes a row", width, height, stride)
	}
	m, err := NewMemory(height * stride)
	if err != nil {
		return nil, err
	}
	pool := c.New(nil)
	c.Request(shm, shmCreatePool).Uint(pool).FD(m.FD()).Int(int32(height * stride)).Send()
	b := &Buffer{ID: c.New(h), Width: width, Height: height, Stride: stride, Format: format, Memory: m, conn: c}
	c.Request(pool, poolCreateBuffer).Uint(b.ID).Int(0).Int(int32(width)).Int(int32(height)).
		Int(int32(stride)).Uint(format).Send()
	c.Request(pool, poolDestroy).Send()
	c.Destroyed(pool)
	return b, c.Flush()
}

// Destroy takes the buffer back. The compositor may write to its memory until then.
func (b *Buffer) Destroy() {
	b.conn.Request(b.ID, bufferDestroy).Send()
	b.conn.Destroyed(b.ID)
	b.Memory.Free()
}
