package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	// resumeWait is how long content waits for an endpoint whose link is lost: as long as
	// its session does, and the endpoint itself.
	resumeWait = 2 * time.Minute
	// retryEvery is how often it is looked whether the endpoint is back.
	retryEvery = 250 * time.Millisecond
	// streamTimeout is for the endpoint to open a stream and to begin.
	streamTimeout = 15 * time.Second
	// browserWait is how long a browser may give or take nothing.
	browserWait = time.Minute
	// endpointWait is how long an endpoint may say nothing while its stream stands.
	endpointWait = time.Minute
	// lingerTime is how long an endpoint may take to read the last message.
	lingerTime = time.Second
)

var (
	errAway  = errors.New("the endpoint is away")
	errLost  = errors.New("the endpoint's stream has ended")
	errStill = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, Detail: "the endpoint says nothing"}
	errBegin = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Detail: "message out of place on the stream of a file"}
	errDiffs = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED}
)

// take begins the content of a transfer, for the browser of the rep who wants it.
func (b *Book) take(p account.Principal, id string, to wirepb.FileDirection) (*transfer, error) {
	t := b.find(func(t *transfer) bool { return t.ID == id && t.By == p.ID && t.Direction == to })
	if t == nil {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN, "no such transfer of yours")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.over:
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN, "the transfer is over")
	case t.State != desk.FileAgreed:
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "it is not its turn")
	}
	t.State, t.Done = desk.FileRunning, 0
	t.stopWaiting()
	return t, nil
}

// open has the endpoint open the stream of a transfer, and reads how it begins. It tries
// again as long as the endpoint is away.
func (b *Book) open(t *transfer, offset uint64, sum []byte) (transport.Stream, *wirepb.FileMessage, error) {
	until := time.Now().Add(resumeWait)
	for {
		st, first, err := b.openOnce(t, offset, sum)
		if err == nil {
			return st, first, nil
		}
		if t.life.Err() != nil {
			return nil, nil, context.Cause(t.life)
		}
		if time.Now().After(until) {
			return nil, nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, "the endpoint was away for too long")
		}
		wait := time.NewTimer(retryEvery)
		select {
		case <-wait.C:
		case <-t.life.Done():
			wait.Stop()
			return nil, nil, context.Cause(t.life)
		}
	}
}

func (b *Book) openOnce(t *transfer, offset uint64, sum []byte) (transport.Stream, *wirepb.FileMessage, error) {
	s, err := b.conf.Desk().Get(t.life, t.session)
	switch {
	case err != nil:
		return nil, nil, err
	case !s.Connected:
		return nil, nil, errAway
	}
	select {
	case late := <-t.stream:
		late.Reset()
	default:
	}
	if err := b.conf.Agents.Send(t.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_FileOpen{FileOpen: &wirepb.FileOpen{
		Session: t.session[:], Transfer: t.number, Offset: offset, Sha256: sum,
	}}}); err != nil {
		return nil, nil, err
	}
	wait := time.NewTimer(streamTimeout)
	defer wait.Stop()
	select {
	case st := <-t.stream:
		late := time.AfterFunc(streamTimeout, st.Reset)
		defer late.Stop()
		stop := context.AfterFunc(t.life, st.Reset)
		defer stop()
		first := new(wirepb.FileMessage)
		if err := wire.ReadControl(st, first); err != nil {
			st.Reset()
			return nil, nil, err
		}
		return st, first, nil
	case <-wait.C:
		return nil, nil, errLost
	case <-t.life.Done():
		return nil, nil, context.Cause(t.life)
	}
}

// say writes a message to the endpoint.
func say(st transport.Stream, m *wirepb.FileMessage) error {
	_ = st.SetWriteDeadline(time.Now().Add(browserWait))
	if err := wire.WriteControl(st, m); err != nil {
		return errLost
	}
	return nil
}

// hear reads what the endpoint says next.
func hear(st transport.Stream) (*wirepb.FileMessage, error) {
	still := time.AfterFunc(endpointWait, st.Reset)
	m := new(wirepb.FileMessage)
	err := wire.ReadControl(st, m)
	switch {
	case !still.Stop():
		return nil, errStill
	case err != nil:
		return nil, errLost
	}
	return m, nil
}

// arrived notes how much of a transfer has arrived, and tells browsers now and then.
func (b *Book) arrived(t *transfer, offset uint64) {
	b.mu.Lock()
	t.Done = offset
	news := time.Since(t.told) >= newsEvery
	if news {
		t.told = time.Now()
	}
	b.mu.Unlock()
	if news {
		b.publish(t)
	}
}

// endOf is what the end of a file says went wrong.
func endOf(e *wirepb.FileEnd) error {
	if e.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return wire.Refuse(e.Code, e.Detail)
	}
	return nil
}
