package encode_test

import (
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

var recordTo = flag.String("record", "", "file for what TestRecording has viewers shown, as JSON; the console's tests play it back")

// recorded is one thing that happened at a viewer: a new one began, an update
// came, or what is shown was found to be exact.
type recorded struct {
	Cache   *uint32          `json:"cache,omitempty"` // begins
	Epoch   uint32           `json:"epoch,omitempty"`
	Update  []byte           `json:"update,omitempty"`
	Width   int              `json:"width,omitempty"`
	Height  int              `json:"height,omitempty"`
	RGBA    []byte           `json:"rgba,omitempty"`
	Pointer *recordedPointer `json:"pointer,omitempty"` // with RGBA; nil: none is shown
}

type recordedPointer struct {
	X, Y, Width, Height, HotX, HotY int
	RGBA                            []byte
}

// recordedView is what one viewer was shown.
type recordedView struct {
	Name   string     `json:"name"`
	Seed   uint64     `json:"seed"`
	Events []recorded `json:"events"`
}

func (r *recordedView) add(e recorded) {
	if r != nil {
		r.Events = append(r.Events, e)
	}
}

func (r *recordedView) picture(c *viewer.Canvas) {
	e := recorded{Width: c.Size().X, Height: c.Size().Y}
	if r == nil {
		return
	}
	e.RGBA = slices.Clone(c.Image().Pix)
	if k := c.Cursor(); k.Visible {
		e.Pointer = &recordedPointer{k.Position.X, k.Position.Y, k.Size.X, k.Size.Y, k.Hot.X, k.Hot.Y, k.Pix}
	}
	r.add(e)
}

// TestRecording shows random desktops as TestRandomDesktops does, looks whether
// every operation that the engine makes was among what was sent, and records it.
func TestRecording(t *testing.T) {
	const desktops, short = 3, 30
	var views []*recordedView
	for i := range desktops {
		p := play{seed: uint64(1000 + i)}
		synctest.Test(t, func(t *testing.T) {
			s := newAudience(&p)
			defer s.close()
			for _, v := range s.viewers {
				if v.name == "slow" || v.name == "resize and lossless only" {
					continue
				}
				v.record = &recordedView{Name: v.name, Seed: p.seed}
				cache := v.cache
				v.record.add(recorded{Cache: &cache})
				views = append(views, v.record)
			}
			for n := range short {
				if err := s.step(rand.New(rand.NewPCG(p.seed, uint64(n+1)))); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.settle(); err != nil {
				t.Fatal(err)
			}
		})
	}
	seen := map[wire.OpKind]bool{}
	for _, v := range views {
		for _, e := range v.Events {
			for _, k := range kinds(t, e.Update) {
				seen[k] = true
			}
		}
	}
	for _, k := range []wire.OpKind{
		wire.OpResize, wire.OpMove, wire.OpStore, wire.OpCached, wire.OpLossless, wire.OpPhoto, wire.OpFill,
		wire.OpCursorShape, wire.OpCursorPosition, wire.OpTables,
	} {
		if !seen[k] {
			t.Errorf("operation %d was never sent, only %v", k, slices.Sorted(maps.Keys(seen)))
		}
	}
	if *recordTo == "" {
		return
	}
	b, err := json.Marshal(views)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*recordTo, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
