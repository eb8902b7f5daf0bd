//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/support"
)

// sharing is what the part together is made of.
type sharing struct {
	dir            string
	reps, sessions int
	span           time.Duration
	seed           uint64
	transport      string
}

// together is reps who share sessions at random. Every answer, and what every console
// is then told, has to be what package support says.
type together struct {
	sharing
	node        *node
	admin       *rep
	reps        []*console
	ledgers     []*ledger
	team, queue string

	looking  sync.WaitGroup
	pictures atomic.Int64
	away     sync.RWMutex // held to write while a rep without a console is not to be invited
	absent   *console

	mu     sync.Mutex
	result *shared
}

// One of so many moves is two at once, and reps pause so long between them.
const (
	raceOneIn = 10
	pause     = 100 * time.Millisecond
)

// share runs the part. An error is a broken invariant, or a part of the run that failed.
func share(ctx context.Context, o sharing) (*shared, error) {
	var names []string
	for i := range o.reps {
		names = append(names, fmt.Sprintf("rep-%02d", i))
	}
	n, err := newNode(ctx, filepath.Join(o.dir, "together"), names...)
	if err != nil {
		return nil, err
	}
	defer func() { n.kill() }()
	c, err := newCrowd(ctx, n, o.sessions, o.transport, nil, newMeter())
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.start(o.sessions); err != nil {
		return nil, err
	}
	t := &together{sharing: o, node: n, result: &shared{sharing: o}}
	if err := t.open(ctx, names); err != nil {
		return nil, err
	}
	defer func() {
		for _, r := range t.reps {
			r.close()
		}
	}()
	for _, e := range c.all {
		t.ledgers = append(t.ledgers, &ledger{device: e.en.DeviceID})
	}
	before, err := t.rest(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.work(ctx); err != nil {
		return t.result, err
	}
	if err := t.finish(ctx); err != nil {
		return t.result, err
	}
	if err := t.settled(ctx, before); err != nil {
		return t.result, err
	}
	c.end()
	return t.result, t.kept(ctx)
}

// open signs the reps in, opens their consoles and makes their team.
func (t *together) open(ctx context.Context, names []string) (err error) {
	if t.admin, err = signIn(ctx, t.node); err != nil {
		return err
	}
	var members []string
	for i, name := range names {
		c, err := newConsole(ctx, t.node, i, name)
		if err != nil {
			return err
		}
		if err := c.open(ctx); err != nil {
			return err
		}
		t.reps, members = append(t.reps, c), append(members, c.who.ID)
	}
	conf := apipbconnect.NewConfigServiceClient(t.admin.http, t.admin.base)
	save := func(o *apipb.ConfigObject) (string, error) {
		a, err := conf.SaveObject(ctx, connect.NewRequest(&apipb.SaveObjectRequest{Object: o}))
		if err != nil {
			return "", fmt.Errorf("save %s: %w", o.Name, err)
		}
		return a.Msg.Object.Id, nil
	}
	t.team, err = save(&apipb.ConfigObject{Name: "Everybody", Object: &apipb.ConfigObject_Team{Team: &apipb.Team{Members: members}}})
	if err == nil {
		t.queue, err = save(&apipb.ConfigObject{Name: "Queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: t.team, Fallback: true}}})
	}
	return err
}

// work has every rep do something again and again until the time is over, or anything
// is wrong.
func (t *together) work(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	end := time.Now().Add(t.span)
	var wg sync.WaitGroup
	for i, c := range t.reps {
		rng := rand.New(rand.NewPCG(t.seed, uint64(i))) //nolint:gosec // a seed that is told
		wg.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				err := t.step(ctx, rng, c)
				if err == nil && i == 0 && t.span >= leaveAfter {
					err = t.leaveOnce(ctx, c, end)
				}
				if err != nil {
					stop(err)
					return
				}
				_ = wait(ctx, time.Duration(rng.Int64N(int64(2*pause))))
			}
		})
	}
	wg.Wait()
	t.looking.Wait()
	t.result.pictures = t.pictures.Load()
	return context.Cause(ctx)
}

// looks is at how many sessions a rep looks for one that is some business of theirs.
const looks = 16

// pick locks a session that nobody else is at; nil: there is none.
func (t *together) pick(rng *rand.Rand, by *console) *ledger {
	var kept *ledger
	for range looks {
		l := t.ledgers[rng.IntN(len(t.ledgers))]
		if !l.TryLock() {
			continue
		}
		if kept != nil {
			kept.Unlock()
		}
		kept = l
		if l.id == "" || l.s.Phase.Final() || l.s.In(by.who.ID) || l.s.Queue != "" || len(l.s.InvitationsOf(by.who.ID, []string{t.team})) > 0 {
			break
		}
	}
	return kept
}

// step does one move to a session that nobody else is at, or two at once.
func (t *together) step(ctx context.Context, rng *rand.Rand, by *console) error {
	l := t.pick(rng, by)
	if l == nil {
		return nil
	}
	defer l.Unlock()
	if l.id == "" || l.s.Phase.Final() {
		t.count(func(r *shared) { r.started++ })
		return l.begin(ctx, by)
	}
	moves := []move{t.draw(rng, l, by)}
	if other := t.reps[rng.IntN(len(t.reps))]; rng.IntN(raceOneIn) == 0 && other != by {
		moves = append(moves, t.draw(rng, l, other))
	}
	t.away.RLock()
	defer t.away.RUnlock()
	for _, m := range moves {
		if t.absent != nil && (m.by == t.absent || m.command.Invitation.To == t.absent.who.ID && m.command.Verb == support.Invite) {
			return nil
		}
	}
	return t.do(ctx, l, moves)
}

// do runs moves, asks the model, and waits until everybody in the session was told.
func (t *together) do(ctx context.Context, l *ledger, moves []move) error {
	before, since := l.s, time.Now()
	calls := make([]made, len(moves))
	var wg sync.WaitGroup
	for i, m := range moves {
		wg.Go(func() {
			begin := time.Now()
			calls[i].move = m
			calls[i].invitation, calls[i].err = m.call(ctx)
			t.count(func(r *shared) { r.answered(m.name, calls[i].err == nil, time.Since(begin)) })
		})
	}
	wg.Wait()
	answered := time.Now()
	if err := l.explain(ctx, t, calls); err != nil {
		return err
	}
	if len(moves) > 1 {
		t.count(func(r *shared) { r.raced++ })
	}
	changed := false
	for _, c := range calls {
		changed = changed || c.err == nil && c.command.Verb != 0
	}
	if !changed {
		return nil
	}
	return t.told(ctx, l, before, calls, since, answered)
}

// told waits for what the others in a session are to be told, and notes how long that
// took.
func (t *together) told(ctx context.Context, l *ledger, before support.Session, calls []made, since, answered time.Time) error {
	note := func(when time.Time) {
		t.count(func(r *shared) {
			r.fromAnswer = append(r.fromAnswer, max(0, when.Sub(answered)))
			r.fromCall = append(r.fromCall, when.Sub(since))
		})
	}
	for _, c := range t.reps {
		id, want := c.who.ID, modelled(l.s, c.who.ID == l.s.Rep.ID)
		if c == t.absent || len(calls) == 1 && c == calls[0].by {
			continue
		}
		at := func() time.Time { return c.seen[l.id][want] }
		switch {
		case !before.In(id) && !l.s.In(id):
			continue
		case !l.s.Phase.Final() && !l.s.In(id): // who may read the audit log sees it still, without themselves
			without := modelled(l.s, false)
			want, at = "gone", func() time.Time { return later(c.gone[l.id], c.seen[l.id][without]) }
		}
		when, err := c.await(ctx, since, want, at)
		if err != nil {
			return fmt.Errorf("session %s, %s before and %s after %s: %w", l.id, modelled(before, true), modelled(l.s, true), calls, err)
		}
		note(when)
	}
	for _, call := range calls {
		i := call.command.Invitation
		if call.err != nil || call.command.Verb != support.Invite || i.To == "" {
			continue
		}
		for _, c := range t.reps {
			if c.who.ID != i.To || c == t.absent {
				continue
			}
			when, err := c.await(ctx, since, "invitation", func() time.Time { return later(c.invited[call.invitation], c.unasked[call.invitation]) })
			if err != nil && len(calls) == 1 {
				return err
			}
			if err == nil {
				note(when)
			}
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (t *together) count(f func(*shared)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t.result)
}

// finish has all that is open ended, and compares a last time.
func (t *together) finish(ctx context.Context) error {
	for _, l := range t.ledgers {
		if l.id == "" || l.s.Phase.Final() {
			continue
		}
		if err := t.compare(ctx, l.id, l.s); err != nil {
			return fmt.Errorf("at the end: session %s: %w", l.id, err)
		}
		if _, err := t.admin.sessions.Terminate(ctx, connect.NewRequest(&apipb.TerminateRequest{Id: l.id, Confirm: true})); err != nil {
			return fmt.Errorf("terminate: %w", err)
		}
	}
	var failed error
	for _, c := range t.reps {
		c.mu.Lock()
		failed = errors.Join(failed, c.failed)
		c.mu.Unlock()
	}
	return failed
}
