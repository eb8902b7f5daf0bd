package helper_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Of the played screen: a page that scrolls, and a square that changes.
const (
	pageWidth, pageHeight = 640, 480
	scrollStep            = 16
	stepTime              = time.Second / 30
	flipSteps             = 25 // of the scroll, from one look of the square to the next
	squareSize            = 32
)

// play is a screen as a capture source, in the time of the test's bubble.
type play struct {
	mu      sync.Mutex
	rng     *rand.Rand
	pix     []byte
	flipped []time.Time // when the square took its n-th look
	steps   int         // until the scroll ends
	begun   bool
}

func newPlay(steps int) *play {
	p := &play{rng: rand.New(rand.NewPCG(7, 8)), pix: make([]byte, 4*pageWidth*pageHeight), steps: steps}
	p.text(0, pageHeight)
	return p
}

func (p *play) text(from, to int) {
	for y := from; y < to; y++ {
		ink := uint8(0)
		for x := range pageWidth - 2*squareSize {
			if y%scrollStep < 5 {
				ink = 0
			} else if p.rng.IntN(6) == 0 {
				ink = uint8(p.rng.IntN(3)) * 80
			}
			copy(p.pix[4*(y*pageWidth+x):], []byte{250 - ink, 250 - ink, 250 - ink, 0})
		}
	}
}

// square is beside the page.
var square = image.Rect(pageWidth-squareSize, 0, pageWidth, squareSize)

func (p *play) Monitors() ([]capture.Monitor, error) {
	return []capture.Monitor{{ID: 1, Rect: image.Rect(0, 0, pageWidth, pageHeight), Primary: true}}, nil
}

func (p *play) Next(ctx context.Context, f *capture.Frame) error {
	if p.begun {
		t := time.NewTimer(stepTime)
		defer t.Stop()
		over := p.steps == 0
		select {
		case <-t.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if over {
			<-ctx.Done()
			return ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all := image.Rect(0, 0, pageWidth, pageHeight)
	*f = capture.Frame{Time: time.Now(), Rect: all, Stride: 4 * pageWidth, Pix: p.pix}
	if !p.begun {
		p.begun, f.Damage, f.Layout = true, []image.Rectangle{all}, true
		return nil
	}
	p.steps--
	page := image.Rect(0, 0, pageWidth-2*squareSize, pageHeight)
	for y := range pageHeight - scrollStep {
		copy(p.pix[4*y*pageWidth:4*(y*pageWidth+page.Max.X)], p.pix[4*(y+scrollStep)*pageWidth:])
	}
	p.text(pageHeight-scrollStep, pageHeight)
	f.Damage = []image.Rectangle{page}
	if p.steps%flipSteps == 0 {
		p.flipped = append(p.flipped, time.Now())
		for y := range squareSize {
			for x := square.Min.X; x < square.Max.X; x++ {
				copy(p.pix[4*(y*pageWidth+x):], []byte{0, 0, uint8(len(p.flipped)), 0})
			}
		}
		f.Damage = append(f.Damage, square)
	}
	return nil
}

func (p *play) Close() error { return nil }

// thin is the way between the helper and a viewer: at a rate, with a delay, in
// order; a loss holds up all that follows.
type thin struct {
	rate float64 // bytes per second
	trip time.Duration
	loss float64
}

// parcel is on its way.
type parcel struct {
	at   time.Time
	data []byte
}

// onThin shows a play over a path and tells how late each look of the square was
// seen, how many bytes were on the way at most, and how long after the last step
// the viewer showed every pixel.
func onThin(t *testing.T, way thin, p *play) (late []time.Duration, most int, settled time.Duration) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	whole := time.Duration(p.steps)*stepTime + time.Minute
	toHelper, ours := io.Pipe()
	theirs, fromHelper := io.Pipe()
	service := ipc.New(theirs, ours)
	done := make(chan error, 1)
	go func() {
		done <- helper.Run(ctx, ipc.New(toHelper, fromHelper), helper.Options{
			Log:         slog.New(slog.DiscardHandler),
			OpenCapture: func(context.Context, capture.Options) (capture.Source, error) { return p, nil },
			OpenInput:   func(context.Context, input.Options) (input.Injector, error) { return nil, errors.New("none here") },
		})
	}()

	road := make(chan parcel, 64) // more than the helper may have under way
	back := make(chan parcel, 64)
	var mu sync.Mutex
	under := 0
	var work sync.WaitGroup
	work.Go(func() { // what the helper sends goes on the road
		defer close(road)
		dice := rand.New(rand.NewPCG(9, 10))
		var free, last time.Time
		for {
			_, media, err := service.Receive(&ipcpb.FromHelper{})
			if err != nil {
				return
			}
			if media == nil {
				continue
			}
			now := time.Now()
			if free.Before(now) {
				free = now
			}
			free = free.Add(time.Duration(float64(len(media)) / way.rate * float64(time.Second)))
			at := free.Add(way.trip / 2)
			for range len(media)/1200 + 1 {
				if dice.Float64() < way.loss {
					at = at.Add(way.trip * 5 / 4)
					break
				}
			}
			if at.Before(last) {
				at = last
			}
			last = at
			mu.Lock()
			under += len(media)
			most = max(most, under)
			mu.Unlock()
			road <- parcel{at, bytes.Clone(media)}
		}
	})
	canvas := viewer.NewCanvas(32 << 20)
	defer canvas.Close()
	var shownAt []time.Time
	var end time.Time
	work.Go(func() { // the viewer
		defer close(back)
		for a := range road {
			time.Sleep(time.Until(a.at))
			m, err := wire.ParseMedia(a.data)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			under -= len(a.data)
			mu.Unlock()
			if m.Kind != wire.MediaUpdate {
				continue
			}
			if err := canvas.Apply(m.Epoch, m.Payload); err != nil {
				t.Error(err)
			}
			// Looks differ by one in a channel: only an exact square counts.
			look := int(canvas.Image().RGBAAt(square.Min.X+8, 8).R)
			for len(shownAt) < look {
				shownAt = append(shownAt, time.Now())
			}
			p.mu.Lock()
			if p.steps == 0 && end.IsZero() && equalPixels(canvas.Image(), p.pix) {
				end = time.Now()
			}
			p.mu.Unlock()
			back <- parcel{time.Now().Add(way.trip / 2), wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaShown, Epoch: m.Epoch, Seq: m.Seq}})}
		}
	})
	work.Go(func() { // and its answers
		for a := range back {
			time.Sleep(time.Until(a.at))
			_ = service.SendMedia(1, a.data)
		}
	})
	view, err := proto.Marshal(&wirepb.ViewSettings{Operations: viewer.Operations(), CacheBytes: 32 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*ipcpb.ToHelper{
		{Kind: &ipcpb.ToHelper_Suspend{Suspend: &ipcpb.Suspend{}}},
		{Kind: &ipcpb.ToHelper_Open{Open: &ipcpb.OpenView{Session: make([]byte, 16), Viewer: 1, FirstEpoch: 1}}},
	} {
		if err := service.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := service.SendMedia(1, wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaView}, Payload: view})); err != nil {
		t.Fatal(err)
	}
	time.Sleep(whole)
	_ = service.Close()
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	work.Wait()
	if len(shownAt) != len(p.flipped) {
		t.Fatalf("%d of %d looks of the square were seen", len(shownAt), len(p.flipped))
	}
	for i, at := range p.flipped {
		late = append(late, shownAt[i].Sub(at))
	}
	slices.Sort(late)
	if end.IsZero() {
		t.Fatal("the page never became exact")
	}
	return late, most, end.Sub(p.flipped[len(p.flipped)-1])
}

func equalPixels(img *image.RGBA, bgrx []byte) bool {
	for i := 0; i < len(bgrx); i += 4 {
		if img.Pix[i] != bgrx[i+2] || img.Pix[i+1] != bgrx[i+1] || img.Pix[i+2] != bgrx[i] {
			return false
		}
	}
	return true
}

// TestThinPathStaysCurrent: a page scrolls beside a square that changes; the
// change is seen soon, little is ever on the way, and all becomes exact.
func TestThinPathStaysCurrent(t *testing.T) {
	for name, c := range map[string]struct {
		way  thin
		soon time.Duration
	}{
		"20 Mbit/s, 40 ms":        {thin{20e6 / 8, 40 * time.Millisecond, 0}, 310 * time.Millisecond},
		"5 Mbit/s, 80 ms, 1 %":    {thin{5e6 / 8, 80 * time.Millisecond, 0.01}, 370 * time.Millisecond},
		"1 Mbit/s, 150 ms, 2 %":   {thin{1e6 / 8, 150 * time.Millisecond, 0.02}, 475 * time.Millisecond},
		"200 kbit/s, 300 ms, 5 %": {thin{200e3 / 8, 300 * time.Millisecond, 0.05}, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				late, most, settled := onThin(t, c.way, newPlay(150))
				bound := int(c.way.rate*(1.25*c.way.trip.Seconds()+0.1)) + 16<<10
				t.Logf("seen after %v (median), %v (most); at most %d bytes on the way, bound %d; exact after %v",
					late[len(late)/2], late[len(late)-1], most, bound, settled)
				if late[len(late)/2] > c.soon {
					t.Errorf("half of the changes were seen only after %v, want %v", late[len(late)/2], c.soon)
				}
				if most > bound {
					t.Errorf("%d bytes were on the way, want at most %d", most, bound)
				}
			})
		})
	}
}
