package recording

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// frameRate of exported videos: a screen, not a film.
const frameRate = 10

// ErrNoFFmpeg means that there is no ffmpeg where one is looked for.
var ErrNoFFmpeg = errors.New("a video file needs ffmpeg: install it, or play the recording in the console")

// ffmpegs are the places where ffmpeg is looked for; never in PATH, which others
// may have made.
var ffmpegs = []string{
	"/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg", "/opt/homebrew/bin/ffmpeg", `C:\Program Files\ffmpeg\bin\ffmpeg.exe`,
}

// Export says what to make a video of.
type Export struct {
	ID        string
	Out       string // a file that is not there yet; its ending says what kind
	Keys      string // age identities; empty: the broker's own
	Actor     string // for the audit log
	ActorName string
}

// Export makes a video file of a recording with ffmpeg. It is in the audit log
// before anything is decrypted.
func (s *Service) Export(ctx context.Context, e Export) error {
	ffmpeg, err := findFFmpeg()
	if err != nil {
		return err
	}
	out, err := filepath.Abs(e.Out)
	if err != nil {
		return fmt.Errorf("video: %w", err)
	}
	if _, err := os.Lstat(out); err == nil {
		return fmt.Errorf("video: %s: %w", out, os.ErrExist)
	}
	r, err := s.over(ctx, e.ID)
	if err != nil {
		return err
	}
	var keys []age.Identity
	if e.Keys == "" {
		keys, err = s.identities()
	} else {
		keys, err = ParseIdentities(e.Keys)
	}
	if err != nil {
		return err
	}
	if err := s.opened(ctx, r, e.Actor, e.ActorName, "to export"); err != nil {
		return err
	}
	x, err := s.index(r, keys)
	if err != nil {
		return err
	}
	reel := s.newReel(r.ID, x, keys)
	defer reel.close()
	size, err := reel.size()
	if err != nil {
		return err
	}
	if size.X == 0 {
		return errors.New("the recording shows nothing")
	}
	return reel.film(ctx, ffmpeg, out, size, r.Duration)
}

func findFFmpeg() (string, error) {
	for _, p := range ffmpegs {
		if fi, err := os.Stat(p); err == nil && fi.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", ErrNoFFmpeg
}

// size is the largest width and height that the screen had, made even, as video
// wants it. It leaves the reel at its beginning.
func (r *reel) size() (image.Point, error) {
	var size image.Point
	for {
		e, err := r.peek()
		if errors.Is(err, io.EOF) {
			r.seek(0)
			return image.Pt((size.X+1)&^1, (size.Y+1)&^1), nil
		}
		if err != nil {
			return size, err
		}
		r.ahead = nil
		if e.Kind != wire.MediaUpdate {
			continue
		}
		// Resize is the first operation of an epoch and stands nowhere else.
		if op, err := wire.NewOpReader(e.Payload).Next(); err == nil && op != nil && op.Kind == wire.OpResize {
			size = image.Pt(max(size.X, int(op.Width)), max(size.Y, int(op.Height)))
		}
	}
}

// film pipes the frames to ffmpeg.
func (r *reel) film(ctx context.Context, ffmpeg, out string, size image.Point, length time.Duration) error {
	// The name is absolute and has a protocol before it, so that it is neither an
	// option nor an address.
	cmd := exec.CommandContext(ctx, ffmpeg, //nolint:gosec // one of a constant list
		"-hide_banner", "-loglevel", "error", "-nostdin", "-f", "rawvideo", "-pixel_format", "rgba",
		"-video_size", strconv.Itoa(size.X)+"x"+strconv.Itoa(size.Y), "-framerate", strconv.Itoa(frameRate), "-i", "pipe:0",
		"-an", "-pix_fmt", "yuv420p", "-n", "file:"+out)
	cmd.Env = []string{}
	var said strings.Builder
	cmd.Stderr = &limited{to: &said, left: 4 << 10}
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	err = r.frames(in, size, length)
	err = errors.Join(err, in.Close())
	if failed := cmd.Wait(); failed != nil {
		return errors.Join(fmt.Errorf("ffmpeg: %w: %s", failed, strings.TrimSpace(said.String())), os.Remove(out))
	}
	return err
}

func (r *reel) frames(to io.Writer, size image.Point, length time.Duration) error {
	frame := image.NewRGBA(image.Rectangle{Max: size})
	for n := 0; ; n++ {
		at := time.Duration(n) * time.Second / frameRate
		err := r.play(at)
		over := errors.Is(err, io.EOF)
		if err != nil && !over {
			return err
		}
		paint(frame, r.canvas)
		if _, err := to.Write(frame.Pix); err != nil {
			return fmt.Errorf("ffmpeg: %w", err)
		}
		if over && at >= length {
			return nil
		}
	}
}

// paint draws the screen with its pointer at the upper left of a frame.
func paint(frame *image.RGBA, c *viewer.Canvas) {
	m := c.Image()
	if m == nil || m.Rect.Max != frame.Rect.Max {
		clear(frame.Pix)
	}
	if m == nil {
		return
	}
	draw.Draw(frame, m.Rect, m, image.Point{}, draw.Src)
	if p := c.Cursor(); p.Visible {
		shape := &image.NRGBA{Pix: p.Pix, Stride: 4 * p.Size.X, Rect: image.Rectangle{Max: p.Size}}
		draw.Draw(frame, shape.Rect.Add(p.Position.Sub(p.Hot)), shape, image.Point{}, draw.Over)
	}
}

// limited keeps the beginning of what a program says.
type limited struct {
	to   *strings.Builder
	left int
}

// Write implements io.Writer.
func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.to.Write(b[:n])
	l.left -= n
	return len(b), nil
}
