package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/age"
)

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
	return reel.video(ctx, ffmpeg, out, r.Duration)
}

func findFFmpeg() (string, error) {
	for _, p := range ffmpegs {
		if fi, err := os.Stat(p); err == nil && fi.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", ErrNoFFmpeg
}
