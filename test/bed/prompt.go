//go:build linux

package bed

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Titles of the endpoint's own windows.
const (
	ConsentTitle = "Remote support request"
	FormTitle    = "Request support"
	BannerTitle  = "Alongside session"
)

// Answer waits for the consent prompt and answers it with real events, as the
// person at the desktop does: a click on Yes, or Escape.
func (d *Desktop) Answer(ctx context.Context, yes bool) error {
	return d.AnswerTo(ctx, ConsentTitle, yes)
}

// AnswerTo is Answer for another question.
func (d *Desktop) AnswerTo(ctx context.Context, title string, yes bool) error {
	return d.answer(ctx, title, yes, d.clickYes)
}

// AnswerCard is Answer where there is no dialog program, so that the prompt is the
// tray's own window.
func (d *Desktop) AnswerCard(ctx context.Context, yes bool) error {
	return d.answer(ctx, ConsentTitle, yes, func(id string) error { return d.clickFromCorner(id, cardYesFromRight, cardYesFromBelow) })
}

func (d *Desktop) answer(ctx context.Context, title string, yes bool, clickYes func(id string) error) error {
	id, err := d.Window(ctx, title)
	if err != nil {
		return err
	}
	last := time.Time{}
	return Until(ctx, "the prompt to close", func() (bool, error) {
		if !d.HasWindow(title) {
			return true, nil
		}
		// A window that has just appeared may still be moved by the window
		// manager or not take input yet, so the answer is given again.
		if time.Since(last) < answerAgain {
			return false, nil
		}
		last = time.Now()
		if yes {
			return false, clickYes(id)
		}
		_, err := d.output("xdotool", "windowfocus", "--sync", id, "key", "Escape")
		return false, err
	})
}

// answerAgain is how long an answer has to take effect.
const answerAgain = time.Second

// Request waits for the request form and sends it filled in, with real events:
// each value into its own entry, then the button.
func (d *Desktop) Request(ctx context.Context, values ...string) error {
	id, err := d.Window(ctx, FormTitle)
	if err != nil {
		return err
	}
	if _, err := d.output("xdotool", "windowfocus", "--sync", id); err != nil {
		return err
	}
	for _, v := range values {
		if _, err := d.output("xdotool", "type", "--delay", "8", "--", v); err != nil {
			return err
		}
		if _, err := d.output("xdotool", "key", "Tab"); err != nil {
			return err
		}
	}
	last := time.Time{}
	return Until(ctx, "the form to close", func() (bool, error) {
		if !d.HasWindow(FormTitle) {
			return true, nil
		}
		if time.Since(last) < answerAgain {
			return false, nil
		}
		last = time.Now()
		return false, d.clickFromCorner(id, sendFromRight, sendFromBelow)
	})
}

// Done clicks the banner's button, which stands at its right end.
func (d *Desktop) Done(ctx context.Context) error {
	id, err := d.Window(ctx, BannerTitle)
	if err != nil {
		return err
	}
	return d.clickFromCorner(id, doneFromRight, doneFromBelow)
}

// The buttons of a GTK question stand in the lowest row, Yes at its right end.
// In pixels, to the middle of the button.
const (
	yesFromRight = 60
	rowFromBelow = 24

	sendFromRight = 90
	sendFromBelow = 42

	cardYesFromRight = 80
	cardYesFromBelow = 42

	doneFromRight = 40
	doneFromBelow = 22
)

func (d *Desktop) clickYes(id string) error {
	return d.clickFromCorner(id, yesFromRight, rowFromBelow)
}

// clickFromCorner clicks a window's point by its distance from the lower right.
func (d *Desktop) clickFromCorner(id string, fromRight, fromBelow int) error {
	out, err := d.output("xdotool", "getwindowgeometry", "--shell", id)
	if err != nil {
		return err
	}
	size := map[string]int{}
	for _, line := range strings.Fields(out) {
		name, value, _ := strings.Cut(line, "=")
		if n, err := strconv.Atoi(value); err == nil {
			size[name] = n
		}
	}
	// Relative to the window: the position above is wrong under a window manager.
	_, err = d.output("xdotool", "mousemove", "--window", id, itoa(size["WIDTH"]-fromRight), itoa(size["HEIGHT"]-fromBelow), "click", "1")
	return err
}

// Type waits for a window, gives it the focus and types into it, with Tab
// between the texts and Return at the end: as somebody without a mouse does.
func (d *Desktop) Type(ctx context.Context, title string, texts ...string) error {
	id, err := d.Window(ctx, title)
	if err != nil {
		return err
	}
	// A window that has just appeared takes no yes.
	steps := [][]string{{"windowfocus", "--sync", id, "sleep", "0.5"}}
	for i, t := range texts {
		if i > 0 {
			steps = append(steps, []string{"key", "Tab"})
		}
		if t != "" {
			steps = append(steps, []string{"type", "--delay", "15", "--", t})
		}
	}
	for _, args := range append(steps, []string{"key", "Return"}) {
		if _, err := d.output("xdotool", args...); err != nil {
			return fmt.Errorf("type into %s: %w", title, err)
		}
	}
	return nil
}

// Run runs a command line on the desktop, as a launcher does.
func (d *Desktop) Run(line string) error {
	_, err := d.output("sh", "-c", line)
	return err
}
