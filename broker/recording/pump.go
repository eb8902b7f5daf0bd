package recording

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// How often a recording gets an epoch, from which playing may start.
const (
	// keyEvery is when something has changed since the last one.
	keyEvery = 30 * time.Second
	// keyBytes of updates since then take about as long to decode as a seek may;
	// then it is sooner, but not before keyLeast, for an epoch is a whole picture.
	keyBytes = 1 << 20
	keyLeast = 5 * time.Second
	// keyPatience is how long one that was asked for is waited for.
	keyPatience = 10 * time.Second
	// tickEvery is how often segments and epochs are looked after. Together with
	// segmentTime it is five seconds.
	tickEvery = 500 * time.Millisecond
)

// CacheBytes is what the recorder tells the endpoint that it keeps for cached tiles,
// so every player of the recording keeps as much: this package's and, as
// recordedCacheBytes, the console's. A rep's viewer keeps more; a player begins
// anew with every seek, and what is kept longer than between two epochs is never
// painted again.
const CacheBytes = 32 << 20

// pump moves one stream of updates to the tape: one goroutine reads and writes
// down, another one answers and looks after the time.
type pump struct {
	t    *take
	feed io.ReadWriteCloser
	bell chan struct{} // something was written

	mu     sync.Mutex
	credit credit
	asked  time.Time // for an epoch; zero: not since the last one came
	key    time.Time // when the last epoch came
	since  int       // bytes of updates since then
	newer  bool      // something came after the epoch's first update
	base   uint32    // is added to the stream's epochs
	epoch  uint32    // of the stream, the last one
}

func newPump(t *take, feed io.ReadWriteCloser) *pump {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &pump{t: t, feed: feed, bell: make(chan struct{}, 1), base: t.tape.index.Epoch}
}

// run returns why it ended. The feed is closed.
func (p *pump) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ctx, func() { _ = p.feed.Close() })
	defer stop()
	var other sync.WaitGroup
	other.Go(func() { cancel(p.answer(ctx)) })
	err := p.read(ctx)
	cancel(err)
	_ = p.feed.Close()
	other.Wait()
	return context.Cause(ctx)
}

// read writes down what comes.
func (p *pump) read(ctx context.Context) error {
	in := bufio.NewReader(p.feed)
	var buf []byte
	for {
		m, next, err := wire.ReadMedia(in, buf)
		if err != nil {
			return err
		}
		buf = next
		switch m.Kind {
		case wire.MediaUpdate, wire.MediaState:
			if err := p.write(ctx, m); err != nil {
				return err
			}
		case wire.MediaEnd:
			f := new(wirepb.Refusal)
			if err := proto.Unmarshal(m.Payload, f); err != nil {
				return errors.Join(wire.ErrMalformed, err)
			}
			return wire.Refuse(f.Code, "the endpoint ended the recorder's stream")
		case wire.MediaClipboard, wire.MediaClipboardNote: // is in no recording
		case wire.MediaInput, wire.MediaShown, wire.MediaView:
			return fmt.Errorf("%w: endpoint sent a viewer's message", wire.ErrMalformed)
		}
	}
}

// write puts a message on the tape, where epochs grow over all streams. What has come
// when the picture is masked is not written any more.
func (p *pump) write(ctx context.Context, m wire.Media) error {
	begins := false
	s := shown{m.Epoch, m.Seq}
	if m.Kind == wire.MediaUpdate {
		if m.Epoch > math.MaxUint32-p.base || m.Epoch < p.epoch {
			return fmt.Errorf("%w: epoch %d after %d", wire.ErrMalformed, m.Epoch, p.epoch)
		}
		begins, p.epoch = m.Epoch > p.epoch, m.Epoch
		m.Epoch += p.base
	} else {
		m.Epoch, m.Seq = 0, 0
	}
	err := p.t.atWork(func(at time.Duration) error {
		if err := context.Cause(ctx); errors.Is(err, errMasked) {
			return err
		}
		return p.t.tape.write(at, m, begins)
	})
	if err != nil || m.Kind != wire.MediaUpdate {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if begins {
		p.key, p.since, p.newer, p.asked = time.Now(), 0, false, time.Time{}
	} else {
		p.newer = true
	}
	p.since += len(m.Payload)
	select {
	case p.bell <- struct{}{}:
	default:
	}
	return p.credit.wrote(s)
}

// atWork does what the disk takes part in. What went well is written.
func (t *take) atWork(f func(at time.Duration) error) error {
	t.mu.Lock()
	t.busy.Store(time.Now().UnixNano())
	err := f(t.clock.at())
	t.busy.Store(0)
	if err == nil && t.tape.written() {
		t.rolls()
	}
	rolls := t.state == rolling
	t.mu.Unlock()
	if err == nil && rolls {
		t.available()
	}
	return err
}

// answer asks for the view, gives credit, and looks after segments and epochs.
func (p *pump) answer(ctx context.Context) error {
	if err := p.view(false); err != nil {
		return err
	}
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	turn := time.NewTimer(time.Hour)
	defer turn.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.bell:
		case <-turn.C:
		case now := <-tick.C:
			if err := p.tick(now); err != nil {
				return err
			}
		}
		wait, err := p.give()
		if err != nil {
			return err
		}
		if wait > 0 {
			turn.Reset(wait)
		}
	}
}

// give answers what is due and tells when the next is.
func (p *pump) give() (time.Duration, error) {
	for {
		p.mu.Lock()
		s, ok, wait := p.credit.take(time.Now())
		p.mu.Unlock()
		if !ok {
			return wait, nil
		}
		if err := p.shown(s); err != nil {
			return 0, err
		}
	}
}

func (p *pump) shown(s shown) error {
	_, err := p.feed.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaShown, Epoch: s.epoch, Seq: s.seq}}))
	return err
}

func (p *pump) view(refresh bool) error {
	b, err := proto.Marshal(&wirepb.ViewSettings{Operations: viewer.Operations(), CacheBytes: CacheBytes, Refresh: refresh})
	if err != nil {
		return fmt.Errorf("encode view: %w", err)
	}
	_, err = p.feed.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaView}, Payload: b}))
	return err
}

// tick ends a segment that is long enough and asks for an epoch that is due.
func (p *pump) tick(now time.Time) error {
	ended := false
	if err := p.t.atWork(func(at time.Duration) error {
		if ended = p.t.tape.due(at); ended {
			if err := p.t.tape.close(); err != nil {
				return err
			}
		}
		return p.t.audit(false)
	}); err != nil {
		return err
	}
	p.mu.Lock()
	var s shown
	var ok bool
	if ended {
		s, ok = p.credit.breathe(now)
	}
	ask := p.keyDue(now)
	if ask {
		p.asked = now
	}
	p.mu.Unlock()
	if ok {
		if err := p.shown(s); err != nil {
			return err
		}
	}
	if ask {
		return p.view(true)
	}
	return nil
}

// keyDue is true when it is time for an epoch. p.mu is held.
func (p *pump) keyDue(now time.Time) bool {
	age := now.Sub(p.key)
	if p.key.IsZero() || !p.newer || !p.asked.IsZero() && now.Sub(p.asked) < keyPatience {
		return false
	}
	return age >= keyEvery || age >= keyLeast && p.since >= keyBytes
}
