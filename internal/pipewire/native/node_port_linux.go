package native

import (
	"fmt"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	nodeUpdate     = 2
	nodePortUpdate = 3
	nodeSetActive  = 4

	nodeTransport     = 0
	nodeSetIO         = 2
	nodeCommand       = 4
	nodePortSetParam  = 7
	nodeUseBuffers    = 8
	nodePortSetIO     = 9
	nodeSetActivation = 10

	commandStart = 2

	// Of the clock in the position of a graph.
	ioPosition = 7
	clockID    = 4
	clockHead  = 8

	updateParams = 1
	updateInfo   = 2

	paramSerial = 1
	paramRead   = 2
	paramWrite  = 4

	// LinksLimit and peersLimit bound what the daemon makes us keep.
	LinksLimit = 16
	peersLimit = 64
)

// How an exchange is, and what a cycle results in.
const (
	NeedData = 1
	HaveData = 2
)

// IOBuffers is the kind of an exchange, ExchangeSize its size.
const (
	IOBuffers    = 1
	ExchangeSize = 8
)

// Exchange is where the two ends of a link give each other buffers.
type Exchange struct{ region *Region }

// Get is how it stands and the buffer there.
func (x *Exchange) Get() (status, id uint32) {
	return atomic.LoadUint32(x.word(0)), atomic.LoadUint32(x.word(4))
}

// Set puts a buffer there.
func (x *Exchange) Set(status, id uint32) {
	atomic.StoreUint32(x.word(4), id)
	atomic.StoreUint32(x.word(0), status)
}

func (x *Exchange) word(at int) *uint32 { return x.region.atomic32(at) }

func (n *Node) direction() uint32 {
	if n.config.Output {
		return 1
	}
	return 0
}

// create makes the node, once the daemon is known.
func (n *Node) create() {
	if n.running {
		return
	}
	n.running = true
	props := n.config.Properties
	if n.config.Target != 0 {
		props = append(props, [2]string{"node.target", strconv.FormatUint(uint64(n.config.Target), 10)})
		if n.serial != "" {
			props = append(props, [2]string{"target.object", n.serial})
		}
	}
	n.conn.Send(coreID, coreCreate, func(w *Builder) {
		w.String("client-node")
		w.String("PipeWire:Interface:ClientNode")
		w.Int(n.version)
		w.Dict(props)
		w.Int(nodeID)
	})
	n.conn.Send(nodeID, nodeUpdate, func(w *Builder) {
		w.Int(updateInfo)
		w.Int(0)
		w.Struct(func() {
			w.Int(1 - n.direction())
			w.Int(n.direction())
			w.Long(1) // the flags
			w.Long(1) // it is quick
			w.Int(0)
			w.Int(0)
		})
	})
	n.tellPort()
	n.conn.Send(nodeID, nodeSetActive, func(w *Builder) { w.Bool(true) })
}

// tellPort says what the port can do. Once there is a format, it has the rest.
func (n *Node) tellPort() {
	const flags, params = 1, 8
	var agreed uint32
	if n.agreed {
		agreed = paramRead
	}
	n.conn.Send(nodeID, nodePortUpdate, func(w *Builder) {
		w.Int(n.direction())
		w.Int(0)
		w.Int(updateParams | updateInfo)
		w.Int(uint32(len(n.params)))
		for _, p := range n.params {
			w.Raw(p)
		}
		w.Struct(func() {
			w.Long(flags | params)
			w.Long(0)
			w.Int(0)
			w.Int(1)
			w.Int(0)
			w.Int(5)
			for _, p := range []struct{ id, flags uint32 }{
				{ParamEnumFormat, paramRead | n.turn}, {ParamFormat, paramWrite | agreed}, {ParamBuffers, agreed}, {ParamMeta, agreed}, {ParamIO, agreed},
			} {
				w.ID(p.id)
				w.Int(p.flags)
			}
		})
	})
}

func (n *Node) event(m *Message) error {
	p := m.Body
	switch m.Opcode {
	case nodeTransport:
		return n.bind(m)
	case nodeSetIO:
		return n.follow(p)
	case nodeCommand:
		_, command, err := p.Next().Object(func(uint32, Pod) {})
		if err != nil {
			return err
		}
		n.command(command)
	case nodePortSetParam:
		return n.setParam(p)
	case nodeUseBuffers:
		p.Int()
		p.Int()
		link := p.Int()
		p.Int()
		count := p.Int()
		if p.Err != nil {
			return p.Err
		}
		return n.config.Role.Buffers(link, count, p, n.mem)
	case nodePortSetIO:
		return n.setIO(p)
	case nodeSetActivation:
		return n.peer(m)
	}
	return p.Err
}

// bind takes our own activation, and the event that wakes us.
func (n *Node) bind(m *Message) error {
	p := m.Body
	read, write, id, offset, size := p.Fd(), p.Fd(), p.Int(), p.Int(), p.Int()
	if p.Err != nil {
		return p.Err
	}
	n.unbind()
	wakes, back := m.Take(read), m.Take(write)
	if wakes < 0 || back < 0 {
		closeFiles([]int{wakes, back})
		return fmt.Errorf("%w: a transport without its files", ErrProtocol)
	}
	n.wakes = wakes
	if err := unix.SetNonblock(wakes, true); err != nil {
		closeFiles([]int{back})
		return err
	}
	own, err := NewActivation(n.mem, id, offset, size, back)
	if err != nil {
		closeFiles([]int{back})
		return err
	}
	own.join()
	n.own = own
	return nil
}

// follow takes the clock of the node that drives ours now. It is told apart by its
// number, and does not count on us before we have taken it.
func (n *Node) follow(p *Parser) error {
	kind, id, offset, size := p.ID(), p.Int(), p.Int(), p.Int()
	if p.Err != nil || kind != ioPosition || n.own == nil {
		return p.Err
	}
	if id == InvalidID {
		n.own.follow(InvalidID)
		return nil
	}
	if offset%8 != 0 || size < clockHead {
		return fmt.Errorf("%w: a clock of %d bytes at %d", ErrProtocol, size, offset)
	}
	r, err := n.mem.Map(id, offset, size, false)
	if err != nil {
		return err
	}
	defer r.Free()
	n.own.follow(atomic.LoadUint32(r.atomic32(clockID)))
	return nil
}

func (n *Node) command(c uint32) {
	if n.own == nil {
		return
	}
	if c == commandStart {
		n.own.start()
		return
	}
	if n.own.stop() {
		n.triggerPeers()
	}
}

func (n *Node) setParam(p *Parser) error {
	p.Int()
	p.Int()
	id := p.ID()
	p.Int()
	value := p.Next()
	if p.Err != nil || id != ParamFormat {
		return p.Err
	}
	agreed := &value
	if value.typ == TypeNone {
		agreed = nil
	}
	var err error
	n.agreed = agreed != nil
	if n.params, err = n.config.Role.Format(agreed); err != nil {
		return err
	}
	n.tellPort()
	return nil
}

func (n *Node) setIO(p *Parser) error {
	p.Int()
	p.Int()
	link, kind, id, offset, size := p.Int(), p.ID(), p.Int(), p.Int(), p.Int()
	if p.Err != nil || kind != IOBuffers {
		return p.Err
	}
	n.dropLink(link)
	if id == InvalidID {
		return nil
	}
	if offset%8 != 0 || size < ExchangeSize || len(n.links) >= LinksLimit {
		return fmt.Errorf("%w: an exchange of %d bytes at %d, after %d others", ErrProtocol, size, offset, len(n.links))
	}
	r, err := n.mem.Map(id, offset, size, true)
	if err != nil {
		return err
	}
	n.links[link] = &Exchange{r}
	return nil
}

func (n *Node) dropLink(id uint32) {
	if x := n.links[id]; x != nil {
		x.region.Free()
		delete(n.links, id)
	}
}

// peer takes the activation of a node that waits for ours.
func (n *Node) peer(m *Message) error {
	p := m.Body
	node, at, id, offset, size := p.Int(), p.Fd(), p.Int(), p.Int(), p.Int()
	if p.Err != nil {
		return p.Err
	}
	n.dropPeer(node)
	if id == InvalidID || node == n.global && n.global != 0 {
		return nil
	}
	fd := m.Take(at)
	if fd < 0 || len(n.peers) >= peersLimit {
		closeFiles([]int{fd})
		return fmt.Errorf("%w: an activation without its file, after %d others", ErrProtocol, len(n.peers))
	}
	a, err := NewActivation(n.mem, id, offset, size, fd)
	if err != nil {
		closeFiles([]int{fd})
		return err
	}
	n.peers[node] = a
	return nil
}

// cycle is our turn in the graph.
func (n *Node) cycle() error {
	if !drain(n.wakes) || n.own == nil || !n.own.begin() {
		return nil
	}
	result, err := n.config.Role.Cycle(n.links)
	if n.own.end(result) {
		n.triggerPeers()
	}
	return err
}

func (n *Node) triggerPeers() {
	for _, p := range n.peers {
		p.Trigger()
	}
}
