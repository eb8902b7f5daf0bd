package prompt

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// zenity shows prompts with GTK. Its exit codes are set by its environment, so
// that a yes and a no are numbers that no failure has: a program that could not
// reach the display exits with 1, as a stock zenity does for a No.
type zenity struct{ program }

const (
	zenityYes     = 20
	zenityNo      = 21
	zenityEscape  = 22
	zenityTimeout = 5 // fixed
)

func openZenity(o Options) (Prompter, error) {
	path, err := installed("/usr/bin/zenity", "/usr/local/bin/zenity")
	if err != nil {
		return nil, err
	}
	if err := reachable(o.Display); err != nil {
		return nil, err
	}
	return zenity{program{path, o.Display, []string{
		"ZENITY_OK=" + strconv.Itoa(zenityYes),
		"ZENITY_CANCEL=" + strconv.Itoa(zenityNo),
		"ZENITY_ESC=" + strconv.Itoa(zenityEscape),
	}, o.Words}}, nil
}

// Consent implements Prompter.
func (z zenity) Consent(ctx context.Context, r ConsentRequest) (Answer, error) {
	code, _, err := z.run(ctx, "--question", "--no-markup", "--default-cancel",
		"--title="+ConsentTitle, "--window-icon=question", "--width=440",
		"--ok-label="+z.w.Say(words.Yes), "--cancel-label="+z.w.Say(words.No),
		"--timeout="+seconds(r.Timeout), "--text="+r.plain(z.w))
	if err != nil {
		return No, err
	}
	switch code {
	case zenityYes:
		return Yes, nil
	case zenityNo, zenityEscape:
		return No, nil
	case zenityTimeout:
		return TimedOut, nil
	}
	return No, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// zenitySeparator cannot be typed into an entry.
const zenitySeparator = "\x1f"

// Form implements Prompter. zenity's form cannot start with values, so what is
// wrong is asked again one by one, with what was typed.
func (z zenity) Form(ctx context.Context, r FormRequest) (Fields, bool, error) {
	f := r.Fields
	if f == (Fields{}) {
		args := []string{
			"--forms", "--title=" + FormTitle, "--width=460",
			"--text=" + gtkMarkup(r.intro(z.w)), "--separator=" + zenitySeparator,
			"--ok-label=" + z.w.Say(words.Send), "--cancel-label=" + z.w.Say(words.Cancel),
		}
		for _, e := range formFields() {
			args = append(args, "--add-entry="+z.w.Say(e.label))
		}
		out, ok, err := z.entry(ctx, args...)
		if !ok || err != nil {
			return Fields{}, false, err
		}
		values := strings.Split(out, zenitySeparator)
		if len(values) != len(formFields()) {
			return Fields{}, false, fmt.Errorf("%w: %d form values", ErrFailed, len(values))
		}
		for i, e := range formFields() {
			*e.value(&f) = values[i]
		}
	}
	for problems := r.Validate(f); len(problems) > 0; problems = r.Validate(f) {
		e := formFields()[problems[0].Field]
		out, ok, err := z.entry(ctx, "--entry", "--title="+FormTitle, "--width=460",
			"--text="+gtkText(problems[0].Text(z.w)+"\n\n"+z.w.Say(e.label)), "--entry-text="+*e.value(&f),
			"--ok-label="+z.w.Say(words.Send), "--cancel-label="+z.w.Say(words.Cancel))
		if !ok || err != nil {
			return Fields{}, false, err
		}
		*e.value(&f) = out
	}
	return f, true, nil
}

func (z zenity) entry(ctx context.Context, args ...string) (out string, ok bool, err error) {
	code, out, err := z.run(ctx, args...)
	if err != nil {
		return "", false, err
	}
	switch code {
	case zenityYes:
		return strings.TrimSuffix(out, "\n"), true, nil
	case zenityNo, zenityEscape:
		return "", false, nil
	}
	return "", false, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// Ask implements Prompter.
func (z zenity) Ask(ctx context.Context, q Question) (bool, error) {
	code, _, err := z.run(ctx, "--question", "--no-markup", "--default-cancel",
		"--title="+Clean(q.Title, MaxTitle), "--window-icon=question", "--width=440",
		"--ok-label="+Clean(q.Yes, MaxName), "--cancel-label="+Clean(q.No, MaxName),
		"--timeout="+seconds(MaxTimeout), "--text="+q.plain())
	if err != nil {
		return false, err
	}
	switch code {
	case zenityYes, zenityNo, zenityEscape, zenityTimeout:
		return code == zenityYes, nil
	}
	return false, fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// File implements Prompter.
func (z zenity) File(ctx context.Context, r FileRequest) (string, bool, error) {
	return z.entry(ctx, "--file-selection", "--title="+FileTitle, "--filename="+inFolder(r.Folder))
}

// Notice implements Prompter.
func (z zenity) Notice(ctx context.Context, n Notice) error {
	code, _, err := z.run(ctx, "--info", "--no-markup", "--width=380",
		"--title="+Clean(n.Title, MaxTitle), "--ok-label="+z.w.Say(words.OK),
		"--timeout="+seconds(n.Timeout), "--text="+wrap(CleanText(n.Text, MaxNotice)))
	if err != nil {
		return err
	}
	switch code {
	case zenityYes, zenityNo, zenityEscape, zenityTimeout:
		return nil
	}
	return fmt.Errorf("%w: exit code %d", ErrFailed, code)
}

// gtkText undoes beforehand what zenity does to the texts of some windows: it
// reads backslash escapes. Those with --no-markup are shown as they are.
func gtkText(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// gtkMarkup is for the form, whose text is always markup.
func gtkMarkup(s string) string {
	return gtkText(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s))
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// plain is the question as one text.
func (q Question) plain() string {
	text := Clean(q.Head, MaxTitle) + "\n\n"
	if who := Clean(q.Who, MaxWho); who != "" {
		text += who + "\n" + Clean(q.From, MaxName) + "\n\n"
	}
	return wrap(text + CleanText(q.Text, MaxNotice))
}
