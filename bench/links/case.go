//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/bench/rig"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/test/link"
	"github.com/alongside-remote/alongside/viewer"
)

const (
	// screen is the endpoint's.
	screen = "1920x1080x24"
	// idleFlips is how many changes are measured on a screen at rest.
	idleFlips = 12
	// quietFor is how long the screen rests before the first of them: by then the
	// link has carried the first picture, or most of it.
	quietFor = 6 * time.Second
	// flipTimeout is when a change counts as never seen.
	flipTimeout = 15 * time.Second
	// settleTimeout is when a page that has come to rest counts as never exact.
	settleTimeout = 30 * time.Second
)

// result is what a case says.
type result struct {
	Link, Way    string
	RoundTrip    time.Duration
	First, Sharp time.Duration // from asking for the view to all of the screen, and to an exact page
	Idle, Busy   []time.Duration
	Missed       int // changes that were not seen in time
	Drawn, Seen  int // steps of the scroll
	Ages         []time.Duration
	Scroll       time.Duration
	Exact        time.Duration // from the last step to an exact page; 0: never
	ScrollBytes  int64         // that the viewer read meanwhile
	There, Back  link.Counters
}

func runCase(ctx context.Context) error {
	var s setting
	if err := json.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return fmt.Errorf("setting: %w", err)
	}
	r, err := s.run(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// run sets everything up, measures and takes it down.
func (s setting) run(ctx context.Context) (r result, err error) {
	r = result{Link: s.Link, Way: s.Way, RoundTrip: s.RoundTrip, Scroll: s.Scroll}
	log, err := os.Create(filepath.Join(s.Dir, "programs.log"))
	if err != nil {
		return r, err
	}
	defer log.Close()
	at := s.Broker.Addr.String() + ":8443"
	if err := s.Broker.Do(func() error {
		return rig.StartBroker(ctx, s.Dir, filepath.Join(s.Programs, "alongside-broker"), at)
	}); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.endBroker()) }()
	var desktop *bed.Desktop
	var agent *bed.Agent
	// Where all X servers of this machine know of each other.
	if err := s.Outside.Do(func() (err error) {
		home := filepath.Join(s.Dir, "desktop")
		if err := os.Mkdir(home, 0o755); err != nil {
			return err
		}
		desktop, err = bed.NewDesktop(ctx, bed.DesktopOptions{Dir: home, Screen: screen, Log: log})
		return err
	}); err != nil {
		return r, err
	}
	defer desktop.Close()
	if err := s.Agent.Do(func() (err error) {
		agent, err = bed.NewAgent(ctx, filepath.Join(s.Programs, "alongside"), filepath.Join(s.Dir, "agent"),
			filepath.Join(s.Dir, "enroll.alongside"), desktop, log)
		return err
	}); err != nil {
		return r, err
	}
	defer agent.Stop()
	place, err := rig.Find(s.Dir)
	if err != nil {
		return r, err
	}
	rep, err := place.SignIn(ctx)
	if err != nil {
		return r, err
	}
	session, err := rep.Session(ctx, desktop)
	if err != nil {
		return r, err
	}
	if _, err := desktop.Window(ctx, bed.BannerTitle); err != nil {
		return r, err
	}
	// Not before: it would cover the prompt.
	show, err := openShow(ctx, desktop.Display)
	if err != nil {
		return r, err
	}
	defer show.close()
	return r, s.measure(ctx, &r, rep, session, desktop, show)
}

// endBroker ends the broker, which outlives whoever starts it.
func (s setting) endBroker() error {
	b, err := os.ReadFile(filepath.Join(s.Dir, "broker.pid"))
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return err
	}
	return syscall.Kill(-pid, syscall.SIGKILL)
}

func (s setting) measure(ctx context.Context, r *result, rep *rig.Rep, session string, desktop *bed.Desktop, show *show) error {
	w := newWatch(show)
	truth := func(part image.Rectangle) (*image.RGBA, error) {
		img, err := desktop.Dump()
		if err != nil {
			return nil, err
		}
		return img.SubImage(part).(*image.RGBA), nil
	}
	page, err := truth(pageRect)
	if err != nil {
		return err
	}
	w.want(page)
	begin := time.Now()
	stream, err := rep.View(ctx, session)
	if err != nil {
		return err
	}
	v := viewer.NewSession(stream, viewer.Options{OnUpdate: w.update})
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = v.Run(ctx) // what it missed is seen in the figures
	}()
	defer func() {
		cancel()
		<-ended
	}()

	all, err := w.wait(ctx, w.covered, settleTimeout)
	if err != nil {
		return fmt.Errorf("first picture: %w", err)
	}
	r.First = all.Sub(begin)
	if sharp, err := w.wait(ctx, w.exact, settleTimeout); err == nil {
		r.Sharp = sharp.Sub(begin)
	}
	if err := sleep(ctx, quietFor); err != nil {
		return err
	}
	for range idleFlips {
		if err := s.flip(ctx, show, w, &r.Idle, &r.Missed); err != nil {
			return err
		}
	}

	bytes := stream.Bytes()
	last, err := s.scroll(ctx, r, show, w)
	if err != nil {
		return err
	}
	r.ScrollBytes = stream.Bytes() - bytes
	if page, err = truth(pageRect); err != nil {
		return err
	}
	w.want(page)
	v.Look(w.check)
	if exact, err := w.wait(ctx, w.exact, settleTimeout); err == nil {
		r.Exact = exact.Sub(last)
	}
	r.Drawn, r.Seen, r.Ages = w.frames()
	return ctx.Err()
}

// scroll scrolls while changes are measured, and says when the last step was.
func (s setting) scroll(ctx context.Context, r *result, show *show, w *watch) (last time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Scroll)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		var err error
		last, err = show.scroll(ctx)
		done <- err
	}()
	for ctx.Err() == nil && err == nil {
		err = s.flip(ctx, show, w, &r.Busy, &r.Missed)
	}
	if ctx.Err() != nil {
		err = nil
	}
	cancel()
	return last, errors.Join(err, <-done)
}

// flip changes the marker after a while and waits until the viewer shows it. One
// that ctx cuts off is not counted unless it is late already.
func (s setting) flip(ctx context.Context, show *show, w *watch, into *[]time.Duration, missed *int) error {
	if err := sleep(ctx, show.pause()); err != nil {
		return err
	}
	begin := time.Now()
	shown, err := show.flip()
	if err != nil {
		return err
	}
	seen, err := w.wait(ctx, func() time.Time { return w.marked(shown) }, flipTimeout)
	if errors.Is(err, errNotSeen) || err != nil && time.Since(begin) > 3*time.Second {
		*missed++
		*into = append(*into, time.Since(begin))
		return nil
	}
	if err == nil {
		*into = append(*into, seen.Sub(begin))
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// percentile of what has to be sorted.
func percentile(all []time.Duration, p int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)*p/100, len(all)-1)]
}
