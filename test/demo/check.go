//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/test/bed"
)

// check does the journey of a rep in a headless browser.
func (d *demo) check(ctx context.Context) error {
	shots := d.artifacts
	if shots == "" {
		shots = filepath.Join(d.dir, "shots")
	}
	browser, err := bed.NewBrowser(ctx, bed.BrowserOptions{Profile: filepath.Join(d.dir, "chromium"), Shots: shots, Log: d.log})
	if err != nil {
		return err
	}
	defer browser.Close()
	c := &bed.Console{Browser: browser, URL: d.broker.Console}
	for _, step := range []struct {
		name string
		do   func(context.Context, *bed.Console) error
	}{
		{"sign in", func(_ context.Context, c *bed.Console) error { return c.SignIn(repName, d.password) }},
		{"ask for support", d.ask},
		{"consent at the desktop", d.consent},
		{"type into the remote terminal", d.typeText},
		{"see every pixel", d.comparePixels},
		{"end the session", d.end},
	} {
		fmt.Fprintf(d.out, "%-32s", step.name)
		if err := d.step(ctx, c, step.do); err != nil {
			fmt.Fprintln(d.out, "FAILED")
			return fmt.Errorf("%s: %w\n%s", step.name, err, d.logTail())
		}
		fmt.Fprintln(d.out, "ok")
	}
	return nil
}

// stepTimeout bounds one step of the journey.
const stepTimeout = time.Minute

// step does one step; of one that fails it keeps pictures of both sides.
func (d *demo) step(ctx context.Context, c *bed.Console, do func(context.Context, *bed.Console) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	err := do(ctx, c)
	if err != nil {
		err = errors.Join(err, c.Screenshot("failed"), d.desktop.Screenshot(filepath.Join(d.shots(), "failed-desktop.png")))
	}
	return err
}

func (d *demo) ask(_ context.Context, c *bed.Console) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	return c.Support(host)
}

func (d *demo) consent(ctx context.Context, c *bed.Console) error {
	if _, err := d.desktop.Window(ctx, bed.ConsentTitle); err != nil {
		return err
	}
	if err := c.Screenshot("waiting-for-consent"); err != nil {
		return err
	}
	if err := d.desktop.Screenshot(filepath.Join(d.shots(), "consent-prompt.png")); err != nil {
		return err
	}
	if err := d.desktop.Answer(ctx, true); err != nil {
		return err
	}
	if err := c.Phase("active"); err != nil {
		return err
	}
	return c.Connected()
}

// The terminal's window stands at 60, 60.
const terminalX, terminalY = 300, 300

func (d *demo) typeText(ctx context.Context, c *bed.Console) error {
	if err := c.ClickRemote(terminalX, terminalY); err != nil {
		return err
	}
	const text = "Hello from the rep, side by side: 6 * 7 = $((6 * 7))"
	if err := c.Type("echo \"" + text + "\" | tee typed.txt\r"); err != nil {
		return err
	}
	want := strings.Replace(text, "$((6 * 7))", "42", 1) + "\n"
	return bed.Until(ctx, "the typed text in the terminal's file", func() (bool, error) {
		got, err := os.ReadFile(filepath.Join(d.desktop.Dir, "typed.txt"))
		if err == nil && len(got) > 0 && string(got) != want {
			err = fmt.Errorf("it says %q", got)
		}
		return string(got) == want, err
	})
}

func (d *demo) comparePixels(ctx context.Context, c *bed.Console) error {
	if err := bed.SamePixels(ctx, c, d.desktop); err != nil {
		return err
	}
	return c.Screenshot("session")
}

func (d *demo) end(_ context.Context, c *bed.Console) error {
	if err := c.End(); err != nil {
		return err
	}
	if err := c.Phase("ended"); err != nil {
		return err
	}
	if err := c.Screenshot("ended"); err != nil {
		return err
	}
	if err := c.Open(d.broker.Console + "/audit"); err != nil {
		return err
	}
	if err := c.Wait(`[data-testid="audit-row"]`); err != nil {
		return err
	}
	return c.Screenshot("audit")
}

func (d *demo) shots() string {
	if d.artifacts != "" {
		return d.artifacts
	}
	return d.dir
}
