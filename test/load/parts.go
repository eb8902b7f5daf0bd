//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"path/filepath"
	"strings"
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
	m := newMeter()
	c, err := newCrowd(ctx, n, o.agents, o.transport, o.scenes(), m)
	if err != nil {
		return err
	}
	defer c.end()
	// What a broker needs once is not counted: the difference is that of the
	// agents after the first ones.
	r.first = max(o.agents/5, o.sessions)
	if err := c.start(r.first); err != nil {
		return err
	}
	if err := wait(ctx, settle); err != nil {
		return err
	}
	few, err := n.state(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := c.start(o.agents); err != nil {
		return err
	}
	r.started = time.Since(begin)
	if r.idle, err = o.during(ctx, n, "idle"); err != nil {
		return err
	}
	r.few = few
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
		switch {
		case i < o.videos:
			s.Show, s.Rate, s.Region = "video", 15, image.Rect(64, 64, 64+384, 64+216)
		case i < o.videos+pictures:
			s.Show, s.Rate, s.Region = "noise", 10, image.Rect(64, 64, 64+512, 64+256)
		}
		all = append(all, s)
	}
	return all
}

// pictures is how many sessions show noise, which nothing makes small: what a
// broker spends on bytes shows only where there are many in one update.
const pictures = 2

// costs are those of the broker between two moments.
type costs struct {
	from, to state
	span     time.Duration
}

func (c costs) cpu() time.Duration { return c.to.before - c.from.after }

// during measures the broker while nothing is done but wait.
func (o options) during(ctx context.Context, n *node, name string) (costs, error) {
	return o.measured(ctx, n, name, &tally{})
}

// measured is during with what the viewers see meanwhile.
func (o options) measured(ctx context.Context, n *node, name string, t *tally) (costs, error) {
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
	t.begin()
	err = wait(ctx, o.span)
	t.end()
	if err != nil {
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

// live opens the sessions and measures the typing, the videos, and then many
// viewers of one video, each alone.
func (o options) live(ctx context.Context, n *node, c *crowd, r *report) error {
	p, err := signIn(ctx, n)
	if err != nil {
		return err
	}
	var ids []string
	for i := range o.sessions {
		id, err := p.start(ctx, c.all[i].en.DeviceID)
		if err != nil {
			return fmt.Errorf("session %d: %w", i, err)
		}
		ids = append(ids, id)
	}
	if r.consented, err = o.during(ctx, n, "consented"); err != nil {
		return err
	}
	films, large, pages := ids[:o.videos], ids[o.videos:o.videos+pictures], ids[o.videos+pictures:]
	var alone []string
	for range o.viewers {
		alone = append(alone, ids[0])
	}
	for _, l := range []struct {
		part, name string
		ids        []string
	}{
		{"sessions", "typing", pages}, {"sessions", "video", films}, {"sessions", "noise", large}, {"viewers", "one video", alone},
	} {
		if !o.wants(l.part) || len(l.ids) == 0 {
			continue
		}
		d, err := o.watch(ctx, n, c, p, l.name, l.ids)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		r.loads = append(r.loads, d)
	}
	for _, id := range ids {
		if err := p.end(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// watch attaches a viewer to each of the sessions, measures and detaches them.
func (o options) watch(ctx context.Context, n *node, c *crowd, p *rep, name string, ids []string) (l load, err error) {
	if l.before, err = n.state(ctx); err != nil {
		return l, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer p.viewers.Wait()
	defer cancel()
	t := &tally{}
	for _, id := range ids {
		if err := p.view(ctx, id, c.meter, t); err != nil {
			return l, err
		}
	}
	l.name, l.viewers = name, len(ids)
	l.costs, err = o.measured(ctx, n, strings.ReplaceAll(name, " ", "-"), t)
	l.counted = t.result()
	return l, errors.Join(err, p.lost())
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
		ending := time.Now()
		how.end()
		ended := time.Since(ending)
		if err := n.start(ctx); err != nil {
			return err
		}
		begin := time.Now()
		if err := c.meter.await(ctx, len(c.all), back); err != nil {
			return fmt.Errorf("%s: %w", how.name, err)
		}
		took := time.Since(begin)
		s, err := n.state(ctx)
		if err != nil {
			return err
		}
		r.storms = append(r.storms, stormed{how: how.name, ended: ended, took: took, cpu: s.before, rss: s.rss})
		if err := wait(ctx, settle); err != nil {
			return err
		}
	}
	return nil
}
