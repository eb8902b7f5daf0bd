// Package fleet is the endpoints' side of the broker: it enrolls devices, lets in
// those it knows, keeps who is online, and carries control messages. What the
// messages mean for a support session is package desk's.
package fleet

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times and bounds of a link.
const (
	// Heartbeat is how often an agent gives a sign of life. The transport notices
	// a dead path in 15 s by itself; this notices a hung agent.
	Heartbeat = 15 * time.Second
	// silentBeats is how many heartbeats may be missed.
	silentBeats = 3
	// helloTimeout is for the first message.
	helloTimeout = 10 * time.Second
	// refusalLinger is how long a refused peer may take to read why.
	refusalLinger = time.Second
	// enrolledLinger is how long a device may take to read that it is enrolled, on
	// a path that loses the answer twice; it closes the link once it has.
	enrolledLinger = 10 * time.Second
	// dismissLinger is how long the client of a session that is over may take to read
	// so and to send its account of it; it closes the link once it has.
	dismissLinger = 10 * time.Second
	// revocationCheck is how often revocations are looked for that came by the
	// command line; those by the console cut at once.
	revocationCheck = time.Second
	// sendQueue bounds control messages to an agent: a few per session and
	// viewer. An agent that leaves more unread is cut.
	sendQueue = 64
	// messageRate bounds what one agent can make the broker write: a person
	// typing, a screen that changes its state.
	messageRate  = 10
	messageBurst = 60
	// refusalRate and refusalBurst bound how much unknown peers of one address
	// can write into the audit log; beyond, they are told to come back.
	refusalEvery = 10 * time.Second
	refusalBurst = 30
	// trialEvery and trialBurst bound what one device can write there of versions that it
	// tried: a trial takes minutes. What is left out comes again with its next link.
	trialEvery   = time.Minute
	trialBurst   = 8
	busyRetry    = 30 * time.Second
	writeTimeout = 10 * time.Second
	// returnRate is how many agents a second are sent back to a broker that
	// restarts. A link costs it 2 ms of processor time: less than half a core, and
	// 10,000 are back in a minute. All at once they would time out and try again,
	// which takes longer than coming one after the other.
	returnRate = 200
)

// Acceptor gives finished links; transport.Server is one.
type Acceptor interface {
	Accept(ctx context.Context) (transport.Link, error)
}

// Handler gets what is about support sessions. Calls about one device come one
// after the other, Connected first; Lost may come at the same time as the
// Connected of a newer link.
type Handler interface {
	// Connected tells that a device is online and which sessions it still has.
	Connected(device store.Device, active []wire.SessionID)
	// Lost tells that a device's link is gone. It may be back already.
	Lost(device string)
	// Message is one control message about a session.
	Message(device store.Device, m *wirepb.AgentMessage)
	// Media is a media stream, to be owned from now on.
	Media(device string, id wire.SessionID, viewer uint32, st transport.Stream)
	// File is the stream of a transfer, to be owned from now on.
	File(device string, id wire.SessionID, transfer uint32, st transport.Stream)
}

// Config is what a fleet needs.
type Config struct {
	Store        *store.Store
	Audit        account.Log
	Hub          *live.Hub
	Log          *slog.Logger
	Now          func() time.Time
	Organisation func() string
	GrantKey     ed25519.PublicKey
	Heartbeat    time.Duration // 0: the constant
}

// Fleet is the endpoints. Its methods may be called from any goroutine.
type Fleet struct {
	conf     Config
	refusals *account.Limiter // by address
	trials   *account.Limiter // by device
	work     sync.WaitGroup

	mu     sync.Mutex
	online map[string]*conn
}

// New makes a fleet without endpoints.
func New(c Config) *Fleet {
	if c.Heartbeat == 0 {
		c.Heartbeat = Heartbeat
	}
	return &Fleet{
		conf: c, refusals: account.NewLimiter(refusalEvery, refusalBurst), trials: account.NewLimiter(trialEvery, trialBurst), online: make(map[string]*conn),
	}
}

// Serve lets endpoints in until ctx ends or a has no more. It returns when every
// link has ended.
func (f *Fleet) Serve(ctx context.Context, a Acceptor, h Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer f.work.Wait()
	f.work.Go(func() { f.watchRevocations(ctx) })
	for {
		l, err := a.Accept(ctx)
		if err != nil {
			cancel(err)
			if errors.Is(err, transport.ErrClosed) || ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept agent: %w", err)
		}
		f.work.Go(func() {
			stop := context.AfterFunc(ctx, func() {
				l.Close(&transport.RetryError{After: busyRetry, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN}})
			})
			run := f.greet(ctx, l, h)
			if run == nil {
				stop()
				return
			}
			// On a goroutine of its own: looking a device up needs a deep stack,
			// which a link would keep for all its life.
			f.work.Go(func() {
				defer stop()
				run()
			})
		})
	}
}

// greet hears what a new link wants. It returns what is to be done for the rest
// of the link's life, or nil when it has ended.
func (f *Fleet) greet(ctx context.Context, l transport.Link, h Handler) (run func()) {
	info := l.Info()
	log := f.conf.Log.With("remote", info.Remote, "transport", info.Transport)
	timer := time.AfterFunc(helloTimeout, func() {
		l.Close(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Detail: "no hello in time"})
	})
	defer timer.Stop()
	st, p, err := l.Accept(ctx)
	if err != nil {
		log.Debug("link ended before its hello", "cause", err)
		l.Close(err)
		return nil
	}
	m := new(wirepb.AgentMessage)
	if p.Type != wire.StreamControl {
		err = fmt.Errorf("%w: the first stream is not for control", wire.ErrMalformed)
	} else {
		err = wire.ReadControl(st, m)
	}
	timer.Stop()
	switch {
	case err != nil:
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "bad first message")
	case m.GetHello() != nil:
		var d store.Device
		if d, err = f.known(ctx, l, m.GetHello()); err == nil {
			return func() { f.run(ctx, l, st, d, m.GetHello(), h, log.With("device", d.ID)) }
		}
	case m.GetEnroll() != nil:
		var answer *wirepb.Enrolled
		if answer, err = f.enroll(ctx, l, m.GetEnroll()); err == nil {
			_ = wire.WriteControl(st, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Enrolled{Enrolled: answer}})
			f.linger(l, st, enrolledLinger, nil)
			return nil
		}
	case m.GetForget() != nil:
		if err = f.forget(ctx, l, m.GetForget()); err == nil {
			_ = wire.WriteControl(st, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Forgotten{Forgotten: &wirepb.Forgotten{}}})
			f.linger(l, st, enrolledLinger, nil)
			return nil
		}
	default:
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "the first message is neither hello nor enroll nor forget")
	}
	err = f.refused(l, err, log)
	_ = wire.WriteControl(st, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Refusal{Refusal: refusal(err)}})
	f.linger(l, st, refusalLinger, err)
	return nil
}

// linger lets the peer read the last message and ends the link.
func (f *Fleet) linger(l transport.Link, st transport.Stream, d time.Duration, why error) {
	_ = st.Close()
	select {
	case <-l.Done():
	case <-time.After(d):
	}
	l.Close(why)
}

// refused writes the one audit record of a refusal and returns what the peer is
// told.
func (f *Fleet) refused(l transport.Link, err error, log *slog.Logger) error {
	var ce *wire.CodeError
	if !errors.As(err, &ce) {
		log.Error("cannot tell whether the device may connect", "error", err)
		return &transport.RetryError{After: busyRetry, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY}}
	}
	log.Info("agent refused", "code", wire.CodeName(ce.Code), "pin", l.Peer().String())
	if !f.refusals.Allow(account.Prefix(l.Info().Remote), f.conf.Now()) {
		return &transport.RetryError{After: busyRetry, Err: &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY}}
	}
	r := store.Record{
		At: f.conf.Now(), Actor: "key:" + l.Peer().String(), Action: "device.refused", Object: "key:" + l.Peer().String(),
		Result: wire.CodeName(ce.Code), Detail: "from " + account.Prefix(l.Info().Remote) + " " + ce.Detail,
	}
	if _, err := f.conf.Audit.Append(context.Background(), r); err != nil {
		log.Error("refusal not recorded", "error", err)
	}
	return err
}

func refusal(err error) *wirepb.Refusal {
	r := &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	var ce *wire.CodeError
	if errors.As(err, &ce) {
		r.Code, r.Detail = ce.Code, ce.Detail
	}
	var re *transport.RetryError
	if errors.As(err, &re) {
		r.RetryAfterMs = uint32(re.After.Milliseconds())
	}
	return r
}

func newMessageLimiter() *rate.Limiter { return rate.NewLimiter(messageRate, messageBurst) }

// ok is the result of what was done.
const ok = audit.OK
