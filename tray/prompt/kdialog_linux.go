package prompt

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// kdialog shows prompts with Qt. Its yes/no window has Yes as the default and
// gives no way to change that, and its exit codes for a No and for failures
// overlap. So consent is a choice of which No is preselected, and a Yes is a
// word that it prints.
type kdialog struct{ program }

const (
	kdialogNo  = "answer-no"
	kdialogYes = "answer-yes"
)

func openKdialog(o Options) (Prompter, error) {
	path, err := installed("/usr/bin/kdialog", "/usr/local/bin/kdialog")
	if err != nil {
		return nil, err
	}
	if err := reachable(o.Display); err != nil {
		return nil, err
	}
	return kdialog{program{path: path, display: o.Display, w: o.Words}}, nil
}

// Consent implements Prompter.
func (k kdialog) Consent(ctx context.Context, r ConsentRequest) (Answer, error) {
	return k.choose(ctx, r.Timeout, ConsentTitle, r.plain(k.w), k.w.Say(words.No), k.w.Say(words.Yes))
}

// Ask implements Prompter.
func (k kdialog) Ask(ctx context.Context, q Question) (bool, error) {
	a, err := k.choose(ctx, MaxTimeout, Clean(q.Title, MaxTitle), q.plain(), Clean(q.No, MaxName), Clean(q.Yes, MaxName))
	return a == Yes, err
}

// choose lets the person choose between no and yes.
func (k kdialog) choose(ctx context.Context, timeout time.Duration, title, text, no, yes string) (Answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, max(timeout, time.Second), errTimeout)
	defer cancel()
	code, out, err := k.run(ctx, "--title="+title, "--radiolist", qtText(text), kdialogNo, no, "on", kdialogYes, yes, "off")
	if errors.Is(context.Cause(ctx), errTimeout) {
		return TimedOut, nil
	}
	if err != nil {
		return No, err
	}
	switch {
	case code == 0 && strings.TrimSpace(out) == kdialogYes:
		return Yes, nil
	case code == 0 && strings.TrimSpace(out) == kdialogNo:
		return No, nil
	case code == 1 || code == 2:
		// Cancelled, or the display went away under it.
		if err := reachable(k.display); err != nil {
			return No, fmt.Errorf("%w: %w", ErrFailed, err)
		}
		return No, nil
	}
	return No, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// Form implements Prompter: one entry after the other, again where it is wrong.
func (k kdialog) Form(ctx context.Context, r FormRequest) (Fields, bool, error) {
	f := r.Fields
	for i, e := range formFields() {
		text := k.w.Say(e.label)
		if i == 0 {
			text = r.intro(k.w) + "\n\n" + k.w.Say(e.label)
		}
		if ok, err := k.entry(ctx, text, e.value(&f)); !ok || err != nil {
			return Fields{}, false, err
		}
	}
	for problems := r.Validate(f); len(problems) > 0; problems = r.Validate(f) {
		e := formFields()[problems[0].Field]
		if ok, err := k.entry(ctx, problems[0].Text(k.w)+"\n\n"+k.w.Say(e.label), e.value(&f)); !ok || err != nil {
			return Fields{}, false, err
		}
	}
	return f, true, nil
}

func (k kdialog) entry(ctx context.Context, text string, value *string) (ok bool, err error) {
	// What follows -- is an operand whatever it begins with.
	code, out, err := k.run(ctx, "--title", FormTitle, "--inputbox", qtText(text), "--", *value)
	if err != nil {
		return false, err
	}
	switch code {
	case 0:
		*value = strings.TrimSuffix(out, "\n")
		return true, nil
	case 1, 2:
		return false, nil
	}
	return false, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// File implements Prompter.
func (k kdialog) File(ctx context.Context, r FileRequest) (string, bool, error) {
	code, out, err := k.run(ctx, "--title="+FileTitle, "--getopenfilename", inFolder(r.Folder))
	if err != nil {
		return "", false, err
	}
	switch code {
	case 0:
		return strings.TrimSuffix(out, "\n"), true, nil
	case 1, 2:
		return "", false, nil
	}
	return "", false, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// Notice implements Prompter.
func (k kdialog) Notice(ctx context.Context, n Notice) error {
	ctx, cancel := context.WithTimeoutCause(ctx, max(n.Timeout, time.Second), errTimeout)
	defer cancel()
	code, _, err := k.run(ctx, "--title="+Clean(n.Title, MaxTitle), "--msgbox", qtText(wrap(CleanText(n.Text, MaxNotice))))
	if errors.Is(context.Cause(ctx), errTimeout) {
		return nil
	}
	if err == nil && code > 2 {
		err = fmt.Errorf("%w: exit code %d", ErrFailed, code)
	}
	return err
}

// qtText is the text as rich text of which every letter is escaped, because Qt
// guesses from the letters whether a text is rich. It always begins with a tag,
// so it is never an option either.
func qtText(s string) string {
	s = html.EscapeString(s)
	s = strings.ReplaceAll(s, `\`, "&#92;") // kdialog reads backslash escapes
	return "<qt>" + strings.ReplaceAll(s, "\n", "<br/>") + "</qt>"
}
