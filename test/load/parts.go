//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"time"
)

// crowd runs the parts that share one broker: idle agents, sessions, several
// viewers of one session, and the return of all after a restart.
func (o options) crowd(ctx context.Context, r *report) error {
	n, err := newNode(ctx, filepath.Join(o.dir, "broker"))
	if err != nil {
		return err
	}
	defer func() { n.kill() }()
	empty, err := n.state(ctx)
	if err != nil {
		return err
	}
	m := newMeter()
	begin := time.Now()
	c, err := newCrowd(ctx, n, o.agents, o.transport, o.scenes(), m)
	if err != nil {
		return err
	}
	defer c.end()
	r.enrolled = time.Since(begin)
	if r.idle, err = o.idle(ctx, n, empty); err != nil {
		return err
	}
	if o.wants("sessions") || o.wants("viewers") {
		if err := o.live(ctx, n, c, r); err != nil {
			return err
		}
	}
	if o.wants("storm") {
		return o.storm(ctx, n, c, r)
	}
	return nil
}

// scenes are what the agents with sessions show.
func (o options) scenes() []scene {
	const width, height = 1280, 720
	var all []scene
	for i := range o.sessions {
		s := scene{Width: width, Height: height, Show: "typing", Rate: 10}
		if i < o.videos {
			// About 300 kB/s as JPEG.
			s.Show, s.Rate, s.Region = "video", 15, image.Rect(64, 64, 64+384, 64+216)
		}
		all = append(all, s)
	}
	return all
}

// costs are those of the broker between two moments.
type costs struct {
	from, to state
	span     time.Duration
}

func (c costs) cpu() time.Duration { return c.to.before - c.from.after }

// during measures the broker while nothing is done but wait.
func (o options) during(ctx context.Context, n *node, name string) (costs, error) {
	if err := wait(ctx, settle); err != nil {
		return costs{}, err
	}
	from, err := n.state(ctx)
	if err != nil {
		return costs{}, err
	}
	if o.profile != "" {
		if _, err := n.ask(ctx, "cpu "+filepath.Join(o.profile, name+".cpu")); err != nil {
			return costs{}, err
		}
	}
	if err := wait(ctx, o.span); err != nil {
		return costs{}, err
	}
	if o.profile != "" {
		for _, q := range []string{"cpu", "heap " + filepath.Join(o.profile, name+".heap"), "goroutine " + filepath.Join(o.profile, name+".goroutine")} {
			if _, err := n.ask(ctx, q); err != nil {
				return costs{}, err
			}
		}
	}
	to, err := n.state(ctx)
	return costs{from, to, to.at.Sub(from.at)}, err
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// idle is the cost of agents with which nothing happens.
func (o options) idle(ctx context.Context, n *node, empty state) (costs, error) {
	c, err := o.during(ctx, n, "idle")
	c.from.insides, c.from.rss = empty.insides, empty.rss
	return c, err
}

// live opens the sessions and measures typing, typing with videos, and then many
// viewers of one session.
func (o options) live(ctx context.Context, n *node, c *crowd, r *report) error {
	p, err := signIn(ctx, n)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer p.viewers.Wait()
	defer cancel()
	var ids []string
	for i := range o.sessions {
		id, err := p.start(ctx, c.all[i].en.DeviceID)
		if err != nil {
			return fmt.Errorf("session %d: %w", i, err)
		}
		ids = append(ids, id)
	}
	before, err := n.state(ctx)
	if err != nil {
		return err
	}
	r.consented = costs{from: r.idle.to, to: before}
	if o.wants("sessions") {
		typed, filmed := &tally{}, &tally{}
		// Those with videos come last, so that typing is measured alone first.
		for _, i := range []int{1, 0} {
			from, to, t := 0, o.videos, filmed
			if i == 1 {
				from, to, t = o.videos, o.sessions, typed
			}
			for _, id := range ids[from:to] {
				if err := p.view(ctx, id, c.meter, t); err != nil {
					return fmt.Errorf("view: %w", err)
				}
			}
			name := "videos"
			if i == 1 {
				name = "typing"
			}
			typed.begin()
			filmed.begin()
			m, err := o.during(ctx, n, name)
			typed.end()
			filmed.end()
			if err := errors.Join(err, p.lost()); err != nil {
				return err
			}
			r.loads = append(r.loads, load{name: name, typed: typed.result(), filmed: filmed.result(), costs: m, before: before})
		}
	}
	if o.wants("viewers") {
		if err := o.many(ctx, n, c, p, ids, r); err != nil {
			return err
		}
	}
	for _, id := range ids {
		if err := p.end(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// many attaches further viewers to the first session, which shows a video.
func (o options) many(ctx context.Context, n *node, c *crowd, p *rep, ids []string, r *report) error {
	before, err := n.state(ctx)
	if err != nil {
		return err
	}
	t := &tally{}
	first := 0
	if o.wants("sessions") {
		first = 1 // it has one already
	}
	for range o.viewers - first {
		if err := p.view(ctx, ids[0], c.meter, t); err != nil {
			return fmt.Errorf("further viewer: %w", err)
		}
	}
	t.begin()
	m, err := o.during(ctx, n, "viewers")
	t.end()
	if err := errors.Join(err, p.lost()); err != nil {
		return err
	}
	r.many = &load{name: "viewers", filmed: t.result(), costs: m, before: before}
	return nil
}

// storm restarts the broker, as a crash and as planned, and measures until all
// agents are back.
func (o options) storm(ctx context.Context, n *node, c *crowd, r *report) error {
	const back = 3 * time.Minute
	for _, how := range []struct {
		name string
		end  func()
	}{{"crash", n.kill}, {"planned", n.stop}} {
		c.meter.renew()
		how.end()
		if err := n.start(ctx); err != nil {
			return err
		}
		took, err := c.meter.await(ctx, len(c.all), back)
		if err != nil {
			return fmt.Errorf("%s: %w", how.name, err)
		}
		s, err := n.state(ctx)
		if err != nil {
			return err
		}
		r.storms = append(r.storms, stormed{how: how.name, took: took, cpu: s.before, rss: s.rss})
		if err := wait(ctx, settle); err != nil {
			return err
		}
	}
	return nil
}
