package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type racer struct {
	Link
	closed bool
}

func (r *racer) Close(error) { r.closed = true }

// lane is an attempt that takes a time and notes when it starts.
func lane(name string, after, takes time.Duration, l *racer, err error, starts *sync.Map) attempt {
	begin := time.Now()
	return attempt{name: name, after: after, dial: func(ctx context.Context) (Link, error) {
		starts.Store(name, time.Since(begin))
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			if l == nil || err != nil {
				return nil, ctx.Err()
			}
			// one that does not look at its context and comes too late
		}
		if err != nil {
			return nil, err
		}
		return l, nil
	}}
}

func TestRace(t *testing.T) {
	quic, wss := &racer{}, &racer{}
	refused := errors.New("refused")
	pin := fmt.Errorf("tls: %w", ErrPinMismatch)
	const ms = time.Millisecond
	for _, c := range []struct {
		name      string
		quicTakes time.Duration
		quicErr   error
		wssTakes  time.Duration
		wssErr    error
		want      *racer
		wantErr   error
		ends      time.Duration
		starts    map[string]time.Duration
		late      *racer
	}{
		{name: "QuickQUICIsAlone", quicTakes: 50 * ms, want: quic, ends: 50 * ms, starts: map[string]time.Duration{QUIC: 0}},
		{name: "UDPBlocked", quicTakes: time.Hour, quicErr: refused, wssTakes: 100 * ms, want: wss, ends: 400 * ms, starts: map[string]time.Duration{QUIC: 0, WSS: 300 * ms}},
		{name: "UDPRefused", quicTakes: 20 * ms, quicErr: refused, wssTakes: 100 * ms, want: wss, ends: 120 * ms, starts: map[string]time.Duration{QUIC: 0, WSS: 20 * ms}},
		{name: "BothFail", quicTakes: 20 * ms, quicErr: refused, wssTakes: 10 * ms, wssErr: refused, wantErr: ErrUnreachable, ends: 30 * ms, starts: map[string]time.Duration{QUIC: 0, WSS: 20 * ms}},
		{name: "BothHang", quicTakes: time.Hour, quicErr: refused, wssTakes: time.Hour, wssErr: refused, wantErr: ErrUnreachable, ends: 300*ms + dialTimeout, starts: map[string]time.Duration{QUIC: 0, WSS: 300 * ms}},
		{name: "WrongKeyFirst", quicTakes: 20 * ms, quicErr: pin, wssTakes: 10 * ms, wantErr: ErrPinMismatch, ends: 20 * ms, starts: map[string]time.Duration{QUIC: 0}},
		{name: "WrongKeySecond", quicTakes: 800 * ms, wssTakes: 10 * ms, wssErr: pin, wantErr: ErrPinMismatch, ends: 310 * ms, starts: map[string]time.Duration{QUIC: 0, WSS: 300 * ms}, late: quic},
		{name: "LoserIsClosed", quicTakes: time.Hour, wssTakes: 10 * ms, want: wss, ends: 310 * ms, starts: map[string]time.Duration{QUIC: 0, WSS: 300 * ms}, late: quic},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				*quic, *wss = racer{}, racer{}
				begin, starts := time.Now(), new(sync.Map)
				got, err := race(t.Context(), []attempt{
					lane(QUIC, 0, c.quicTakes, quic, c.quicErr, starts),
					lane(WSS, wssDelay, c.wssTakes, wss, c.wssErr, starts),
				})
				if c.wantErr == nil && (err != nil || got != Link(c.want) || c.want.closed) || c.wantErr != nil && !errors.Is(err, c.wantErr) {
					t.Errorf("got %v, %v", got, err)
				}
				if d := time.Since(begin); d != c.ends {
					t.Errorf("ended after %v, want %v", d, c.ends)
				}
				started := map[string]time.Duration{}
				starts.Range(func(k, v any) bool { started[k.(string)] = v.(time.Duration); return true })
				if d := cmp.Diff(c.starts, started); d != "" {
					t.Error(d)
				}
				if c.late != nil && !c.late.closed {
					t.Error("the link that came too late was not closed")
				}
			})
		})
	}
}

func TestWinnerIsRememberedPerNetwork(t *testing.T) {
	d := &Dialer{Broker: "127.0.0.1:9"}
	for _, c := range []struct {
		last string
		want time.Duration
	}{{"", wssDelay}, {QUIC, wssDelay}, {WSS, 0}} {
		all := d.attempts(t.Context(), "127.0.0.1", c.last)
		if len(all) != 2 || all[0].name != QUIC || all[1].name != WSS || all[1].after != c.want {
			t.Errorf("after %q: %+v", c.last, all)
		}
	}
	here := localAddr(t.Context(), d.Broker)
	d.remember(here, WSS)
	if d.won[here] != WSS || !here.IsLoopback() {
		t.Errorf("remembered %v at %v", d.won, here)
	}
}

func TestM_BudgetBoundsStrangers(t *testing.T) {
	var b budget
	from := func(s string) addr { return addr(s) }
	var all []*stranger
	for range maxStrangersPerNet {
		st := b.take(from("10.0.0.1:1"))
		if st == nil {
			t.Fatal("refused within the budget")
		}
		all = append(all, st)
	}
	if b.take(from("10.0.0.1:2")) != nil || b.take(from("[::ffff:10.0.0.1]:2")) != nil {
		t.Error("one network got more than its share")
	}
	if !b.loaded(from("10.0.0.1:3")) || b.loaded(from("10.0.0.2:3")) {
		t.Error("want an address check for the busy network only")
	}
	if other := b.take(from("10.0.0.2:1")); other == nil {
		t.Error("another network pays for it")
	} else {
		other.release()
		other.release() // counts once
	}
	if b.take(from("[2001:db8::1]:1")) == nil || netOf(from("[2001:db8::1]:1")) != netOf(from("[2001:db8::2%eth0]:1")) {
		t.Error("an IPv6 /64 is not one network")
	}
	for _, st := range all {
		st.release()
	}
	if b.total != 1 || len(b.nets) != 1 {
		t.Errorf("%d left in %d networks, want the one of IPv6", b.total, len(b.nets))
	}
	for i := range 2 * maxStrangers {
		b.take(from(fmt.Sprintf("10.%d.%d.1:1", 1+i/256, i%256)))
	}
	if b.total != maxStrangers || !b.loaded(from("10.0.0.2:3")) {
		t.Errorf("%d strangers, the limit is %d", b.total, maxStrangers)
	}
}

type addr string

func (addr) Network() string  { return "udp" }
func (a addr) String() string { return string(a) }

// The loser fails on its way and hands back a pointer to nothing, which as a Link is not nil.
func TestRaceClosesNoLinkOfAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		winner := &racer{}
		l, err := race(t.Context(), []attempt{
			{name: QUIC, dial: func(context.Context) (Link, error) {
				time.Sleep(time.Second)
				return winner, nil
			}},
			{name: WSS, after: time.Millisecond, dial: func(ctx context.Context) (Link, error) {
				<-ctx.Done()
				return (*racer)(nil), ctx.Err()
			}},
		})
		if l != Link(winner) || err != nil || winner.closed {
			t.Errorf("%v, %v, closed %v", l, err, winner.closed)
		}
	})
}
