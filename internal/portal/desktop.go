package portal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
)

// farewell is how long after the end of a stream the portal may say that the person
// ended it. It is not asked again before.
const farewell = time.Second

// Options configure New.
type Options struct {
	Log   *slog.Logger // required
	Token string       // the file that remembers a Yes for the desktop; empty: none
}

// Desktop has at most one session with the portal. Its methods may be called from
// any goroutine.
//
//	nothing ─Share─▶ asking ─Yes─▶ shared ─spent, lost─▶ nothing
//	   ▲                │No, nonsense │the person ends it
//	   └─────Drop───────┴──▶ final ◀──┘
type Desktop struct {
	Options
	mu      sync.Mutex
	try     *try
	control bool
}

// try is one time that the person is asked, and what comes of it.
type try struct {
	control  bool // the person is asked for devices, too
	cancel   context.CancelFunc
	answered chan struct{}
	over     chan struct{}

	// Of Desktop.mu.
	session *Session
	err     error // why there is none, or none any more
	final   bool  // err is an answer, which only Drop forgets
}

// New makes a Desktop. It asks nobody yet.
func New(o Options) *Desktop { return &Desktop{Options: o} }

// SetControl says whether the next session is to have devices, as far as the portal has
// them. A question that is open and asks for something else is taken back, and asked
// anew by the next Share; a session goes on as it is.
func (d *Desktop) SetControl(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.control = on
	if t := d.try; t != nil && t.control != on && t.session == nil && t.err == nil {
		t.cancel()
	}
}

// Shared gives the session that there is. It neither asks nor waits: ErrAsking is for
// both who was not asked and who has not answered.
func (d *Desktop) Shared() (*Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch t := d.try; {
	case t == nil:
		return nil, fmt.Errorf("%w: the person, once the screen is shown", ErrAsking)
	case t.err != nil:
		return nil, t.err
	case t.session == nil:
		return nil, fmt.Errorf("%w: the person has not answered", ErrAsking)
	default:
		return t.session, nil
	}
}

// Idle says that nothing was asked since the last Drop.
func (d *Desktop) Idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.try == nil
}

// Share gives the session, and has the person asked where there is none. It waits for
// their answer no longer than ctx lasts, and says ErrAsking then.
func (d *Desktop) Share(ctx context.Context) (*Session, error) {
	t := d.current()
	select {
	case <-t.answered:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: the person has not answered", ErrAsking)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.err != nil {
		return nil, t.err
	}
	return t.session, nil
}

// current is the try that goes on, or a new one.
func (d *Desktop) current() *try {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.try != nil && (d.try.err == nil || d.try.final) {
		return d.try
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &try{control: d.control, cancel: cancel, answered: make(chan struct{}), over: make(chan struct{})}
	old := d.try
	d.try = t
	go func() {
		defer close(t.over)
		defer cancel()
		if old != nil {
			<-old.over
		}
		err := d.run(ctx, t)
		d.Log.Debug("portal session over", "err", err)
	}()
	return t
}

// Drop ends the session, or the desktop's question if that is still open, waits for
// it, and forgets a No.
func (d *Desktop) Drop() {
	d.mu.Lock()
	t := d.try
	d.try = nil
	d.mu.Unlock()
	if t != nil {
		t.cancel()
		<-t.over
	}
}

// run is a try from the question to its end.
func (d *Desktop) run(ctx context.Context, t *try) error {
	opened := false
	answer := func(s *Session, err error) error {
		d.mu.Lock()
		t.session, t.err = s, err
		// Whatever came of a window that was open: nobody is shown one again and again.
		t.final = errors.Is(err, ErrDenied) || opened && errors.Is(err, ErrUnsupported)
		d.mu.Unlock()
		close(t.answered)
		return err
	}
	b, err := connect(ctx)
	if err != nil {
		return answer(nil, err)
	}
	defer b.close()
	q, results, err := d.ask(ctx, b, t.control)
	if q != nil {
		defer q.close()
		opened = q.opened
	}
	var s *Session
	if err == nil {
		s, err = q.agreement(results)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: nobody wants it any more", ErrLost)
		}
		return answer(nil, err)
	}
	d.keep(q.devices, tokenOf(results))
	_ = answer(s, nil)
	err = d.last(ctx, s, q.closed)
	d.mu.Lock()
	t.err, s.err, t.final = err, err, errors.Is(err, ErrDenied)
	d.mu.Unlock()
	close(s.over)
	return err
}

// ask asks the person. Where a portal has devices and yet none are to be had, they are
// asked for the screen alone. The question is to be closed also beside an error.
func (d *Desktop) ask(ctx context.Context, b *bus, control bool) (*question, map[string]dbus.Variant, error) {
	quick, cancel := context.WithTimeout(ctx, callLimit)
	offer, err := b.look(quick)
	cancel()
	if err != nil {
		return nil, nil, err
	}
	q := &question{bus: b, offer: offer}
	if control {
		q.devices = offer.Devices()
	}
	q.token = d.token(q.devices)
	results, err := q.ask(ctx)
	if q.devices != 0 && !q.opened && errors.Is(err, ErrUnsupported) {
		d.Log.Warn("the portal gives no devices", "err", err)
		q.close()
		q = &question{bus: b, offer: offer, token: d.token(0)}
		results, err = q.ask(ctx)
	}
	return q, results, err
}

// last waits for the end of a session and says why it came. What the person ended is
// not begun again without them.
func (d *Desktop) last(ctx context.Context, s *Session, closed <-chan struct{}) error {
	spent := false
	var late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: nobody wants it any more", ErrLost)
		case <-closed:
			d.forget()
			return fmt.Errorf("%w: the person ended it", ErrDenied)
		case <-s.bus.gone:
			return fmt.Errorf("%w: the portal or the bus is gone", ErrLost)
		case <-late:
			return fmt.Errorf("%w: its streams have ended", ErrLost)
		case <-s.spent:
			if !spent {
				spent, late = true, time.After(farewell)
			}
		}
	}
}
