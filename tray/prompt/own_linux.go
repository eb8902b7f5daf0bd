package prompt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/window"
)

// own draws the prompts itself, for machines without a dialog program.
type own struct{ display string }

func openOwn(o Options) (Prompter, error) {
	d, err := window.Open(o.Display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	d.Close()
	return own{o.Display}, nil
}

// Consent implements Prompter.
func (p own) Consent(ctx context.Context, r ConsentRequest) (Answer, error) {
	wish := "Allow viewing this computer?"
	if r.Control {
		wish = "Allow control of this computer?"
	}
	c := &card{
		title: ConsentTitle,
		head:  wish,
		who:   r.who(),
		from:  r.from(),
		text:  r.wish(),
		hint:  consentHint,
		left: func(left time.Duration) string {
			return fmt.Sprintf("No answer means No: %d s", max(0, int(left.Round(time.Second)/time.Second)))
		},
		buttons: []button{{label: noLabel, result: resultNo}, {label: yesLabel, result: resultYes, primary: true}},
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
		head:    "How can we help?",
		text:    r.intro(),
		buttons: []button{{label: cancelLabel, result: resultNo}, {label: sendLabel, result: resultYes, primary: true}},
		focus:   0,
	}
	for _, e := range formFields() {
		c.entries = append(c.entries, entry{label: e.label, text: []rune(*e.value(&f))})
	}
	c.check = func() bool {
		for i, e := range formFields() {
			*e.value(&f) = string(c.entries[i].text)
			c.entries[i].problem = ""
		}
		problems := f.Validate()
		for i := len(problems) - 1; i >= 0; i-- {
			c.entries[problems[i].Field].problem = problems[i].Text
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

// Notice implements Prompter.
func (p own) Notice(ctx context.Context, n Notice) error {
	c := &card{
		title:   Clean(n.Title, MaxTitle),
		head:    Clean(n.Title, MaxTitle),
		text:    CleanText(n.Text, MaxNotice),
		buttons: []button{{label: okLabel, result: resultNo, primary: true}},
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
