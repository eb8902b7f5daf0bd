package recording

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/viewer"
)

// Times of exported videos.
const (
	// frameTime is how long a picture is shown at least: a screen, not a film.
	frameTime = 100 * time.Millisecond
	// stillTime is how long one is shown at most before it is written again: some
	// players that are sent to a time wait for the next picture, and ffmpeg doubts
	// times that leap.
	stillTime = time.Minute
)

// errNothing: no picture, no video.
var errNothing = errors.New("the recording shows nothing")

// video makes a file of the reel with ffmpeg, which encodes as the file's ending
// says. The file is its owner's alone, as the recording is, and is removed where
// it does not become whole.
func (r *reel) video(ctx context.Context, ffmpeg, out string, length time.Duration) error {
	size, err := r.size()
	if err != nil {
		return err
	}
	if size == (image.Point{}) {
		return errNothing
	}
	f, err := os.OpenFile(out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("video: %w", err)
	}
	if err = cmp.Or(f.Close(), r.encode(ctx, ffmpeg, out, size, length)); err != nil {
		return errors.Join(err, os.Remove(out))
	}
	return nil
}

// encode pipes the pictures to ffmpeg.
func (r *reel) encode(ctx context.Context, ffmpeg, out string, size image.Point, length time.Duration) error {
	// The name is absolute and has a protocol before it, so that it is neither an
	// option nor an address. -xerror: a disk that is full is a failure.
	cmd := exec.CommandContext(ctx, ffmpeg, //nolint:gosec // one of a constant list
		"-hide_banner", "-loglevel", "error", "-nostdin", "-xerror", "-f", "matroska", "-i", "pipe:0",
		"-an", "-fps_mode", "vfr", "-pix_fmt", "yuv420p", "-y", "file:"+out)
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
	err = r.film(ctx, in, size, length)
	err = errors.Join(err, in.Close())
	failed := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("video: %w", context.Cause(ctx))
	case failed != nil:
		return fmt.Errorf("ffmpeg: %w: %s", failed, strings.TrimSpace(said.String()))
	}
	return err
}

// film writes what the screen showed: a picture where it is another one than
// before, and one at the end, so that the film is as long as the recording. That
// spares the encoder, which is what an export waits for, most of its work.
func (r *reel) film(ctx context.Context, to io.Writer, size image.Point, length time.Duration) error {
	out, err := newMatroska(to, size, frameTime)
	if err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	now, last := image.NewRGBA(image.Rectangle{Max: size}), image.NewRGBA(image.Rectangle{Max: size})
	since := -stillTime // last was written
	hidden := false
	for at := time.Duration(0); ; at += frameTime {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		before := r.shown
		err := r.play(at)
		over := errors.Is(err, io.EOF)
		if err != nil && !over {
			return err
		}
		over = over && at >= length
		turned := hidden != r.index.masked(at)
		hidden = hidden != turned
		write := over || at-since >= stillTime
		if r.shown != before || turned || write {
			if hidden {
				hatch(now)
			} else {
				paint(now, r.canvas)
			}
			write = write || !bytes.Equal(now.Pix, last.Pix)
		}
		if write {
			if err := out.picture(at, now); err != nil {
				return fmt.Errorf("ffmpeg: %w", err)
			}
			now, last, since = last, now, at
		}
		if over {
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

// Stripes of a masked picture: wide enough to be seen in a small window.
const stripe = 32

// hatch draws what stands in the place of a picture that was not to be kept.
func hatch(frame *image.RGBA) {
	for y := range frame.Rect.Dy() {
		row := frame.Pix[y*frame.Stride : y*frame.Stride+4*frame.Rect.Dx()]
		for x := range frame.Rect.Dx() {
			grey := byte(0x30)
			if (x+y)/stripe%2 == 1 {
				grey = 0x48
			}
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = grey, grey, grey, 0xff
		}
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
