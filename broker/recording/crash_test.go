//go:build linux

package recording

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/policy"
)

// crashFolder tells a child of TestA5_KillLosesAtMostOneSegment what to do.
const crashFolder = "ALONGSIDE_TEST_RECORDING"

// TestCrashChild is the broker that is killed: it records and says what segments
// the index has.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashFolder)
	if dir == "" {
		t.Skip("only as a child")
	}
	r := newRig(t, dir, filepath.Join(dir, "recordings"), 64<<10, on)
	s := r.begin()
	out := json.NewEncoder(os.Stdout)
	said := 0
	for n := 0; ; n++ {
		if n%20 == 0 {
			must(t, s.key())
		}
		must(t, s.fill(byte(n)))
		s.credited()
		take := r.s.find(theSession.ID)
		take.mu.Lock()
		now := len(take.tape.index.Segments)
		take.mu.Unlock()
		if now > said {
			said = now
			_, _ = os.Stdout.WriteString("kept ")
			must(t, out.Encode(said))
		}
	}
}

func TestA5_KillLosesAtMostOneSegment(t *testing.T) {
	dir := t.TempDir()
	//nolint:gosec // this test's own program
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$", "-test.v", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), crashFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	kept := 0
	lines := bufio.NewScanner(out)
	for kept < 3 && lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), "kept "); found {
			must(t, json.Unmarshal([]byte(rest), &kept))
		}
	}
	must(t, cmd.Process.Kill()) // SIGKILL
	_ = cmd.Wait()
	if kept < 3 {
		t.Fatal("the child recorded nothing")
	}
	// The session ended meanwhile: nobody begins it again.
	r := newRig(t, dir, filepath.Join(dir, "recordings"), 64<<10, on)
	rec := r.over()
	x := r.open(rec.ID)
	if len(x.Segments) < kept {
		t.Fatalf("%d segments of %d that were kept", len(x.Segments), kept)
	}
	if rec.Complete || rec.Gaps != 1 || marks(x, MarkGap) != 1 || marks(x, MarkEnd) != 1 {
		t.Fatalf("it does not say that it broke off: %+v %+v", rec, x.Marks)
	}
	var found string
	for _, a := range r.records("recording.segment") {
		found += a.Detail
	}
	for i, g := range x.Segments {
		if !strings.Contains(found, hexOf(g.Hash)) {
			t.Errorf("the audit log lacks segment %d", i+1)
		}
		if _, err := r.s.Segment(t.Context(), rob, rec.ID, i+1); err != nil {
			t.Errorf("segment %d: %v", i+1, err)
		}
	}
	if f := files(t, filepath.Join(dir, "recordings")); len(f) != len(x.Segments)+1 {
		t.Errorf("left over: %v", f)
	}
}

// onFullDisk mounts a small file system for recordings and returns it with a
// function that fills it.
func onFullDisk(t *testing.T) (dir string, fill func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("no tmpfs here: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir, func() {
		f, err := os.Create(filepath.Join(dir, "filler"))
		must(t, err)
		for err == nil {
			_, err = f.Write(make([]byte, 16<<10))
		}
		_ = f.Close()
	}
}

func TestA5_FullDiskLosesOneSegmentAndSaysSo(t *testing.T) {
	disk, fill := onFullDisk(t)
	r := newRig(t, t.TempDir(), disk, 256<<10, on)
	s := r.begin()
	must(t, s.key())
	s.credited()
	fill()
	// More than age keeps back goes to the disk, until it takes no more.
	go func(s *screen) {
		for s.send(make([]byte, 100<<10)) == nil { //nolint:revive // until the recorder leaves
		}
	}(s)
	eventually(t, "it is said", func() bool {
		_, _, last := r.said()
		return last != nil && strings.Contains(last.Error(), "no space left")
	})
	if _, detached, _ := r.said(); detached != 0 {
		t.Error("a session that may go on without a recording lost its viewers")
	}
	if _, err := os.Stat(filepath.Join(disk, reserveFile)); err == nil {
		t.Error("the reserve was not given up")
	}
	must(t, os.Remove(filepath.Join(disk, "filler")))
	s = r.screen() // when there is room
	must(t, s.key())
	must(t, s.fill(30))
	s.credited()
	eventually(t, "it is said that it goes on", func() bool { n, _, last := r.said(); return n == 2 && last == nil })
	r.s.End(theSession.ID)
	rec := r.over()
	x := r.open(rec.ID)
	if rec.Gaps != 1 || marks(x, MarkGap) != 1 || len(x.Segments) == 0 {
		t.Fatalf("%+v %+v", rec, x)
	}
	all := r.entries(rec.ID, x)
	if n := len(all); n == 0 || all[n-1].Payload[len(all[n-1].Payload)-1] != 30 {
		t.Errorf("the last update is not in it: %d", n)
	}
}

func TestE11_RequiredAndNoRoomEndsThePicture(t *testing.T) {
	disk, fill := onFullDisk(t)
	r := newRig(t, t.TempDir(), disk, 256<<10, policy.Settings{Recording: policy.RecordingRequired})
	fill()
	_ = os.Remove(filepath.Join(disk, reserveFile))
	fill()
	must(t, r.s.Begin(theSession))
	since := time.Now()
	if err := r.s.Admit(t.Context(), theSession.ID, rob); err == nil {
		t.Fatal("let in without room for a recording")
	}
	if took := time.Since(since); took > 2*time.Second {
		t.Errorf("refused after %v", took)
	}
	must(t, os.Remove(filepath.Join(disk, "filler")))
	s := r.screen()
	must(t, s.key())
	eventually(t, "it runs", func() bool { return r.s.Admit(t.Context(), theSession.ID, rob) == nil })
	fill()
	since = time.Now()
	go func(s *screen) {
		for s.send(make([]byte, 100<<10)) == nil { //nolint:revive // until the recorder leaves
		}
	}(s)
	eventually(t, "the viewers are detached", func() bool { _, n, _ := r.said(); return n > 1 })
	if took := time.Since(since); took > 2*time.Second {
		t.Errorf("detached after %v", took)
	}
}

func TestVideoOnAFullDiskLeavesNothing(t *testing.T) {
	ffmpeg := needFFmpeg(t)
	for _, ending := range []string{".mp4", ".mkv"} {
		disk, fill := onFullDisk(t)
		r := newFolder(t, on)
		reel := r.shoot(scene{0, 40}, scene{time.Second, 50})
		defer reel.close()
		fill()
		out := filepath.Join(disk, "video"+ending)
		if err := reel.video(t.Context(), ffmpeg, out, time.Minute); err == nil || !strings.Contains(err.Error(), "No space left") {
			t.Errorf("%s: %v", ending, err)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Errorf("%s: a part of it is left: %v", ending, err)
		}
	}
}
