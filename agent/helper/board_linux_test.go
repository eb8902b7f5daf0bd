package helper_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// holder is the window that has what was copied last.
func holder(t *testing.T, display string) xproto.Window {
	t.Helper()
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const name = "CLIPBOARD"
	atom, err := xproto.InternAtom(c, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	r, err := xproto.GetSelectionOwner(c, atom.Atom).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return r.Owner
}

// copies is a program at the desktop that copies a text. It has when this returns.
func copies(t *testing.T, display, text string) {
	t.Helper()
	before := holder(t, display)
	cmd := exec.CommandContext(t.Context(), "xclip", "-quiet", "-selection", "clipboard", "-in")
	cmd.Env = append(cmd.Environ(), "DISPLAY="+display)
	cmd.Stdin = strings.NewReader(text)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(time.Minute); holder(t, display) == before; {
		if time.Now().After(deadline) {
			t.Fatal("nothing was copied")
		}
	}
}

// pasted is what a program at the desktop pastes.
func pasted(t *testing.T, display string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xclip", "-selection", "clipboard", "-out")
	cmd.Env = append(cmd.Environ(), "DISPLAY="+display)
	var out bytes.Buffer
	cmd.Stdout = &out
	_ = cmd.Run() // with nothing to paste it fails
	return out.String()
}

func (v *watcher) copied() string {
	v.s.t.Helper()
	select {
	case text := <-v.texts:
		return text
	case <-time.After(time.Minute):
		v.s.t.Fatal("no text comes")
		return ""
	}
}

// note waits for a state of the clipboard.
func (v *watcher) note(what string, is func(*wirepb.ClipboardState) bool) *wirepb.ClipboardState {
	v.s.t.Helper()
	late := time.After(time.Minute)
	for {
		select {
		case st := <-v.notes:
			if is(st) {
				return st
			}
		case text := <-v.texts:
			v.s.t.Fatalf("a text of %d bytes came instead of: %s", len(text), what)
		case <-late:
			v.s.t.Fatal("never told: " + what)
		}
	}
}

func (v *watcher) pastes(text string, want wirepb.ErrorCode) {
	v.s.t.Helper()
	seq, err := v.Paste(text)
	if err != nil {
		v.s.t.Fatal(err)
	}
	if st := v.note("how the paste went", func(st *wirepb.ClipboardState) bool { return st.Seq == seq }); st.Code != want {
		v.s.t.Errorf("pasting is %s, want %s", st.Code, want)
	}
}

func (v *watcher) wishes(next bool) {
	v.s.t.Helper()
	if err := v.Copy(next); err != nil {
		v.s.t.Fatal(err)
	}
}

// getsNone asks for what was copied last.
func (v *watcher) getsNone(want wirepb.ErrorCode) {
	v.s.t.Helper()
	v.wishes(false)
	if st := v.note("why there is no text", func(st *wirepb.ClipboardState) bool { return st.Wish }); st.Code != want {
		v.s.t.Errorf("it is %s, want %s", st.Code, want)
	}
}

func (v *watcher) may(in, out bool) {
	v.s.t.Helper()
	v.note("what it may do", func(st *wirepb.ClipboardState) bool { return st.ToEndpoint == in && st.FromEndpoint == out })
}

const (
	clipEmpty   = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY
	clipRefused = wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_REFUSED
	done        = wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
)

// full is a view whose rep holds the token and may both.
func full(id uint32) *ipcpb.OpenView {
	return &ipcpb.OpenView{Viewer: id, Control: true, Token: true, ClipboardIn: true, ClipboardOut: true}
}

func TestX1_TextGoesBothWaysAndNothingOfBefore(t *testing.T) {
	d := x11test.Start(t, "640x480x24")
	copies(t, d.Display, "of before")
	s := start(t, d.Display)
	v := s.lookWith(full(1))
	v.may(true, true)
	v.getsNone(clipEmpty)
	v.pastes("Grüße, 世界\n🙂", done)
	if got := pasted(t, d.Display); got != "Grüße, 世界\n🙂" {
		t.Errorf("pasted %q", got)
	}
	if u := await(s, func(m *ipcpb.FromHelper) *ipcpb.ClipboardUsed {
		if u := m.GetClipboard(); u.GetToEndpoint() {
			return u
		}
		return nil
	}); u.Viewer != 1 || u.Bytes != 20 || u.Code != done {
		t.Errorf("reported %v", u)
	}
	v.getsNone(clipEmpty) // it is a viewer's
	v.wishes(true)
	copies(t, d.Display, "made here")
	if got := v.copied(); got != "made here" {
		t.Errorf("copied %q", got)
	}
	v.wishes(false)
	if got := v.copied(); got != "made here" {
		t.Errorf("asked for, copied %q", got)
	}
	if u := await(s, func(m *ipcpb.FromHelper) *ipcpb.ClipboardUsed {
		if u := m.GetClipboard(); u != nil && !u.ToEndpoint && u.Code == done {
			return u
		}
		return nil
	}); u.Viewer != 1 || u.Bytes != 9 {
		t.Errorf("reported %v", u)
	}
	large := strings.Repeat("0123456789abcde\n", wire.MaxClipboard/16)
	v.pastes(large, done)
	if got := pasted(t, d.Display); got != large {
		t.Errorf("pasted %d bytes", len(got))
	}
	v.wishes(true)
	copies(t, d.Display, large[1:])
	if got := v.copied(); got != large[1:] {
		t.Errorf("copied %d bytes", len(got))
	}
	v.wishes(true)
	copies(t, d.Display, large+"x")
	v.note("that it is too long", func(st *wirepb.ClipboardState) bool {
		return st.Wish && st.Code == wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_TOO_LONG
	})
}

// Each viewer has its own rights, and they are looked at when something is done.
func TestX1_Q8_Q12_OnlyWhoMayAndNobodyBySomebodyElse(t *testing.T) {
	d := x11test.Start(t, "640x480x24")
	s := start(t, d.Display)
	ada := s.lookWith(full(1))
	ada.may(true, true)
	ada.pastes("from Ada", done)
	looker := s.lookWith(&ipcpb.OpenView{Viewer: 2, Token: true, ClipboardIn: true, ClipboardOut: true}) // the session only looks
	ben := s.lookWith(&ipcpb.OpenView{Viewer: 3, Control: true, ClipboardIn: true, ClipboardOut: true})  // without the token
	vera := s.lookWith(&ipcpb.OpenView{Viewer: 4, Control: true, Token: true})                           // without the capability
	looker.may(false, true)
	ben.may(false, true)
	for _, v := range []*watcher{looker, ben, vera} {
		v.pastes("not by me", clipRefused)
	}
	if got := pasted(t, d.Display); got != "from Ada" {
		t.Errorf("pasted %q", got)
	}
	// What a rep brought is for no other rep, nor is it when a program here copies it again.
	ben.getsNone(clipEmpty)
	vera.getsNone(clipRefused)
	ada.wishes(true)
	copies(t, d.Display, "from Ada")
	ben.getsNone(clipEmpty)
	ben.wishes(true)
	vera.wishes(true)
	copies(t, d.Display, "made here")
	if got := ada.copied(); got != "made here" {
		t.Errorf("copied %q", got)
	}
	vera.getsNone(clipRefused)
	if len(ben.texts)+len(vera.texts) > 0 {
		t.Error("it was sent to who does not hold the token")
	}
	ben.wishes(false)
	if got := ben.copied(); got != "made here" {
		t.Errorf("asked for, copied %q", got)
	}
}

// Rights that go are gone at once, and so are they behind a prompt of ours and without
// the banner.
func TestX1_D12_A12_RightsEndAtOnce(t *testing.T) {
	d := x11test.Start(t, "640x480x24")
	s := start(t, d.Display)
	v := s.lookWith(full(1))
	v.may(true, true)
	s.suspend(false, true)
	v.may(false, true)
	v.pastes("behind a prompt", clipRefused)
	s.suspend(true, true)
	v.may(false, false)
	v.getsNone(clipRefused)
	copies(t, d.Display, "unseen")
	v.getsNone(clipRefused)
	s.suspend(false, false)
	v.may(true, true)
	v.getsNone(clipEmpty)
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Exchange{Exchange: &ipcpb.Exchange{Viewer: 1, ClipboardOut: true}}}); err != nil {
		t.Fatal(err)
	}
	v.may(false, true)
	v.pastes("too late", clipRefused)
	if got := pasted(t, d.Display); got != "unseen" {
		t.Errorf("pasted %q", got)
	}
}
