//go:build linux

package probe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// compareEvery is how often the picture is compared at most while it is watched:
// as often as the harness's own clients do.
const compareEvery = 60 * time.Millisecond

// Reporter tells the harness what a viewer has decoded. Its methods may be
// called from any goroutine.
type Reporter struct {
	// Look hands out the picture while nothing changes it, for commands that come
	// between updates. Nil pictures are of a viewer that has none yet.
	Look func(func(*image.RGBA))
	// Bytes is how much was received so far.
	Bytes func() int64
	// Now is the clock of all times, in nanoseconds.
	Now func() int64

	mu       sync.Mutex
	out      *json.Encoder
	flush    *bufio.Writer
	points   []image.Point
	last     []string
	ref      []byte // R, G, B, 255
	mask     image.Rectangle
	cover    coverage
	compared int64
	pending  bool // an update came too soon after the last comparison
}

// New makes a reporter that writes to out.
func New(out io.Writer, look func(func(*image.RGBA)), bytes func() int64) *Reporter {
	b := bufio.NewWriter(out)
	e := json.NewEncoder(b)
	return &Reporter{Look: look, Bytes: bytes, Now: Monotonic, out: e, flush: b}
}

// Monotonic is CLOCK_MONOTONIC, which harness and clients share.
func Monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(fmt.Sprintf("clock: %v", err)) // exists on every Linux
	}
	return t.Nano()
}

// event is one line to the harness.
type event struct {
	Kind   string   `json:"ev"`
	Time   int64    `json:"t"`
	Bytes  int64    `json:"bytes,omitempty"`
	Width  int      `json:"w,omitempty"`
	Height int      `json:"h,omitempty"`
	Pixels int      `json:"px,omitempty"`
	Rects  int      `json:"n,omitempty"`
	Points []string `json:"p,omitempty"`
	Path   string   `json:"path,omitempty"`
	*comparison
}

func (r *Reporter) emit(e event) {
	// A harness that does not read any more ends us by closing our input.
	_ = r.out.Encode(e)
	_ = r.flush.Flush()
}

// Connected reports a session that was opened at a time, with its screen's size.
func (r *Reporter) Connected(at int64, size image.Point) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cover = newCoverage(size)
	r.emit(event{Kind: "connected", Time: at, Width: size.X, Height: size.Y})
}

// Updated reports that an update is decoded, before anything else is done with
// it: the time of the call is the time that counts.
func (r *Reporter) Updated(img *image.RGBA, damage []image.Rectangle) {
	now := r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	e := event{Kind: "u", Time: now, Bytes: r.Bytes(), Rects: len(damage)}
	for _, d := range damage {
		e.Pixels += d.Dx() * d.Dy()
	}
	e.Points = r.changed(img)
	r.emit(e)
	if r.cover.add(damage) {
		r.emit(event{Kind: "full", Time: now, Bytes: e.Bytes})
	}
	if r.ref != nil {
		r.compare(img, now)
	}
}

// changed reads the probed pixels, if one of them is another than before.
func (r *Reporter) changed(img *image.RGBA) []string {
	values := make([]string, len(r.points))
	same := len(r.last) == len(values)
	for i, p := range r.points {
		c := img.RGBAAt(p.X, p.Y)
		values[i] = fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B)
		same = same && r.last[i] == values[i]
	}
	r.last = values
	if same {
		return nil
	}
	return values
}

// compare compares unless the last time is too near.
func (r *Reporter) compare(img *image.RGBA, now int64) {
	r.pending = now-r.compared < compareEvery.Nanoseconds()
	if r.pending {
		return
	}
	r.compared = now
	c := compare(img, r.ref, r.mask)
	r.emit(event{Kind: "cmp", Time: now, comparison: &c})
}

// Tick makes up for comparisons that came too soon. Call it every now and then.
func (r *Reporter) Tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending && r.ref != nil {
		r.Look(func(img *image.RGBA) { r.compare(img, r.Now()) })
	}
}
