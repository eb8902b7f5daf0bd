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
//	   ▲                │No           │the person ends it
//	   └─────Drop───────┴──▶ denied ◀─┘
type Desktop struct {
	Options
	mu  sync.Mutex
	try *try
}

// try is one time that the person is asked, and what comes of it.
type try struct {
	cancel   context.CancelFunc
	answered chan struct{}
	over     chan struct{}

	// Of Desktop.mu.
	session *Session
	err     error // why there is none, or none any more
}

// New makes a Desktop. It asks nobody yet.
func New(o Options) *Desktop { return &Desktop{Options: o} }

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
	if d.try != nil && (d.try.err == nil || errors.Is(d.try.err, ErrDenied)) {
		return d.try
	}
	ctx, cancel := context.WithCancel(context.Background())
	t := &try{cancel: cancel, answered: make(chan struct{}), over: make(chan struct{})}
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
	answer := func(s *Session, err error) error {
		d.mu.Lock()
		t.session, t.err = s, err
		d.mu.Unlock()
		close(t.answered)
		return err
	}
	b, err := connect(ctx)
	if err != nil {
		return answer(nil, err)
	}
	defer b.close()
	path, closed, results, err := begin(ctx, b, d.token())
	if path != "" {
		defer b.tell(path, sessionFace+".Close")
	}
	var list []Stream
	if err == nil {
		list, err = streams(results)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: nobody wants it any more", ErrLost)
		}
		return answer(nil, err)
	}
	d.remember(results)
	s := &Session{Streams: list, bus: b, path: path, over: make(chan struct{}), spent: make(chan struct{}, 1)}
	_ = answer(s, nil)
	err = d.last(ctx, s, closed)
	d.mu.Lock()
	t.err, s.err = err, err
	d.mu.Unlock()
	close(s.over)
	return err
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

// remember keeps what the portal wants to be shown next time.
func (d *Desktop) remember(results map[string]dbus.Variant) {
	var token string
	if v, ok := results["restore_token"]; ok {
		_ = v.Store(&token)
	}
	d.keep(token)
}
