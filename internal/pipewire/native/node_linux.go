package native

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Objects of the connection, by our numbers.
const (
	coreID     = 0
	clientID   = 1
	registryID = 2
	nodeID     = 3
)

// listed is the number of our only question, whether all nodes were named.
const listed = 1

const (
	coreHello       = 1
	coreSync        = 2
	corePong        = 3
	coreGetRegistry = 5
	coreCreate      = 6

	coreInfo      = 0
	coreDone      = 1
	corePing      = 2
	coreError     = 3
	coreRemoveID  = 4
	coreBoundID   = 5
	coreAddMem    = 6
	coreRemoveMem = 7

	clientProperties = 2

	registryGlobal       = 0
	registryGlobalRemove = 1
)

// Config is a node to be.
type Config struct {
	Properties [][2]string
	Output     bool     // its port gives pictures, else it takes them
	Params     [][]byte // of the port, before there is a format
	Role       Role

	// Target is the node that it is for: its end is the end of ours. 0: none.
	Target uint32
}

// Role is what a node does with its port. All is called by the node's goroutine.
type Role interface {
	// Format says what was agreed on, nil for nothing, and is asked for the port's
	// parameters from then on.
	Format(value *Pod) (params [][]byte, err error)

	// Buffers replaces those of a link.
	Buffers(link, count uint32, list *Parser, m Memories) error

	// Cycle does what there is to do, on the exchange of each link, and returns what
	// to tell the graph.
	Cycle(links map[uint32]*Exchange) (uint32, error)

	// Placed says by which number others know the node.
	Placed(global uint32)
}

// Node is a node of ours at a daemon. It lives until Close, or until something ends it.
type Node struct {
	config Config
	conn   *Conn
	poked  int // an event: look at what follows
	once   sync.Once
	done   chan struct{}
	err    error

	mu      sync.Mutex
	closing bool
	offer   [][]byte // to be the port's parameters; nil: as they are

	// The goroutine's.
	mem     Memories
	own     *Activation
	wakes   int // an event: it is our turn
	peers   map[uint32]*Activation
	links   map[uint32]*Exchange
	global  uint32
	version uint32
	found   bool
	serial  string
	running bool
	agreed  bool   // there is a format
	turn    uint32 // changes with the formats that the port offers
	params  [][]byte
}

// Start begins a node on a connection, which it closes.
func Start(c *Conn, config Config) (*Node, error) {
	poked, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("event: %w", err)
	}
	n := &Node{
		config: config, conn: c, poked: poked, done: make(chan struct{}), mem: Memories{}, wakes: -1,
		peers: map[uint32]*Activation{}, links: map[uint32]*Exchange{}, params: config.Params,
	}
	go n.run()
	return n, nil
}

// Done is closed when the node has ended, which Err explains.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err is why the node ended; only after Done.
func (n *Node) Err() error { return n.err }

// Close ends the node and waits for that.
func (n *Node) Close() {
	n.once.Do(func() {
		n.mu.Lock()
		n.closing = true
		n.mu.Unlock()
		wake(n.poked)
		<-n.done
		_ = unix.Close(n.poked)
	})
}

// Offer gives the port other parameters: what was agreed on is agreed on anew.
func (n *Node) Offer(params [][]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.closing {
		n.offer = params
		wake(n.poked)
	}
}

// orders does what Close and Offer have asked for.
func (n *Node) orders() error {
	drain(n.poked)
	n.mu.Lock()
	closing, offer := n.closing, n.offer
	n.offer = nil
	n.mu.Unlock()
	if closing {
		return ErrClosed
	}
	if offer != nil {
		n.params, n.turn = offer, n.turn^paramSerial
		if n.running {
			n.tellPort()
		}
	}
	return nil
}

func (n *Node) run() {
	defer close(n.done)
	defer n.free()
	n.err = n.live()
}

// live is the life of the node. Memory that the other side takes away while we read
// is a fault, which is theirs.
func (n *Node) live() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if fault, ok := r.(runtime.Error); ok {
			if _, ok := r.(interface{ Addr() uintptr }); ok {
				err = fmt.Errorf("%w: shared memory was taken away: %w", ErrEnded, fault)
				return
			}
		}
		panic(r)
	}()
	n.hello()
	for {
		if err := n.conn.Flush(); err != nil {
			return err
		}
		if err := n.wait(); err != nil {
			return err
		}
	}
}

// wait serves what comes first.
func (n *Node) wait() error {
	fds := []unix.PollFd{{Fd: int32(n.poked), Events: unix.POLLIN}, {Fd: int32(n.conn.fd), Events: unix.POLLIN}, {Fd: int32(n.wakes), Events: unix.POLLIN}}
	if len(n.conn.out) > 0 {
		fds[1].Events |= unix.POLLOUT
	}
	if _, err := unix.Poll(fds, -1); err != nil {
		if err == unix.EINTR {
			return nil
		}
		return fmt.Errorf("poll: %w", err)
	}
	if fds[0].Revents != 0 {
		if err := n.orders(); err != nil {
			return err
		}
	}
	if fds[2].Revents != 0 {
		if err := n.cycle(); err != nil {
			return err
		}
	}
	if fds[1].Revents != 0 {
		return n.conn.Receive(n.handle)
	}
	return nil
}

func (n *Node) free() {
	n.unbind()
	for id := range n.peers {
		n.dropPeer(id)
	}
	for id := range n.links {
		n.dropLink(id)
	}
	n.mem.Close()
	n.conn.Close()
}

// unbind lets go of our own activation.
func (n *Node) unbind() {
	if n.own != nil {
		n.own.Free()
		n.own = nil
	}
	if n.wakes >= 0 {
		_ = unix.Close(n.wakes)
		n.wakes = -1
	}
}

func (n *Node) dropPeer(id uint32) {
	if p := n.peers[id]; p != nil {
		p.Free()
		delete(n.peers, id)
	}
}

func (n *Node) hello() {
	n.conn.Send(coreID, coreHello, func(w *Builder) { w.Int(3) })
	n.conn.Send(clientID, clientProperties, func(w *Builder) {
		w.Dict([][2]string{{"application.name", "Alongside"}, {"application.process.id", strconv.Itoa(os.Getpid())}})
	})
	n.conn.Send(coreID, coreGetRegistry, func(w *Builder) {
		w.Int(3)
		w.Int(registryID)
	})
	n.conn.Send(coreID, coreSync, func(w *Builder) {
		w.Int(coreID)
		w.Int(listed)
	})
}

func (n *Node) handle(m *Message) error {
	switch m.Object {
	case coreID:
		n.core(m)
		if m.Opcode == coreError || m.Opcode == coreRemoveID || m.Opcode == coreDone {
			return n.verdict(m)
		}
	case registryID:
		return n.registry(m)
	case nodeID:
		return n.event(m)
	}
	return m.Body.Err
}

// core handles what concerns the connection as a whole.
func (n *Node) core(m *Message) {
	p := m.Body
	switch m.Opcode {
	case coreInfo:
		p.Int()
		p.Int()
		p.Text()
		p.Text()
		n.version = nodeVersion(p.Text())
	case corePing:
		id, seq := p.Int(), p.Int()
		n.conn.Send(coreID, corePong, func(w *Builder) {
			w.Int(id)
			w.Int(seq)
		})
	case coreBoundID:
		if id, global := p.Int(), p.Int(); id == nodeID && p.Err == nil {
			n.global = global
			n.config.Role.Placed(global)
		}
	case coreAddMem:
		id, typ, at := p.Int(), p.ID(), p.Fd()
		if p.Err != nil {
			return
		}
		fd := m.Take(at)
		if fd < 0 {
			p.Fail("the file of a memory")
			return
		}
		if err := n.mem.Add(id, typ, fd); err != nil {
			p.Err = err
		}
	case coreRemoveMem:
		n.mem.Remove(p.Int())
	}
}

// nodeVersion is how a daemon of a version wants nodes to behave: since 1.2 they say
// themselves that they are ready.
func nodeVersion(daemon string) uint32 {
	first, rest, _ := strings.Cut(daemon, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, _ := strconv.Atoi(first)
	minor, _ := strconv.Atoi(second)
	if major > 1 || major == 1 && minor >= 2 {
		return 6
	}
	return 4
}

// verdict handles what may end the node, or lets it begin.
func (n *Node) verdict(m *Message) error {
	p := m.Body
	switch m.Opcode {
	case coreRemoveID:
		if id := p.Int(); id == nodeID && p.Err == nil {
			return fmt.Errorf("%w: the daemon removed it", ErrEnded)
		}
	case coreError:
		id := p.Int()
		p.Int()
		code, text := int32(p.Int()), p.Text()
		if p.Err != nil || id != coreID && id != nodeID {
			return p.Err
		}
		kind := ErrRefused
		if errno := unix.Errno(-code); errno == unix.ENOENT || errno == unix.EPIPE {
			kind = ErrEnded
		}
		return fmt.Errorf("%w: %q (%d)", kind, text, code)
	case coreDone:
		if id, seq := p.Int(), p.Int(); id != coreID || seq != listed || p.Err != nil {
			return p.Err
		}
		if n.config.Target != 0 && !n.found {
			return fmt.Errorf("%w: there is no node %d", ErrEnded, n.config.Target)
		}
		n.create()
	}
	return p.Err
}

func (n *Node) registry(m *Message) error {
	p := m.Body
	switch m.Opcode {
	case registryGlobal:
		if id := p.Int(); id != n.config.Target || id == 0 {
			return nil
		}
		p.Int()
		p.Text()
		p.Int()
		n.found = true
		props := p.Struct()
		for range props.Int() {
			if key, value := props.Text(), props.Text(); key == "object.serial" {
				n.serial = value
			}
			if props.Err != nil {
				return props.Err
			}
		}
	case registryGlobalRemove:
		if id := p.Int(); p.Err == nil && id == n.config.Target && id != 0 {
			return fmt.Errorf("%w: node %d is gone", ErrEnded, id)
		}
	}
	return p.Err
}
