package prompt_test

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
)

func open(t *testing.T, d *desktest.Desktop, backend string) prompt.Prompter {
	t.Helper()
	p, _, err := prompt.Open(prompt.Options{Display: d.Display, Backend: backend, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("%v: run `make deps`", err)
	}
	return p
}

// person answers windows of a backend with a real mouse and keyboard.
type person struct {
	d       *desktest.Desktop
	backend string
	id      string
}

var titles = []string{prompt.ConsentTitle, prompt.FormTitle, prompt.FileTitle, "A notice"}

func (h *person) find() string {
	for _, title := range titles {
		if id := h.d.Find(title); id != "" {
			return id
		}
	}
	return ""
}

func (h *person) opened(t testing.TB) {
	t.Helper()
	desktest.Until(t, "a window of "+h.backend, func() bool { h.id = h.find(); return h.id != "" })
	h.d.Focused(t, h.id)
}

// another reports whether a window of another process is there.
func (h *person) another(pid string) bool {
	h.id = h.find()
	now := h.d.Process(h.id)
	return now != "" && now != pid
}

func (h *person) gone(t testing.TB) {
	t.Helper()
	desktest.Until(t, "the end of the windows of "+h.backend, func() bool { return h.find() == "" })
}

// click presses a button by its distance from the lower right corner.
func (h *person) click(t testing.TB, dx, dy int) {
	if r := h.d.Place(h.id); !r.Empty() {
		h.d.Click(t, r.Max.Sub(image.Pt(dx, dy)))
	}
}

func (h *person) press(t testing.TB, p prompttest.Press) {
	t.Helper()
	// Again until it is taken: a window that has just appeared takes no yes.
	desktest.Until(t, "the answer", func() bool {
		switch p {
		case prompttest.PressReturn:
			h.d.Key(t, "Return")
		case prompttest.PressEscape:
			h.d.Key(t, "Escape")
		case prompttest.PressYes:
			switch h.backend {
			case "x11":
				h.click(t, 80, 42)
			case "zenity":
				h.click(t, 50, 22)
			case "kdialog":
				h.d.Key(t, "Down")
				h.click(t, 130, 22)
			}
		case prompttest.PressNo:
			switch h.backend {
			case "x11":
				h.click(t, 200, 42)
			case "zenity":
				h.click(t, 160, 22)
			case "kdialog":
				h.click(t, 130, 22)
			}
		case prompttest.Nothing:
		}
		for end := time.Now().Add(700 * time.Millisecond); time.Now().Before(end); {
			if h.find() != h.id {
				return true
			}
		}
		return false
	})
}

func TestI4_EveryBackendAsksAndObeys(t *testing.T) {
	for _, tc := range []struct {
		backend string
		manager bool
	}{{"zenity", true}, {"kdialog", true}, {"x11", true}, {"x11", false}} {
		name := tc.backend
		if !tc.manager {
			name += "WithoutManager"
		}
		t.Run(name, func(t *testing.T) {
			d := desktest.Start(t, tc.manager)
			h := &person{d: d, backend: tc.backend}
			prompttest.Run(t, open(t, d, tc.backend), prompttest.Person{Opened: h.opened, Press: h.press, Gone: h.gone})
		})
	}
}

// consent asks in the background.
func consent(ctx context.Context, p prompt.Prompter, r prompt.ConsentRequest) <-chan error {
	out := make(chan error, 1)
	go func() {
		a, err := p.Consent(ctx, r)
		if err == nil && a != prompt.No {
			err = errors.New("answer " + a.String())
		}
		out <- err
	}()
	return out
}

func TestF_HostileNamesStayNames(t *testing.T) {
	for name, rep := range map[string]string{
		"markup":  `<b>Bold</b> <a href="x">&amp; link</a> <img src=/etc/passwd>`,
		"option":  "--ok-label=No",
		"newline": "Anna\n\nPress Yes to\nupdate\\n\\tWindows",
		"rtl":     "Anna \u202egnirts desrever\u202c \u2066x",
		"huge":    strings.Repeat("Wm ", 3500),
		"percent": "%s %n 100% _mnemonic &amper",
	} {
		for _, backend := range []string{"zenity", "kdialog", "x11"} {
			t.Run(name+"/"+backend, func(t *testing.T) {
				d := desktest.Start(t, true)
				h := &person{d: d, backend: backend}
				got := consent(t.Context(), open(t, d, backend),
					prompt.ConsentRequest{Rep: rep, Organisation: rep, Control: true, Timeout: time.Minute})
				h.opened(t)
				if r := d.Place(h.id); !r.In(image.Rect(0, 0, 1280, 800)) || r.Dx() > 900 || r.Dy() > 500 {
					t.Errorf("the window is at %v", r)
				}
				d.Screen(t, "hostile-"+name+"-"+backend)
				h.press(t, prompttest.PressReturn)
				if err := <-got; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestKilledProgramIsNotANo(t *testing.T) {
	d := desktest.Start(t, true)
	got := consent(t.Context(), open(t, d, ""), prompt.ConsentRequest{Rep: "Anna", Organisation: "IT", Timeout: time.Minute})
	// zenity, then kdialog, then our own window, each after the death of the one
	// before.
	for _, program := range []string{"zenity", "kdialog"} {
		var pid string
		desktest.Until(t, program, func() bool {
			id := d.Find(prompt.ConsentTitle)
			if id == "" {
				return false
			}
			if pid = d.Process(id); pid == "" {
				return false
			}
			name, err := exec.Command("ps", "-o", "comm=", "-p", pid).Output()
			return err == nil && strings.TrimSpace(string(name)) == program
		})
		if err := exec.Command("kill", "-KILL", pid).Run(); err != nil {
			t.Fatal(err)
		}
	}
	h := &person{d: d, backend: "x11"}
	desktest.Until(t, "our own window", func() bool {
		h.id = h.find()
		return h.id != "" && d.Place(h.id).Dx() == 480
	})
	d.Focused(t, h.id)
	select {
	case err := <-got:
		t.Fatalf("answered before the person did: %v", err)
	default:
	}
	h.press(t, prompttest.PressNo)
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestDisplayGoneIsNotANo(t *testing.T) {
	for _, backend := range []string{"zenity", "kdialog", "x11"} {
		t.Run(backend, func(t *testing.T) {
			d := desktest.Start(t, true)
			p := open(t, d, backend)
			got := consent(t.Context(), p, prompt.ConsentRequest{Rep: "Anna", Organisation: "IT", Timeout: time.Minute})
			(&person{d: d, backend: backend}).opened(t)
			d.Stop()
			if err := <-got; !errors.Is(err, prompt.ErrFailed) {
				t.Errorf("error %v, want ErrFailed", err)
			}
		})
	}
}

func TestR4_FormSendsWhatWasTyped(t *testing.T) {
	for _, backend := range []string{"zenity", "kdialog", "x11"} {
		t.Run(backend, func(t *testing.T) {
			d := desktest.Start(t, true)
			h := &person{d: d, backend: backend}
			p := open(t, d, backend)
			type outcome struct {
				f   prompt.Fields
				ok  bool
				err error
			}
			got := make(chan outcome, 1)
			go func() {
				f, ok, err := p.Form(t.Context(), prompt.FormRequest{Organisation: "<b>Contoso & Sons"})
				got <- outcome{f, ok, err}
			}()
			h.opened(t)
			// First without an e-mail address, which must not be sent.
			values := []string{"--Ann  O'Neil", "", "", "Printer <b>on</b> fire \\n $(x)"}
			enter := func(v string) {
				if v != "" {
					d.Xdotool(t, "type", "--delay", "15", "--", v)
				}
			}
			switch backend {
			case "kdialog":
				for _, v := range values {
					pid := d.Process(h.id)
					enter(v)
					d.Key(t, "Return")
					desktest.Until(t, "the next entry", func() bool { return h.another(pid) })
					d.Focused(t, h.id)
				}
				enter("ann@example.org")
				d.Key(t, "Return")
			case "zenity":
				for i, v := range values {
					if i > 0 {
						d.Key(t, "Tab")
					}
					enter(v)
				}
				d.Screen(t, "form-zenity")
				pid := d.Process(h.id)
				h.click(t, 50, 22)
				desktest.Until(t, "the second question", func() bool { return h.another(pid) })
				d.Focused(t, h.id)
				enter("ann@example.org")
				d.Screen(t, "form-zenity-again")
				d.Key(t, "Return")
			case "x11":
				for i, v := range values {
					if i > 0 {
						d.Key(t, "Tab")
					}
					enter(v)
				}
				// The problem is marked and has the focus. Again until it is taken, as with press.
				desktest.Until(t, "the mark", func() bool {
					h.click(t, 80, 42)
					s := d.Screen(t, "form-x11")
					r := d.Place(h.id)
					for y := r.Min.Y; y < r.Max.Y; y++ {
						if c := s.RGBAAt(r.Min.X+240, y); c.R == 0xfd && c.G == 0xec {
							return true
						}
					}
					return false
				})
				enter("ann@example.org")
				h.click(t, 80, 42)
			}
			var o outcome
			select {
			case o = <-got:
			case <-time.After(desktest.Patience):
				d.Screen(t, "form-stuck-"+backend)
				t.Fatal("the form was not sent")
			}
			want := prompt.Fields{Name: values[0], Email: "ann@example.org", Reason: values[3]}
			if !o.ok || o.err != nil || o.f != want {
				t.Errorf("%+q, %v, %v; want %+q", o.f, o.ok, o.err, want)
			}
		})
	}
}
