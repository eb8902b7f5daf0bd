package indicator

import (
	"testing"
	"time"
)

// clock has a watch judge one picture after the other. What is shown is a banner, or nil.
type clock struct {
	t   *testing.T
	w   Watch
	now time.Time
}

func (c *clock) after(d time.Duration) *clock {
	c.now = c.now.Add(d)
	return c
}

func (c *clock) shows(b *Banner, want Verdict) {
	c.t.Helper()
	if got := c.w.Judge(func(o *Banner) bool { return o == b }, c.now); got != want {
		c.t.Errorf("verdict %v, want %v", got, want)
	}
}

func newClock(t *testing.T) (*clock, *Banner) {
	c, b := &clock{t: t, now: time.Unix(1000, 0)}, &Banner{}
	c.w.Seek(b, c.now)
	return c, b
}

func TestCoveredForASecond(t *testing.T) {
	c, b := newClock(t)
	c.shows(nil, Unknown)
	c.after(coveredFor-1).shows(b, Seen)
	c.after(time.Hour).shows(nil, Seen)
	if at := c.w.Next(); !at.Equal(c.now.Add(coveredFor)) {
		t.Errorf("judged again at %v", at)
	}
	c.after(coveredFor-1).shows(nil, Seen)
	c.after(1).shows(nil, Lost)
	if at := c.w.Next(); !at.IsZero() {
		t.Errorf("judged again at %v, though nothing changes", at)
	}
	c.after(time.Hour).shows(b, Seen)
}

func TestNeverSeen(t *testing.T) {
	c, _ := newClock(t)
	c.after(coveredFor).shows(nil, Lost)
}

// TestFlashingUpGainsNothing: short times out of sight count together, before it is lost
// and after.
func TestFlashingUpGainsNothing(t *testing.T) {
	c, b := newClock(t)
	c.shows(b, Seen)
	for range 3 {
		c.after(coveredFor/10).shows(nil, Seen)
		c.after(coveredFor/4).shows(b, Seen)
	}
	c.after(coveredFor/10).shows(nil, Seen)
	c.after(coveredFor/4).shows(nil, Lost)
	c.after(1).shows(b, Seen)
	c.after(1).shows(nil, Lost)
	c.after(1).shows(b, Seen)
	c.after(coveredFor).shows(nil, Seen) // it was seen long enough
}

// TestItIsSeenAsItWasAMomentAgo: compositors draw later than they are told to, and not for
// ever.
func TestItIsSeenAsItWasAMomentAgo(t *testing.T) {
	c, old := newClock(t)
	c.shows(old, Seen)
	next := &Banner{}
	c.w.Seek(next, c.now)
	c.after(lateFor-1).shows(old, Seen)
	if c.w.Newest() {
		t.Error("the old one is taken for the new one")
	}
	if at := c.w.Next(); !at.Equal(c.now.Add(1)) {
		t.Errorf("judged again at %v", at)
	}
	c.after(1).shows(old, Seen)
	c.after(coveredFor).shows(old, Lost)
	c.after(1).shows(next, Seen)
	if !c.w.Newest() {
		t.Error("the new one is not known")
	}
}

// TestAnOldBannerIsNoSignAfterALoss: nobody comes back with what was there before.
func TestAnOldBannerIsNoSignAfterALoss(t *testing.T) {
	c, old := newClock(t)
	c.shows(old, Seen)
	if v := c.w.Judge(nil, c.now); v != Lost {
		t.Errorf("without a picture: %v", v)
	}
	c.w.Seek(&Banner{}, c.now)
	c.shows(old, Lost)
}

// TestADragIsFollowed: many places in a row, of which the compositor shows a late one.
func TestADragIsFollowed(t *testing.T) {
	c, b := newClock(t)
	c.shows(b, Seen)
	places := []*Banner{b}
	for range 40 {
		n := &Banner{}
		places = append(places, n)
		c.w.Seek(n, c.after(lateFor/8).now)
		c.shows(places[max(0, len(places)-4)], Seen)
	}
	if n := len(c.w.before); n > lateMost {
		t.Errorf("%d are kept", n)
	}
	c.w.Seek(nil, c.now)
	c.shows(b, Unknown)
}
