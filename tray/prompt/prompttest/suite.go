package prompttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/tray/prompt"
)

// Person is the hand and the eye at the screen of a Prompter under test.
type Person struct {
	// Opened waits until a window is open and can be answered.
	Opened func(t testing.TB)
	// Press does something in the open window.
	Press func(t testing.TB, p Press)
	// Gone waits until no window is open, and fails the test otherwise.
	Gone func(t testing.TB)
}

var request = prompt.ConsentRequest{
	Rep: "Anna Nováková", Organisation: "Contoso IT", Control: true, Timeout: 50 * time.Second,
}

var question = prompt.Question{
	Title: prompt.ConsentTitle, Head: "Go on?", Who: "https://support.example.com", From: "Contoso & <b>IT</b>",
	Text: "Some text\nof two lines.", Yes: "Go on", No: "Cancel",
}

// Run checks the contract of a Prompter.
func Run(t *testing.T, p prompt.Prompter, hand Person) {
	for _, tc := range []struct {
		name  string
		press Press
		want  prompt.Answer
	}{
		{"YesIsYes", PressYes, prompt.Yes},
		{"NoIsNo", PressNo, prompt.No},
		{"ReturnOnDefaultIsNo", PressReturn, prompt.No},
		{"EscapeIsNo", PressEscape, prompt.No},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := make(chan any, 1)
			go func() {
				a, err := p.Consent(t.Context(), request)
				if err != nil {
					got <- err
					return
				}
				got <- a
			}()
			hand.Opened(t)
			hand.Press(t, tc.press)
			if a := wait(t, got); a != any(tc.want) {
				t.Errorf("answer %v, want %v", a, tc.want)
			}
			hand.Gone(t)
		})
		if tc.press == PressNo || tc.press == PressEscape {
			continue // the same window as above
		}
		t.Run("Ask"+tc.name, func(t *testing.T) {
			got := make(chan any, 1)
			go func() {
				yes, err := p.Ask(t.Context(), question)
				if err != nil {
					got <- err
					return
				}
				got <- yes
			}()
			hand.Opened(t)
			hand.Press(t, tc.press)
			if a := wait(t, got); a != any(tc.want == prompt.Yes) {
				t.Errorf("answer %v, want %v", a, tc.want)
			}
			hand.Gone(t)
		})
	}
	t.Run("TimeoutIsTimedOut", func(t *testing.T) {
		r := request
		r.Timeout = time.Second
		a, err := p.Consent(t.Context(), r)
		if a != prompt.TimedOut || err != nil {
			t.Errorf("answer %v, %v", a, err)
		}
		hand.Gone(t)
	})
	t.Run("WithdrawClosesTheWindow", func(t *testing.T) {
		cause := errors.New("withdrawn by the test")
		ctx, cancel := context.WithCancelCause(t.Context())
		got := make(chan any, 1)
		go func() {
			a, err := p.Consent(ctx, request)
			if a != prompt.No {
				err = errors.New("withdrawn and answered " + a.String())
			}
			got <- err
		}()
		hand.Opened(t)
		cancel(cause)
		if err, _ := wait(t, got).(error); !errors.Is(err, cause) {
			t.Errorf("error %v, want the cause", err)
		}
		hand.Gone(t)
	})
	t.Run("NoticeIsDismissed", func(t *testing.T) {
		got := make(chan any, 1)
		go func() {
			got <- p.Notice(t.Context(), prompt.Notice{Title: "A notice", Text: "Two\nlines", Timeout: 50 * time.Second})
		}()
		hand.Opened(t)
		hand.Press(t, PressReturn)
		if err := wait(t, got); err != nil {
			t.Error(err)
		}
		hand.Gone(t)
	})
	t.Run("FileIsGivenUp", func(t *testing.T) {
		got := make(chan any, 1)
		go func() {
			path, ok, err := p.File(t.Context(), prompt.FileRequest{To: "Anna", Folder: t.TempDir()})
			if ok || path != "" {
				err = errors.New("a file was chosen: " + path)
			}
			got <- err
		}()
		hand.Opened(t)
		hand.Press(t, PressEscape)
		if err := wait(t, got); err != nil {
			t.Error(err)
		}
		hand.Gone(t)
	})
	t.Run("FormIsGivenUp", func(t *testing.T) {
		got := make(chan any, 1)
		go func() {
			_, ok, err := p.Form(t.Context(), prompt.FormRequest{Organisation: "Contoso IT"})
			if ok {
				err = errors.New("an empty form was sent")
			}
			got <- err
		}()
		hand.Opened(t)
		hand.Press(t, PressEscape)
		if err := wait(t, got); err != nil {
			t.Error(err)
		}
		hand.Gone(t)
	})
}

// patience is for a loaded machine; nothing is measured by it.
const patience = 30 * time.Second

func wait(t testing.TB, c <-chan any) any {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("the prompt did not end")
		return nil
	}
}
