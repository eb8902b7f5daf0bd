package recording

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

func TestExportMakesAVideo(t *testing.T) {
	ffmpeg, err := findFFmpeg()
	if err != nil {
		t.Skip(err)
	}
	r := newFolder(t, on)
	s := r.begin()
	must(t, s.key())
	must(t, s.fill(200))
	s.credited()
	r.s.End(theSession.ID)
	rec := r.over()
	dir := t.TempDir()
	e := Export{ID: rec.ID, Out: filepath.Join(dir, "-i $(touch x) session.mp4"), Actor: system, ActorName: "command line"}
	must(t, r.s.Export(t.Context(), e))
	if a := r.records("recording.open"); len(a) != 1 || a[0].Detail != "to export" {
		t.Fatalf("%+v", a)
	}
	// The last frame is what the screen showed.
	//nolint:gosec // ffmpeg on our own file
	out, err := exec.CommandContext(t.Context(), ffmpeg, "-loglevel", "error", "-sseof", "-0.1", "-i", "file:"+e.Out, "-frames:v", "1",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1").Output()
	if err != nil || len(out) != 64*32*3 {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	if grey := int(out[len(out)/2]); grey < 195 || grey > 205 {
		t.Errorf("it is %d grey, want 200", grey)
	}
	// Nothing is overwritten, and a key that is none of its recipients' opens nothing.
	if err := r.s.Export(t.Context(), e); err == nil || !strings.Contains(err.Error(), "exist") {
		t.Error(err)
	}
	k, err := age.GenerateX25519Identity()
	must(t, err)
	e.Out, e.Keys = filepath.Join(dir, "other.mp4"), k.String()
	if err := r.s.Export(t.Context(), e); err == nil {
		t.Error("a stranger's key opened it")
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}

// BenchmarkSeek looks for a picture in the middle of the longest run of updates
// without an epoch.
func BenchmarkSeek(b *testing.B) {
	dir := b.TempDir()
	r := newRig(b, dir, filepath.Join(dir, "recordings"), 64<<10, on)
	s := r.begin()
	must(b, s.key())
	for i := range 450 { // 30 s of as many as there are
		must(b, s.fill(byte(i)))
		if i%40 == 0 {

			t := r.s.find(theSession.ID)
			t.mu.Lock()
			err := t.tape.close()
			t.mu.Unlock()
			must(b, err)
		}
		s.credited()
	}
	r.s.End(theSession.ID)
	rec := r.over()
	x := r.open(rec.ID)
	keys, err := r.s.identities()
	must(b, err)
	reel := r.s.newReel(rec.ID, x, keys)
	defer reel.close()
	for b.Loop() {
		reel.seek(time.Hour)
		_ = reel.play(time.Hour) // to the end
	}
}
