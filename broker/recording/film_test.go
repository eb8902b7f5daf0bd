package recording

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// scene is a picture of the tests' screen and when it comes.
type scene struct {
	at   time.Duration
	grey byte
}

// shoot records scenes, of which each other begins an epoch, and gives the reel.
func (r *rig) shoot(scenes ...scene) *reel {
	r.t.Helper()
	eventually(r.t, "what belongs to no recording is swept away", func() bool {
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		return r.s.begun == nil
	})
	keys, err := r.s.identities()
	must(r.t, err)
	p := &tape{s: r.s, id: strings.Repeat("ab", 16), index: newIndex(theSession.ID, theSession.StartedAt)}
	m := wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate}}
	for i, s := range scenes {
		m.Payload = nil
		if begins := i%2 == 0; begins {
			m.Epoch, m.Seq = m.Epoch+1, 0
			m.Payload = wire.AppendOp(nil, &wire.Op{Kind: wire.OpResize, Width: 64, Height: 32})
		}
		m.Seq++
		m.Payload = append(m.Payload, grey(s.grey)...)
		must(r.t, p.write(s.at, m, m.Seq == 1))
	}
	must(r.t, p.close())
	return r.s.newReel(p.id, p.index, keys)
}

func grey(g byte) []byte {
	return wire.AppendOp(nil, &wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: wire.Rect{W: 64, H: 32}, R: g, G: g, B: g}}})
}

func needFFmpeg(t *testing.T) string {
	t.Helper()
	ffmpeg, err := findFFmpeg()
	if err != nil {
		t.Skip(err)
	}
	return ffmpeg
}

// TestVideoShowsEachPictureWhenItWas: with some minutes in which nothing happens.
func TestVideoShowsEachPictureWhenItWas(t *testing.T) {
	ffmpeg := needFFmpeg(t)
	r := newFolder(t, on)
	const still = 11 * time.Minute
	scenes := []scene{
		{0, 40}, {90 * time.Millisecond, 80}, {200 * time.Millisecond, 120}, {999 * time.Millisecond, 160}, {still, 200}, {still + 250*time.Millisecond, 60},
	}
	length := still + 770*time.Millisecond
	for _, ending := range []string{".mp4", ".mkv", ".avi"} {
		reel := r.shoot(scenes...)
		defer reel.close()
		out := filepath.Join(t.TempDir(), "video"+ending)
		must(t, reel.video(t.Context(), ffmpeg, out, length))
		if fi, err := os.Stat(out); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", fi.Mode(), err)
		}
		// One byte for every tenth of a second.
		//nolint:gosec // ffmpeg on our own file
		film, err := exec.CommandContext(t.Context(), ffmpeg, "-loglevel", "error", "-i", "file:"+out,
			"-vf", "fps=10,scale=1:1:flags=area", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "pipe:1").Output()
		must(t, err)
		if want := int(length/frameTime) + 2; len(film) != want {
			t.Errorf("%s: %d tenths of a second, want %d", ending, len(film), want)
		}
		for i, got := range film {
			at, want := time.Duration(i)*frameTime, 0
			for _, s := range scenes {
				if s.at <= at {
					want = int(s.grey)
				}
			}
			if int(got) < want-4 || int(got) > want+4 {
				t.Fatalf("%s: %d grey at %v, want %d", ending, got, at, want)
			}
		}
	}
}

// TestFilmHasAPictureWhereItChanged counts what goes to ffmpeg.
func TestFilmHasAPictureWhereItChanged(t *testing.T) {
	r := newFolder(t, on)
	// The second and third look as the first; the last two are one tenth's.
	reel := r.shoot(scene{0, 40}, scene{time.Second, 40}, scene{2 * time.Second, 40}, scene{10 * time.Second, 41}, scene{20010 * time.Millisecond, 42}, scene{20020 * time.Millisecond, 43})
	defer reel.close()
	var out bytes.Buffer
	size, err := reel.size()
	must(t, err)
	must(t, reel.film(t.Context(), &out, size, 30*time.Second))
	const picture = 64 * 32 * 4
	if n := out.Len() / picture; n != 4 || out.Len()%picture > 1024 {
		t.Errorf("%d pictures in %d bytes, want three and the last one again", n, out.Len())
	}
	if n := bytes.Count(out.Bytes(), bytes.Repeat([]byte{42, 42, 42, 255}, 64*32)); n != 0 {
		t.Error("a picture that nobody sees was written")
	}
}

// TestVideoOfARecordingWithoutSizes: as they were before sizes were written down,
// and one that an older recorder began.
func TestVideoOfARecordingWithoutSizes(t *testing.T) {
	r := newFolder(t, on)
	reel := r.shoot(scene{0, 40}, scene{time.Second, 40}, scene{20 * time.Second, 40}, scene{30 * time.Second, 40})
	defer reel.close()
	x := reel.index
	if size, known := x.size(); !known || size.X != 64 || size.Y != 32 || len(x.Segments) < 3 {
		t.Fatalf("%v %t of %+v", size, known, x)
	}
	for i := range x.Segments {
		x.Segments[i].Width, x.Segments[i].Height = 0, 0
		if _, known := x.size(); known && x.Segments[i].Key {
			t.Error("a size is known of a recording that says half of it")
		}
		if size, err := reel.size(); err != nil || size.X != 64 || size.Y != 32 || reel.next != 1 {
			t.Errorf("%v, %v, at %d", size, err, reel.next)
		}
	}
	x.Segments[0].Width, x.Segments[0].Height = wire.MaxCanvas+1, 1
	for i := range x.Segments {
		x.Segments[i].Key = i == 0
	}
	if _, err := reel.size(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a screen larger than there are: %v", err)
	}
}

func TestCancelledVideoLeavesNothing(t *testing.T) {
	ffmpeg := needFFmpeg(t)
	r := newFolder(t, on)
	reel := r.shoot(scene{0, 40})
	defer reel.close()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	out := filepath.Join(t.TempDir(), "video.mkv")
	done := make(chan error, 1)
	go func() { done <- reel.video(ctx, ffmpeg, out, 1<<62) }()
	eventually(t, "ffmpeg writes", func() bool {
		fi, err := os.Stat(out)
		return err == nil && fi.Size() > 0
	})
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Error(err)
	}
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what there was of it is left: %v", err)
	}
}

// TestDamagedVideoLeavesNothing: the recording ends where a segment is not what it
// was, and so does the video.
func TestDamagedVideoLeavesNothing(t *testing.T) {
	ffmpeg := needFFmpeg(t)
	r := newFolder(t, on)
	reel := r.shoot(scene{0, 40}, scene{time.Second, 50}, scene{20 * time.Second, 40})
	defer reel.close()
	reel.index.Segments[len(reel.index.Segments)-1].Hash[0]++
	out := filepath.Join(t.TempDir(), "video.mp4")
	var refused *wire.CodeError
	if err := reel.video(t.Context(), ffmpeg, out, time.Minute); !errors.As(err, &refused) {
		t.Error(err)
	}
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part of it is left: %v", err)
	}
}

func TestMatroskaTakesPicturesOfOneSize(t *testing.T) {
	r := newFolder(t, on)
	reel := r.shoot(scene{0, 40})
	defer reel.close()
	if err := reel.play(time.Second); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	m, err := newMatroska(io.Discard, reel.canvas.Size().Mul(2), frameTime)
	must(t, err)
	if err := m.picture(0, reel.canvas.Image()); err == nil {
		t.Error("a picture of another size was written")
	}
}
