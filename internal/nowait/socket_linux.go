package nowait

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// Socket is a UDP socket that is read in batches. Its methods may be called from any
// goroutine.
type Socket struct {
	*net.UDPConn
	raw    syscall.RawConn
	family uint16
	in     batch
	outs   sync.Pool // of *packet
}

// maxBatch is how many packets one call reads at most.
const maxBatch = 8

// NewSocket takes over a socket that is not connected.
func NewSocket(c *net.UDPConn) (*Socket, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	s := &Socket{UDPConn: c, raw: raw}
	var name unix.Sockaddr
	if e := raw.Control(func(fd uintptr) { name, err = unix.Getsockname(int(fd)) }); e != nil {
		err = e
	}
	switch name.(type) {
	case *unix.SockaddrInet4:
		s.family = unix.AF_INET
	case *unix.SockaddrInet6:
		s.family = unix.AF_INET6
	default:
		return nil, errors.Join(errors.New("not a socket of IP"), err)
	}
	s.in.call = s.in.read
	s.outs.New = func() any {
		p := &packet{}
		p.call = p.write
		return p
	}
	return s, nil
}

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	msg unix.Msghdr
	n   uint32
}

// batch is what the socket is read with.
type batch struct {
	mu    sync.Mutex
	call  func(fd uintptr) (done bool)
	msgs  [maxBatch]mmsghdr
	parts [maxBatch]unix.Iovec
	names [maxBatch]unix.RawSockaddrInet6
	want  int
	flags int
	n     int
	errno syscall.Errno

	// The sender of the packet before, which is nearly always that of the next.
	last unix.RawSockaddrInet6
	addr *net.UDPAddr
}

// ReadBatch does what ipv4.PacketConn.ReadBatch does, with messages of one buffer each.
// Addresses are shared between messages: nobody may change them.
func (s *Socket) ReadBatch(ms []ipv4.Message, flags int) (int, error) {
	b := &s.in
	b.mu.Lock()
	defer b.mu.Unlock()
	b.want, b.flags, b.n, b.errno = min(len(ms), maxBatch), flags, 0, 0
	for i := range b.want {
		to := ms[i].Buffers[0]
		b.parts[i].Base = &to[0]
		b.parts[i].SetLen(len(to))
		b.names[i] = unix.RawSockaddrInet6{}
		h := &b.msgs[i].msg
		*h = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&b.names[i])), Namelen: unix.SizeofSockaddrInet6, Iov: &b.parts[i]}
		h.SetIovlen(1)
		if oob := ms[i].OOB; len(oob) > 0 {
			h.Control = &oob[0]
			h.SetControllen(len(oob))
		}
	}
	err := s.raw.Read(b.call)
	for i := range b.want {
		b.parts[i].Base, b.msgs[i].msg.Control = nil, nil
	}
	if err == nil && b.errno != 0 {
		err = os.NewSyscallError("recvmmsg", b.errno)
	}
	if err != nil {
		return 0, err
	}
	for i := range b.n {
		m := &ms[i]
		m.N, m.NN, m.Flags = int(b.msgs[i].n), int(b.msgs[i].msg.Controllen), int(b.msgs[i].msg.Flags)
		m.Addr = b.sender(&b.names[i])
	}
	return b.n, nil
}

func (b *batch) read(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&b.msgs[0])), uintptr(b.want), uintptr(b.flags), 0, 0)
		switch errno {
		case 0:
			b.n = int(n)
			return true
		case unix.EAGAIN:
			return false
		case unix.EINTR:
		default:
			b.errno = errno
			return true
		}
	}
}

func (b *batch) sender(name *unix.RawSockaddrInet6) net.Addr {
	if b.addr != nil && *name == b.last {
		return b.addr
	}
	a := &net.UDPAddr{Port: int(binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&name.Port))[:]))}
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		a.IP = append(net.IP{}, v4.Addr[:]...)
	} else {
		a.IP = append(net.IP{}, name.Addr[:]...)
		if name.Scope_id != 0 {
			a.Zone = strconv.FormatUint(uint64(name.Scope_id), 10)
		}
	}
	b.last, b.addr = *name, a
	return a
}

// packet is one to be written.
type packet struct {
	call  func(fd uintptr) (done bool)
	msg   unix.Msghdr
	part  unix.Iovec
	name  unix.RawSockaddrInet6
	n     int
	errno syscall.Errno
}

// WriteMsgUDP is net.UDPConn's.
func (s *Socket) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	p := s.outs.Get().(*packet)
	defer s.outs.Put(p)
	size := p.address(s.family, to)
	if size == 0 || len(b) == 0 {
		return s.UDPConn.WriteMsgUDP(b, oob, to)
	}
	p.n, p.errno = 0, 0
	p.part.Base = &b[0]
	p.part.SetLen(len(b))
	p.msg = unix.Msghdr{Name: (*byte)(unsafe.Pointer(&p.name)), Namelen: size, Iov: &p.part}
	p.msg.SetIovlen(1)
	if len(oob) > 0 {
		p.msg.Control = &oob[0]
		p.msg.SetControllen(len(oob))
	}
	err = s.raw.Write(p.call)
	p.part.Base, p.msg.Control = nil, nil
	switch {
	case err != nil:
		return 0, 0, err
	case p.errno != 0:
		return 0, 0, os.NewSyscallError("sendmsg", p.errno)
	}
	return p.n, len(oob), nil
}

func (p *packet) write(fd uintptr) bool {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&p.msg)), 0)
		switch errno {
		case 0:
			p.n = int(n)
			return true
		case unix.EAGAIN:
			return false
		case unix.EINTR:
		default:
			p.errno = errno
			return true
		}
	}
}

// address notes where the packet goes and returns how long that is. 0: it is an
// address of which package net knows more.
func (p *packet) address(family uint16, to *net.UDPAddr) uint32 {
	if to == nil || to.Zone != "" || to.IP.IsUnspecified() {
		return 0
	}
	p.name = unix.RawSockaddrInet6{Family: family}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&p.name.Port))[:], uint16(to.Port))
	if family == unix.AF_INET {
		ip := to.IP.To4()
		copy((*unix.RawSockaddrInet4)(unsafe.Pointer(&p.name)).Addr[:], ip)
		return uint32(len(ip)) * unix.SizeofSockaddrInet4 / net.IPv4len
	}
	ip := to.IP.To16()
	copy(p.name.Addr[:], ip)
	return uint32(len(ip)) * unix.SizeofSockaddrInet6 / net.IPv6len
}
