package clipboard_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/clipboard"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
)

const (
	patience = time.Minute
	limit    = 1 << 20
)

// other is another program at the same desktop.
type other struct {
	t       *testing.T
	display string
}

func (o other) run(stdin string, name string, args ...string) (string, error) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(cmd.Environ(), "DISPLAY="+o.display)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout = &out // and not stderr: what serves the selection in the background keeps it open
	err := cmd.Run()
	return out.String(), err
}

// copies copies a text, with a program that then serves it.
func (o other) copies(text string) {
	o.t.Helper()
	cmd := exec.CommandContext(o.t.Context(), "xclip", "-quiet", "-selection", "clipboard", "-in")
	cmd.Env = append(cmd.Environ(), "DISPLAY="+o.display)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (o other) pastes(want string) {
	o.t.Helper()
	for _, by := range [][]string{{"xclip", "-selection", "clipboard", "-out"}, {"xsel", "--clipboard", "--output"}} {
		if got, err := o.run("", by[0], by[1:]...); err != nil || got != want {
			o.t.Errorf("%s pastes %d bytes, want %d: %v", by[0], len(got), len(want), err)
		}
	}
}

func start(t *testing.T) (clipboard.Board, other) {
	t.Helper()
	s := x11test.Start(t, "320x200x24")
	b, err := clipboard.Open(t.Context(), clipboard.Options{Display: s.Display, Limit: limit, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b, other{t, s.Display}
}

func changed(t *testing.T, b clipboard.Board) {
	t.Helper()
	select {
	case <-b.Changed():
	case <-time.After(patience):
		t.Fatal("never told that something was copied")
	}
}

// texts are of every way that a text takes: at once, in parts, in parts of odd ends.
func texts() map[string]string {
	return map[string]string{
		"short": "Grüße, 世界 🙂\nsecond line\ttab", "empty": "", "large": strings.Repeat("0123456789abcde\n", 20000),
		"largest": strings.Repeat("é", limit/2), "around a part": strings.Repeat("x", 64<<10) + "y",
	}
}

func TestX1_OtherProgramsPasteWhatIsWritten(t *testing.T) {
	b, o := start(t)
	for name, text := range texts() {
		if err := b.Write(t.Context(), text); err != nil {
			t.Fatal(name, err)
		}
		o.pastes(text)
	}
	if out, err := o.run("", "xclip", "-selection", "clipboard", "-out", "-target", "TARGETS"); err != nil || !strings.Contains(out, "UTF8_STRING") || !strings.Contains(out, "TIMESTAMP") {
		t.Errorf("targets: %q %v", out, err)
	}
	if _, err := b.Read(t.Context()); !errors.Is(err, clipboard.ErrEmpty) {
		t.Errorf("one's own text is read back: %v", err)
	}
}

func TestX1_WhatOtherProgramsCopyIsRead(t *testing.T) {
	b, o := start(t)
	if _, err := b.Read(t.Context()); !errors.Is(err, clipboard.ErrEmpty) {
		t.Errorf("of nothing: %v", err)
	}
	for name, text := range texts() {
		if text == "" {
			continue // xclip copies nothing then
		}
		o.copies(text)
		changed(t, b)
		if got, err := b.Read(t.Context()); err != nil || got != text {
			t.Errorf("%s: read %d bytes, want %d: %v", name, len(got), len(text), err)
		}
	}
	o.copies(strings.Repeat("x", limit+1))
	changed(t, b)
	if _, err := b.Read(t.Context()); !errors.Is(err, clipboard.ErrTooLong) {
		t.Errorf("too long: %v", err)
	}
	// Somebody else's copy takes the place of what was written, and is told.
	if err := b.Write(t.Context(), "ours"); err != nil {
		t.Fatal(err)
	}
	o.copies("theirs")
	changed(t, b)
	if got, err := b.Read(t.Context()); err != nil || got != "theirs" {
		t.Errorf("read %q: %v", got, err)
	}
	o.pastes("theirs")
}

// A program that has the selection and does not answer costs a bounded time, and what
// waits ends with its context.
func TestX1_AProgramThatDoesNotAnswer(t *testing.T) {
	b, o := start(t)
	cmd := exec.CommandContext(t.Context(), "xclip", "-quiet", "-selection", "clipboard", "-in")
	cmd.Env = append(cmd.Environ(), "DISPLAY="+o.display)
	cmd.Stdin = strings.NewReader("mute")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	changed(t, b)
	stopProcess(t, cmd.Process)
	if _, err := b.Read(t.Context()); !errors.Is(err, clipboard.ErrSilent) {
		t.Errorf("a mute owner: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
	if err := b.Write(t.Context(), "goes on"); err != nil {
		t.Fatal(err)
	}
	o.pastes("goes on")
}

func TestX1_TheBoardEndsWithItsDisplay(t *testing.T) {
	s := x11test.Start(t, "320x200x24")
	b, err := clipboard.Open(t.Context(), clipboard.Options{Display: s.Display, Limit: limit, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	select {
	case <-b.Gone():
	case <-time.After(patience):
		t.Fatal("not told")
	}
	if err := b.Write(t.Context(), "x"); !errors.Is(err, clipboard.ErrLost) {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := clipboard.Open(t.Context(), clipboard.Options{Display: s.Display, Limit: limit, Log: slog.New(slog.DiscardHandler)}); !errors.Is(err, clipboard.ErrUnsupported) {
		t.Errorf("without a display: %v", err)
	}
}
