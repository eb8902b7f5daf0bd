//go:build linux

package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// stage is a reporter of a small picture and what it wrote.
type stage struct {
	*Reporter
	img   *image.RGBA
	out   bytes.Buffer
	now   int64
	bytes int64
}

func newStage(w, h int) *stage {
	s := &stage{img: image.NewRGBA(image.Rect(0, 0, w, h))}
	for i := 3; i < len(s.img.Pix); i += 4 {
		s.img.Pix[i] = 255
	}
	s.Reporter = New(&s.out, func(f func(*image.RGBA)) { f(s.img) }, func() int64 { return s.bytes })
	s.Now = func() int64 { return s.now }
	return s
}

// events are the lines since the last call.
func (s *stage) events(t *testing.T) []map[string]any {
	t.Helper()
	var all []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(s.out.String()), "\n") {
		if line == "" {
			continue
		}
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, e)
	}
	s.out.Reset()
	return all
}

func (s *stage) do(t *testing.T, commands ...string) {
	t.Helper()
	if err := s.Serve(strings.NewReader(strings.Join(append(commands, "quit"), "\n"))); err != nil {
		t.Fatal(err)
	}
}

func TestProbedPixelsAreToldWhenTheyChange(t *testing.T) {
	s := newStage(8, 4)
	s.do(t, "probe 1,2 7,3")
	s.now, s.bytes = 5, 100
	s.Updated(s.img, []image.Rectangle{image.Rect(0, 0, 2, 3)})
	s.img.SetRGBA(1, 2, color.RGBA{0xd0, 0x20, 0x21, 255})
	s.Updated(s.img, nil)
	s.Updated(s.img, nil)
	want := []map[string]any{
		{"ev": "u", "t": 5., "bytes": 100., "px": 6., "n": 1., "p": []any{"000000", "000000"}},
		{"ev": "u", "t": 5., "bytes": 100., "p": []any{"d02021", "000000"}},
		{"ev": "u", "t": 5., "bytes": 100.},
	}
	if d := cmp.Diff(want, s.events(t)); d != "" {
		t.Error(d)
	}
}

func TestPictureIsFullWhenEveryPixelWasPainted(t *testing.T) {
	s := newStage(8, 4)
	s.Connected(3, image.Pt(8, 4))
	s.Updated(s.img, []image.Rectangle{image.Rect(0, 0, 8, 3), image.Rect(0, 0, 8, 1)})
	s.Updated(s.img, []image.Rectangle{image.Rect(0, 3, 7, 4)})
	for _, e := range s.events(t) {
		if e["ev"] == "full" {
			t.Errorf("full with a pixel missing: %v", e)
		}
	}
	s.now, s.bytes = 9, 77
	s.Updated(s.img, []image.Rectangle{image.Rect(7, 3, 8, 4)})
	s.Updated(s.img, []image.Rectangle{image.Rect(0, 0, 8, 4)})
	var full []map[string]any
	for _, e := range s.events(t) {
		if e["ev"] == "full" {
			full = append(full, e)
		}
	}
	if d := cmp.Diff([]map[string]any{{"ev": "full", "t": 9., "bytes": 77.}}, full); d != "" {
		t.Error(d)
	}
}

func TestWatchedPictureIsCompared(t *testing.T) {
	s := newStage(4, 4)
	ref := make([]byte, 4*4*4) // B, G, R, X
	ref[4*5], ref[4*5+2] = 30, 40
	ref[4*15+1] = 255
	path := filepath.Join(t.TempDir(), "truth.bgrx")
	if err := os.WriteFile(path, ref, 0o644); err != nil {
		t.Fatal(err)
	}
	s.now = time.Second.Nanoseconds()
	s.do(t, "mask 3,3,40,40", "watch "+path)
	// 30² and 40² over 15 pixels of three channels.
	want := []map[string]any{{"ev": "cmp", "t": 1e9, "psnr": 30.68, "diff": 1., "maxd": 40.}}
	if d := cmp.Diff(want, s.events(t)); d != "" {
		t.Error(d)
	}
	s.img.SetRGBA(1, 1, color.RGBA{40, 0, 30, 255})
	s.now += 1e6 // too soon
	s.Updated(s.img, nil)
	s.now += compareEvery.Nanoseconds()
	s.Tick()
	s.Tick()
	s.do(t, "unwatch")
	s.Updated(s.img, nil)
	want = []map[string]any{
		{"ev": "u", "t": 1.001e9, "p": []any{}},
		{"ev": "cmp", "t": 1.061e9, "psnr": 99., "diff": 0., "maxd": 0.},
		{"ev": "u", "t": 1.061e9},
	}
	got := s.events(t)
	delete(want[0], "p")
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestPictureOfAnotherSizeIsNotCompared(t *testing.T) {
	if d := cmp.Diff(comparison{Differ: -1, Most: 255}, compare(nil, make([]byte, 4), image.Rectangle{})); d != "" {
		t.Error(d)
	}
}

func TestSnapIsAsTheHarnessKeepsPictures(t *testing.T) {
	s := newStage(1, 1)
	s.img.SetRGBA(0, 0, color.RGBA{1, 2, 3, 255})
	path := filepath.Join(t.TempDir(), "snap")
	s.do(t, "snap "+path, "bytes", "quit", "snap not-reached")
	got, err := os.ReadFile(path)
	if d := cmp.Diff([]byte{3, 2, 1, 255}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if e := s.events(t); len(e) != 2 || e[0]["ev"] != "snap" || e[1]["ev"] != "bytes" {
		t.Errorf("%v", e)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	for _, command := range []string{"probe 1", "probe a,b", "mask 1,2,3", "watch /does/not/exist"} {
		if err := newStage(1, 1).Serve(strings.NewReader(command)); err == nil || errors.Is(err, ErrGone) {
			t.Errorf("%q was taken", command)
		}
	}
}

func TestHarnessThatIsGoneIsNoQuit(t *testing.T) {
	if err := newStage(1, 1).Serve(strings.NewReader("bytes\n")); !errors.Is(err, ErrGone) {
		t.Errorf("%v, want ErrGone", err)
	}
}
