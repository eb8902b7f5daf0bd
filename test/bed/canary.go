//go:build linux

package bed

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// mostMemory is above what one piece of any program's memory here has; what is larger
	// is room that the race detector reserves for its own notes.
	mostMemory = 4 << 30
	// longestText of those that are looked for, in bytes.
	longestText = 256
)

// Memory tells which of some texts are in what a process may write to: what a core dump of
// it would hold. It needs the right to trace the process.
func Memory(pid int, texts ...string) (found []string, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer func() { _ = mem.Close() }()
	in, piece := map[string]bool{}, make([]byte, 1<<20)
	for line := range strings.Lines(string(maps)) {
		var from, to int64
		var rights string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") || to-from > mostMemory {
			continue
		}
		// Pieces overlap by what may be cut. What is gone by now or belongs to a device
		// cannot be read: it is no memory.
		for at := from; at < to; at += int64(len(piece) - longestText) {
			n, _ := mem.ReadAt(piece[:min(int64(len(piece)), to-at)], at)
			for _, t := range texts {
				in[t] = in[t] || bytes.Contains(piece[:n], []byte(t))
			}
		}
	}
	for _, t := range texts {
		if in[t] {
			found = append(found, t)
		}
	}
	return found, nil
}

// Wire hears all that goes over the machine's loopback interface, and counts the packets
// that have a text in them. It needs root.
type Wire struct {
	file  *os.File
	texts []string
	done  chan struct{}

	mu   sync.Mutex
	seen map[string]int
	err  error
}

// Listen begins. One of the texts has to be one that is sure to be sent: a wire that hears
// nothing finds nothing.
func Listen(texts ...string) (*Wire, error) {
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, err
	}
	all := bits.ReverseBytes16(unix.ETH_P_ALL) // in network byte order, of a little-endian machine
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		all = unix.ETH_P_ALL
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	w := &Wire{file: os.NewFile(uintptr(fd), "lo"), texts: texts, done: make(chan struct{}), seen: map[string]int{}}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 64<<20),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: lo.Index}),
	)
	if err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	go w.hear()
	return w, nil
}

func (w *Wire) hear() {
	defer close(w.done)
	b := make([]byte, 128<<10) // more than loopback's largest packet
	for {
		n, err := w.file.Read(b)
		if err != nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !errors.Is(err, os.ErrClosed) {
				w.err = err
			}
			return
		}
		for _, t := range w.texts {
			if bytes.Contains(b[:n], []byte(t)) {
				w.mu.Lock()
				w.seen[t]++
				w.mu.Unlock()
			}
		}
	}
}

// Heard waits until a text went over the wire: until everything before it was heard, too.
func (w *Wire) Heard(ctx context.Context, text string) error {
	return Until(ctx, "packets with "+text, func() (bool, error) { return w.Count(text) > 0, nil })
}

// Count is how many packets had a text in them so far.
func (w *Wire) Count(text string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[text]
}

// Close ends it, and says what it could not hear.
func (w *Wire) Close() error {
	err := w.file.Close()
	<-w.done
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(err, w.err)
}
