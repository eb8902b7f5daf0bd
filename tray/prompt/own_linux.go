package prompt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/entry"
	"github.com/alongside-remote/alongside/tray/internal/window"
	"github.com/alongside-remote/alongside/tray/internal/words"
)

// own draws the prompts itself, for machines without a dialog program.
type own struct {
	display string
	w       words.Words
}

func openOwn(o Options) (Prompter, error) {
	d, err := window.Open(o.Display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	d.Close()
	return own{o.Display, o.Words}, nil
}

// Consent implements Prompter.
func (p own) Consent(ctx context.Context, r ConsentRequest) (Answer, error) {
	w := p.w
	wish, silence := w.Say(words.AskView), words.CountdownToNo
	switch {
	case r.Pin != nil:
		wish = w.Say(words.AskPin)
	case r.File != nil && r.File.Out:
		wish = w.Say(words.AskFileOut)
	case r.File != nil:
		wish = w.Say(words.AskFileIn)
	case r.Restart:
		wish = w.Say(words.AskRestart)
	case r.Elevate:
		wish = w.Say(words.AskElevate)
	case r.Control:
		wish = w.Say(words.AskControl)
	}
	if r.SilenceAllows {
		silence = words.CountdownToYes
	}
	c := &card{
		title: ConsentTitle,
		head:  wish,
		who:   r.who(w),
		from:  r.from(w),
		text:  r.wish(w),
		hint:  w.Say(r.hint()),
		left: func(left time.Duration) string {
			return w.Say(silence, max(0, int(left.Round(time.Second)/time.Second)))
		},
		buttons: []button{{label: w.Say(words.No), result: resultNo}, {label: w.Say(words.Yes), result: resultYes, primary: true}},
		focus:   0,
		timeout: r.Timeout,
	}
	switch res, err := p.show(ctx, c); {
	case err != nil:
		return No, err
	case res == resultYes:
		return Yes, nil
	case res == resultTimeout:
		return TimedOut, nil
	default:
		return No, nil
	}
}

// Form implements Prompter.
func (p own) Form(ctx context.Context, r FormRequest) (Fields, bool, error) {
	f := r.Fields
	c := &card{
		title:   FormTitle,
		head:    p.w.Say(words.FormHead),
		buttons: []button{{label: p.w.Say(words.Cancel), result: resultNo}, {label: p.w.Say(words.Send), result: resultYes, primary: true}},
		focus:   0,
	}
	for i, e := range formFields() {
		c.entries = append(c.entries, input{label: p.w.Say(e.label), Entry: entry.Entry{Text: []rune(*e.value(&f))}})
		if *e.value(&f) != "" && c.focus == i {
			c.focus++ // to the first that is empty
		}
	}
	if r.Refused != nil {
		c.focus = r.Refused.Field
		c.entries[c.focus].problem = r.Refused.Text(p.w)
		r.Refused = nil // it stands at its field
	}
	c.text = r.intro(p.w)
	c.focus = min(c.focus, len(c.entries)-1)
	c.check = func() bool {
		for i, e := range formFields() {
			*e.value(&f) = string(c.entries[i].Text)
			c.entries[i].problem = ""
		}
		problems := r.Validate(f)
		for i := len(problems) - 1; i >= 0; i-- {
			c.entries[problems[i].Field].problem = problems[i].Text(p.w)
			c.focus = problems[i].Field
		}
		return len(problems) == 0
	}
	res, err := p.show(ctx, c)
	if err != nil || res != resultYes {
		return Fields{}, false, err
	}
	return f, true, nil
}

// Ask implements Prompter.
func (p own) Ask(ctx context.Context, q Question) (bool, error) {
	c := &card{
		title:   Clean(q.Title, MaxTitle),
		head:    Clean(q.Head, MaxTitle),
		who:     Clean(q.Who, MaxWho),
		from:    Clean(q.From, MaxName),
		text:    CleanText(q.Text, MaxNotice),
		buttons: []button{{label: Clean(q.No, MaxName), result: resultNo}, {label: Clean(q.Yes, MaxName), result: resultYes, primary: true}},
		timeout: MaxTimeout,
	}
	res, err := p.show(ctx, c)
	return err == nil && res == resultYes, err
}

// File implements Prompter: the path is typed.
func (p own) File(ctx context.Context, r FileRequest) (string, bool, error) {
	c := &card{
		title:   FileTitle,
		head:    p.w.Say(words.FileChoose),
		text:    p.w.Say(words.FileTo, Clean(r.To, MaxName)),
		buttons: []button{{label: p.w.Say(words.Cancel), result: resultNo}, {label: p.w.Say(words.FileSend), result: resultYes, primary: true}},
		entries: []input{{label: p.w.Say(words.FilePath), Entry: entry.Entry{Text: []rune(inFolder(r.Folder))}}},
		timeout: MaxTimeout,
	}
	path := ""
	c.check = func() bool {
		path, c.entries[0].problem = string(c.entries[0].Text), ""
		if i, err := os.Stat(path); err == nil && i.Mode().IsRegular() && filepath.IsAbs(path) {
			return true
		}
		c.entries[0].problem, c.focus = p.w.Say(words.FileNotThere), 0
		return false
	}
	res, err := p.show(ctx, c)
	if err != nil || res != resultYes {
		return "", false, err
	}
	return path, true, nil
}

// Notice implements Prompter.
func (p own) Notice(ctx context.Context, n Notice) error {
	c := &card{
		title:   Clean(n.Title, MaxTitle),
		head:    Clean(n.Title, MaxTitle),
		text:    CleanText(n.Text, MaxNotice),
		buttons: []button{{label: p.w.Say(words.OK), result: resultNo, primary: true}},
		timeout: n.Timeout,
	}
	_, err := p.show(ctx, c)
	return err
}

// show runs one window until it has a result.
func (p own) show(ctx context.Context, c *card) (result, error) {
	d, err := window.Open(p.display)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	defer d.Close()
	v := &cardView{d: d, card: c}
	if err := v.open(); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrFailed, err)
	}
	res, err := v.loop(ctx)
	if errors.Is(err, window.ErrGone) {
		err = fmt.Errorf("%w: %w", ErrFailed, err)
	}
	return res, err
}
