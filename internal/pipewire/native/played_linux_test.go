package native

import (
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// played is a daemon that says what a test wants.
type played struct {
	t    *testing.T
	conn *Conn
	node *Node
	role *still
}

// still is a node that does nothing but read its first buffer.
type still struct{ buffers []*Buffer }

func (s *still) Format(*Pod) ([][]byte, error) { return nil, nil }
func (s *still) Placed(uint32)                 {}
func (s *still) Buffers(_, count uint32, list *Parser, m Memories) error {
	for range count {
		b, err := ParseBuffer(list, m, false)
		if err != nil {
			return err
		}
		s.buffers = append(s.buffers, b)
	}
	return nil
}

func (s *still) Cycle(map[uint32]*Exchange) (uint32, error) {
	sum := byte(0)
	for _, b := range s.buffers {
		to := make([]byte, len(b.Data))
		copy(to, b.Data)
		sum += to[0]
	}
	return uint32(sum), nil
}

func play(t *testing.T) *played {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &played{t: t, conn: &Conn{fd: pair[0]}, role: &still{}}
	if p.node, err = Start(&Conn{fd: pair[1]}, Config{Role: p.role}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.node.Close()
		p.conn.Close()
		for _, b := range p.role.buffers {
			b.Free()
		}
	})
	return p
}

// say sends a message with files.
func (p *played) say(object uint32, opcode byte, files []int, args func(*Builder)) {
	p.t.Helper()
	p.conn.Send(object, opcode, args)
	raw := p.conn.out
	p.conn.out = nil
	raw[12] = byte(len(files))
	var oob []byte
	if len(files) > 0 {
		oob = unix.UnixRights(files...)
	}
	// The node may have ended meanwhile, by what was said before.
	_ = unix.Sendmsg(p.conn.fd, raw, oob, nil, unix.MSG_NOSIGNAL)
}

func fd(w *Builder, at uint64) {
	w.word(8)
	w.word(TypeFd)
	w.Long(at)
	w.b = append(w.b[:len(w.b)-16], w.b[len(w.b)-8:]...) // without the head of the number
}

func (p *played) memory(id uint32, size int64) *os.File {
	p.t.Helper()
	n, err := unix.MemfdCreate("played", unix.MFD_CLOEXEC)
	if err != nil {
		p.t.Fatal(err)
	}
	f := os.NewFile(uintptr(n), "played")
	p.t.Cleanup(func() { _ = f.Close() })
	if err := f.Truncate(size); err != nil {
		p.t.Fatal(err)
	}
	p.say(coreID, coreAddMem, []int{n}, func(w *Builder) {
		w.Int(id)
		w.ID(DataMemFd)
		fd(w, 0)
		w.Int(3)
	})
	return f
}

func (p *played) transport(memory, offset, size uint32) (wakes int) {
	p.t.Helper()
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = unix.Close(event) })
	p.say(nodeID, nodeTransport, []int{event, event}, func(w *Builder) {
		fd(w, 0)
		fd(w, 1)
		w.Int(memory)
		w.Int(offset)
		w.Int(size)
	})
	return event
}

func (p *played) buffer(memory, size, typ, where, from, most uint32) {
	p.say(nodeID, nodeUseBuffers, nil, func(w *Builder) {
		for _, v := range []uint32{0, 0, 0, 0, 1, memory, 0, size, 0, 1} {
			w.Int(v)
		}
		w.ID(typ)
		for _, v := range []uint32{where, 0, from, most} {
			w.Int(v)
		}
	})
}

func (p *played) end() error {
	p.t.Helper()
	select {
	case <-p.node.Done():
		return p.node.Err()
	case <-time.After(time.Minute):
		p.t.Fatal("the node goes on")
		return nil
	}
}

// Memory that is made smaller while it is read is the end of the node, not of the
// program.
func TestMemoryThatIsTakenAway(t *testing.T) {
	for _, which := range []string{"activation", "pixels"} {
		t.Run(which, func(t *testing.T) {
			p := play(t)
			act := p.memory(1, 4096)
			wakes := p.transport(1, 0, 2048)
			pixels := p.memory(2, 1<<20)
			p.memory(3, 4096)
			p.buffer(3, 64, DataMemID, 2, 0, 1<<20)
			if which == "activation" {
				p.sync()
				_ = act.Truncate(0)
			} else {
				p.sync()
				_ = pixels.Truncate(0)
			}
			wake(wakes)
			if err := p.end(); !errors.Is(err, ErrEnded) {
				t.Error(err)
			}
		})
	}
}

// sync waits until the node has read all that was said: it answers.
func (p *played) sync() {
	p.t.Helper()
	p.say(coreID, corePing, nil, func(w *Builder) {
		w.Int(0)
		w.Int(99)
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		fds := []unix.PollFd{{Fd: int32(p.conn.fd), Events: unix.POLLIN}}
		_, _ = unix.Poll(fds, 100)
		answered := false
		err := p.conn.Receive(func(m *Message) error {
			answered = answered || m.Object == coreID && m.Opcode == corePong
			return nil
		})
		if answered {
			return
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	p.t.Fatal("no answer")
}

func TestWhatADaemonMustNotSay(t *testing.T) {
	for name, say := range map[string]func(*played){
		"memory beyond its file":   func(p *played) { p.memory(1, 100); p.transport(1, 0, 2048) },
		"an unknown memory":        func(p *played) { p.transport(9, 0, 2048) },
		"a crooked place":          func(p *played) { p.memory(1, 1<<16); p.transport(1, 3, 2048) },
		"a small activation":       func(p *played) { p.memory(1, 1<<16); p.transport(1, 0, 8) },
		"an offset near overflow":  func(p *played) { p.memory(1, 1<<16); p.transport(1, 0xfffffff8, 2048) },
		"pixels beyond the buffer": func(p *played) { p.memory(1, 4096); p.buffer(1, 64, DataMemPtr, 32, 0, 64) },
		"pixels around the end":    func(p *played) { p.memory(1, 4096); p.buffer(1, 64, DataMemPtr, 0xffffffff, 0, 64) },
		"pixels beyond the file":   func(p *played) { p.memory(1, 4096); p.buffer(1, 64, DataMemID, 1, 4000, 4096) },
		"a buffer without room":    func(p *played) { p.memory(1, 4096); p.buffer(1, 8, DataMemPtr, 0, 0, 4) },
		"a file that is missing": func(p *played) {
			p.say(coreID, coreAddMem, nil, func(w *Builder) {
				w.Int(1)
				w.ID(DataMemFd)
				fd(w, 0)
				w.Int(3)
			})
		},
		"no arguments": func(p *played) { p.say(nodeID, nodePortSetIO, nil, func(*Builder) {}) },
		"too large": func(p *played) {
			_, _ = unix.Write(p.conn.fd, []byte{0, 0, 0, 0, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0})
		},
		"too many files": func(p *played) {
			_, _ = unix.Write(p.conn.fd, []byte{0, 0, 0, 0, 8, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0})
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := play(t)
			say(p)
			if err := p.end(); !errors.Is(err, ErrProtocol) {
				t.Error(err)
			}
		})
	}
}

// Memory of a graphics card is refused, for what lies there cannot be read.
func TestMemoryOfAGraphicsCard(t *testing.T) {
	p := play(t)
	p.memory(1, 4096)
	n, err := unix.MemfdCreate("card", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(n)
	const dmaBuf = 3
	p.say(coreID, coreAddMem, []int{n}, func(w *Builder) {
		w.Int(2)
		w.ID(dmaBuf)
		fd(w, 0)
		w.Int(3)
	})
	p.buffer(1, 64, DataMemID, 2, 0, 4096)
	if err := p.end(); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}

// Since PipeWire 1.2 a node says itself that it is ready, whose clock it goes by, and
// in which part of its turn it is.
func TestNodesOfNewerDaemons(t *testing.T) {
	const driver = 77
	p := play(t)
	f := p.memory(1, 8192)
	act, err := unix.Mmap(int(f.Fd()), 0, 8192, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(act) }()
	shared := &Region{B: act}
	at := func(i int) uint32 { return atomic.LoadUint32(shared.atomic32(i)) }
	*shared.atomic32(actStatus), *shared.atomic32(actServerVersion) = inactive, 1
	const clock = 4096
	*shared.atomic32(clock + clockID) = driver
	wakes := p.transport(1, 0, 2312)
	p.say(nodeID, nodeSetIO, nil, func(w *Builder) {
		w.ID(ioPosition)
		for _, v := range []uint32{1, clock, 1688} {
			w.Int(v)
		}
	})
	command := func(c uint32) {
		p.say(nodeID, nodeCommand, nil, func(w *Builder) { w.Object(0x30002, c, func() {}) })
		p.sync()
	}
	command(commandStart)
	if at(actClientVersion) != 1 || at(actActiveDriver) != driver || at(actStatus) != finished {
		t.Fatalf("version %d, driver %d, status %d", at(actClientVersion), at(actActiveDriver), at(actStatus))
	}
	wake(wakes) // without being triggered: nothing is done
	p.sync()
	if at(actStatus) != finished || *shared.atomic64(actAwakeTime) != 0 {
		t.Errorf("status %d, awake at %d", at(actStatus), *shared.atomic64(actAwakeTime))
	}
	atomic.StoreUint32(shared.atomic32(actStatus), triggered)
	wake(wakes)
	for end := time.Now().Add(time.Minute); at(actStatus) != finished || *shared.atomic64(actFinishTime) == 0; p.sync() {
		if time.Now().After(end) {
			t.Fatalf("status %d", at(actStatus))
		}
	}
	command(0)
	if at(actStatus) != inactive {
		t.Errorf("stopped with status %d", at(actStatus))
	}
}
