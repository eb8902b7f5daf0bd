package relay

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// handshaker is the connection of a viewer that has not attached yet.
type handshaker interface {
	conn
	readAttach(ctx context.Context) (*wirepb.ViewerAttach, error)
	reply(*wirepb.ViewerReply) error
}

// serve runs a viewer's connection to its end. rep is who is known to be at the
// other end, or nil where only the ticket tells.
func (r *Relay) serve(ctx context.Context, c handshaker, rep *account.Principal) {
	id, v, err := r.greet(ctx, c, rep)
	if err != nil {
		_ = c.reply(&wirepb.ViewerReply{Kind: &wirepb.ViewerReply_Refusal{Refusal: refusal(err)}})
		c.close(refusal(err))
		return
	}
	log := r.conf.Log.With("session", id.String(), "viewer", v.number, "rep", v.rep.ID)
	log.Info("viewer attached")
	stopConn := context.AfterFunc(ctx, func() { v.end(errViewerGone) })
	defer stopConn()
	if signedOut, cancel := r.conf.Ended(v.rep); signedOut != nil {
		defer cancel()
		go func() {
			select {
			case <-signedOut:
				v.end(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN, Detail: "signed out"})
			case <-v.gone.Done():
			}
		}()
	}
	var n counters
	why, whole := r.run(id, v, c, &n)
	r.leave(id, v)
	r.conf.Agents.ViewerDetached(id, v.number)
	f := refusal(why)
	if whole && !errors.Is(why, errViewerGone) {
		if m, err := endMessage(f); err == nil {
			_ = c.write(m, endTimeout)
		}
	}
	c.close(f)
	n.reader.Wait()
	log.Info("viewer gone", "why", why, "to_viewer", n.toViewer.Load(), "to_agent", n.toAgent.Load())
}

func (r *Relay) greet(ctx context.Context, c handshaker, rep *account.Principal) (wire.SessionID, *viewer, error) {
	ctx, cancel := context.WithTimeout(ctx, attachTimeout)
	defer cancel()
	a, err := c.readAttach(ctx)
	if err != nil {
		return wire.SessionID{}, nil, errors.Join(wire.ErrMalformed, err)
	}
	if a.VersionMin > wire.Version || a.VersionMax < wire.VersionMin {
		return wire.SessionID{}, nil, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED, Detail: "reload the page"}
	}
	id, v, err := r.attach(account.Secret(a.Ticket))
	if err != nil {
		return id, nil, err
	}
	if rep != nil && rep.ID != v.rep.ID {
		r.leave(id, v)
		return id, nil, errTicket
	}
	err = c.reply(&wirepb.ViewerReply{Kind: &wirepb.ViewerReply_Accepted{
		Accepted: &wirepb.ViewerAccepted{Version: min(a.VersionMax, wire.Version), Session: id[:], Viewer: v.number},
	}})
	if err != nil {
		r.leave(id, v)
	}
	return id, v, err
}

// run asks the agent for its stream and moves messages.
func (r *Relay) run(id wire.SessionID, v *viewer, c conn, n *counters) (why error, whole bool) {
	if r.conf.Recorder != nil {
		if err := r.conf.Recorder.Admit(v.gone, id, v.rep); err != nil {
			return err, true
		}
		defer r.conf.Recorder.Left(id, v.rep)
	}
	st, err := r.stream(id, v, false)
	if err != nil {
		return err, true
	}
	return r.splice(v, c, st, n)
}

// stream asks the agent for the stream of a viewer and waits for it.
func (r *Relay) stream(id wire.SessionID, v *viewer, recorder bool) (transport.Stream, error) {
	if err := r.conf.Agents.ViewerAttached(id, v.number, v.rep.ID, recorder); err != nil {
		return nil, err
	}
	wait := time.NewTimer(streamTimeout)
	defer wait.Stop()
	select {
	case st := <-v.stream:
		return st, nil
	case <-v.gone.Done():
		return nil, context.Cause(v.gone)
	case <-wait.C:
		return nil, errAgentGone
	}
}

func endMessage(f *wirepb.Refusal) ([]byte, error) {
	p, err := proto.Marshal(f)
	if err != nil {
		return nil, err
	}
	return wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaEnd}, Payload: p}), nil
}
