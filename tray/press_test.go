package tray_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

var theButton = bytes.Repeat([]byte{7}, 16)

// has tells the tray of a button, which cannot be laid out where there is no desktop.
func (s scripted) has(form bool) {
	s.t.Helper()
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Buttons{Buttons: &ipcpb.ButtonLayout{Version: 1, Buttons: []*wirepb.Button{
		{Id: theButton, Title: "Get help", Greeting: "Somebody\u202e comes.", Form: form},
	}}}})
	if said := s.next().GetButtons(); said.GetProblem() == "" {
		s.t.Fatalf("%v", said)
	}
}

func (s scripted) use() {
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Press{Press: &ipcpb.ButtonPress{Id: theButton}}})
}

func (s scripted) told(title, text string) {
	s.t.Helper()
	s.wantPrompt(true)
	if n, ok := s.opened().(prompt.Notice); !ok || n.Title != title || !strings.Contains(n.Text, text) {
		s.t.Errorf("%+v", n)
	}
	s.press(prompttest.PressEscape)
	s.wantPrompt(false)
}

func (s scripted) result(code wirepb.ErrorCode, field string) {
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestResult{RequestResult: &ipcpb.RequestResult{Code: code, Field: field}}})
}

func TestB10_R14_UsingAButtonSendsARequestAtOnce(t *testing.T) {
	s := startScripted(t)
	s.status(func(*ipcpb.TrayStatus) {})
	s.has(false)
	s.use()
	if q := s.next().GetRequest(); q == nil || !bytes.Equal(q.Button, theButton) || len(q.Id) != 16 || q.Name != "" {
		t.Fatalf("%v", q)
	}
	s.result(0, "")
	s.told("Get help", "Somebody comes.")
}

func TestB3_ButtonWithAFormAsksFirst(t *testing.T) {
	s := startScripted(t)
	s.status(func(*ipcpb.TrayStatus) {})
	s.has(true)
	s.use()
	s.wantPrompt(true)
	if _, ok := s.opened().(prompt.FormRequest); !ok {
		t.Fatal("no form")
	}
	s.Fill(prompt.Fields{Name: "Ann", Phone: "12345", Reason: "printer"})
	s.press(prompttest.PressYes)
	if q := s.next().GetRequest(); !bytes.Equal(q.GetButton(), theButton) || q.GetName() != "Ann" {
		t.Fatalf("%v", q)
	}
	s.wantPrompt(false)
	// What is refused at a field comes back, and is of the button still.
	s.result(wirepb.ErrorCode_ERROR_CODE_MALFORMED, "phone")
	s.wantPrompt(true)
	s.opened()
	s.press(prompttest.PressYes)
	if q := s.next().GetRequest(); !bytes.Equal(q.GetButton(), theButton) {
		t.Fatalf("%v", q)
	}
}

func TestB6_B11_WhyAButtonDoesNotWorkIsTold(t *testing.T) {
	s := startScripted(t)
	s.use()
	s.told("No connection", "use the button again")
	s.status(func(st *ipcpb.TrayStatus) { st.RemoteSupport = false })
	s.use()
	s.told("Remote support is off", "switched off")
	s.status(func(*ipcpb.TrayStatus) {})
	for code, title := range map[wirepb.ErrorCode]string{
		wirepb.ErrorCode_ERROR_CODE_BUTTON_EXPIRED: "Button expired", wirepb.ErrorCode_ERROR_CODE_BUTTON_UNKNOWN: "Button removed",
	} {
		s.use() // also one that is not known here: the broker knows
		if q := s.next().GetRequest(); !bytes.Equal(q.GetButton(), theButton) {
			t.Fatalf("%v", q)
		}
		s.result(code, "")
		s.told(title, "starts no sessions any more")
	}
}

// A link that is dead and not known to be: the person is told, and does not wait.
func TestB10_NoAnswerIsTold(t *testing.T) {
	p := prompttest.NewScript()
	s := scripted{start(t, tray.Options{NoIcon: true, Display: ":nowhere", Prompter: p, Answer: time.Millisecond}), p}
	s.status(func(*ipcpb.TrayStatus) {})
	s.has(false)
	s.use()
	q := s.next().GetRequest()
	if c := s.next().GetCancel(); !bytes.Equal(c.GetId(), q.GetId()) {
		t.Fatalf("%v", c)
	}
	s.told("No connection", "nothing was sent")
}
