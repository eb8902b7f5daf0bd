package ipc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of the local endpoint.
const (
	// maxLocal is the largest request in bytes. The real ones have two.
	maxLocal = 256
	// localTimeout is how long a program may take to send its request and to
	// read the answer; a local one needs microseconds.
	localTimeout = 2 * time.Second
	// maxLocalConns is how many programs are served at a time. More wait in the
	// system's backlog for at most localTimeout.
	maxLocalConns = 8
)

// Errors of the local endpoint.
var (
	ErrUnsupported   = errors.New("local endpoint unsupported on this system")
	ErrEndpointInUse = errors.New("local endpoint in use") // another instance of the service runs
	ErrNoService     = errors.New("service not running")   // start it
	ErrForbidden     = errors.New("caller forbidden")      // not the user whose service this is
	ErrNotAVerb      = errors.New("not a verb of the local endpoint")
	ErrUnavailable   = errors.New("unavailable") // the service cannot do it now
)

// Peer is who the system says is at the other end.
type Peer struct {
	UID uint32
	PID int32
}

// LocalHandler does what the two verbs ask for. It is called from many goroutines.
type LocalHandler interface {
	// Allow decides whether this user may use the endpoint at all.
	Allow(p Peer) bool
	// Open shows the request form to the user; or the user has used the Support
	// Button of that id.
	Open(ctx context.Context, p Peer, button []byte) error
	// Status is what `alongside status` prints.
	Status(ctx context.Context, p Peer) (*ipcpb.TrayStatus, error)
}

// Endpoint is the one named endpoint on the machine. It has two verbs and
// refuses everything else: no consent, no grant and no session passes here.
type Endpoint struct {
	l   *net.UnixListener
	h   LocalHandler
	log *slog.Logger
}

// Listen makes the endpoint at path, whose directory it makes (mode 0711) or
// checks: owned by this user, writable by nobody else, no link. A socket that a
// dead instance left is replaced; a living one is ErrEndpointInUse.
func Listen(path string, h LocalHandler, log *slog.Logger) (*Endpoint, error) {
	l, err := listen(path)
	if err != nil {
		return nil, fmt.Errorf("local endpoint: %w", err)
	}
	return &Endpoint{l: l, h: h, log: log}, nil
}

// Serve answers until ctx ends, then closes the endpoint, removes its socket
// and waits for the last answer.
func (e *Endpoint) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = e.l.Close() })
	defer stop()
	defer func() { _ = e.l.Close() }()
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, maxLocalConns)
	for {
		c, err := e.l.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("local endpoint: %w", err)
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			defer func() { _ = c.Close() }()
			e.answer(ctx, c)
		})
	}
}

func (e *Endpoint) answer(ctx context.Context, c *net.UnixConn) {
	_ = c.SetDeadline(time.Now().Add(localTimeout))
	p, err := peerOf(c)
	if err != nil {
		e.log.Warn("local caller has no identity", "err", err)
		return
	}
	log := e.log.With("uid", p.UID, "pid", p.PID)
	res := &ipcpb.LocalResponse{Ok: true}
	if err := e.do(ctx, c, p, res); err != nil {
		log.Warn("local call refused", "err", err)
		res = &ipcpb.LocalResponse{Error: err.Error(), Code: localCode(err)}
	}
	if err := New(c, c).Send(res); err != nil {
		log.Debug("local answer lost", "err", err)
		return
	}
	// What a refused caller still sends would make the system drop the answer
	// with the connection: hang up in order.
	_ = c.CloseWrite()
	_, _ = c.Read(make([]byte, maxLocal))
}

func (e *Endpoint) do(ctx context.Context, c *net.UnixConn, p Peer, res *ipcpb.LocalResponse) error {
	if !e.h.Allow(p) { // before a byte of theirs is read
		return fmt.Errorf("%w: uid %d", ErrForbidden, p.UID)
	}
	req := &ipcpb.LocalRequest{}
	if err := readLocal(c, req); err != nil {
		return err
	}
	switch v := req.Kind.(type) {
	case *ipcpb.LocalRequest_Open:
		return e.h.Open(ctx, p, v.Open.GetButton())
	case *ipcpb.LocalRequest_Status:
		s, err := e.h.Status(ctx, p)
		res.Status = s
		return err
	}
	return ErrNotAVerb
}

// readLocal reads one request. It is stricter than Receive: the pipes' other
// messages share field numbers with the verbs, so a request with anything in it
// that a verb does not have is not that verb.
func readLocal(c *net.UnixConn, req *ipcpb.LocalRequest) error {
	t, n, err := readHead(c, maxLocal)
	if err != nil {
		return err
	}
	if t != FrameMessage {
		return fmt.Errorf("%w: frame type %d", ErrNotAVerb, t)
	}
	b := make([]byte, n)
	if err := readBody(c, b); err != nil {
		return err
	}
	if err := proto.Unmarshal(b, req); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	unknown := len(req.ProtoReflect().GetUnknown())
	if v := req.GetOpen(); v != nil {
		unknown += len(v.ProtoReflect().GetUnknown())
	}
	if v := req.GetStatus(); v != nil {
		unknown += len(v.ProtoReflect().GetUnknown())
	}
	if unknown > 0 {
		return ErrNotAVerb
	}
	return nil
}

func localCode(err error) wirepb.ErrorCode {
	switch {
	case errors.Is(err, ErrForbidden):
		return wirepb.ErrorCode_ERROR_CODE_FORBIDDEN
	case errors.Is(err, ErrNotAVerb), errors.Is(err, ErrMalformed):
		return wirepb.ErrorCode_ERROR_CODE_MALFORMED
	case errors.Is(err, ErrUnavailable):
		return wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE
	default:
		return wirepb.ErrorCode_ERROR_CODE_INTERNAL
	}
}

// Call sends one request to the service of path and returns its answer. A
// refusal is an error that wraps ErrForbidden, ErrNotAVerb or ErrUnavailable;
// nobody there is ErrNoService.
func Call(ctx context.Context, path string, req *ipcpb.LocalRequest) (*ipcpb.LocalResponse, error) {
	c, err := dial(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(localTimeout))
	conn := New(c, c)
	if err := conn.Send(req); err != nil {
		return nil, fmt.Errorf("local request: %w", err)
	}
	res := &ipcpb.LocalResponse{}
	if _, _, err := conn.Receive(res); err != nil {
		return nil, fmt.Errorf("local answer: %w", err)
	}
	if res.Ok {
		return res, nil
	}
	switch res.Code {
	case wirepb.ErrorCode_ERROR_CODE_FORBIDDEN:
		err = ErrForbidden
	case wirepb.ErrorCode_ERROR_CODE_MALFORMED:
		err = ErrNotAVerb
	case wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE:
		err = ErrUnavailable
	default:
		return nil, fmt.Errorf("service: %s", res.Error)
	}
	return nil, fmt.Errorf("service: %w (%s)", err, res.Error)
}
