package tray_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	yes         = wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
	denied      = wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER
	timedOut    = wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT
	unavailable = wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE
)

func TestC3_AnswerCarriesTheNonce(t *testing.T) {
	s := startScripted(t)
	for _, tc := range []struct {
		press prompttest.Press
		want  wirepb.ErrorCode
	}{{prompttest.PressYes, yes}, {prompttest.PressNo, denied}, {prompttest.PressReturn, denied}, {prompttest.PressEscape, denied}} {
		s.ask("nonce", 60)
		s.wantPrompt(true)
		r := s.opened().(prompt.ConsentRequest)
		if r.Rep != "Anna Nováková" || r.Organisation != "Contoso IT" || !r.Control {
			t.Errorf("asked %+v", r)
		}
		s.press(tc.press)
		s.wantAnswer("nonce", tc.want)
		s.wantPrompt(false)
	}
}

func TestC3_NoAnswerInTimeIsNo(t *testing.T) {
	s := startScripted(t)
	s.ask("n", 1)
	s.wantPrompt(true)
	s.wantAnswer("n", timedOut)
	s.wantPrompt(false)
}

// orderly is a Prompter that looks, at the moment its window would appear,
// whether the service has already been told.
type orderly struct {
	prompt.Prompter
	told  func() bool
	order chan bool
}

func (o orderly) Consent(ctx context.Context, r prompt.ConsentRequest) (prompt.Answer, error) {
	o.order <- o.told()
	return prompt.No, nil
}

func TestD12_ServiceKnowsBeforeThePromptOpens(t *testing.T) {
	order := make(chan bool, 1)
	var s *service
	p := orderly{order: order, told: func() bool {
		// What was written to the pipe before is read by now, or soon.
		deadline := time.Now().Add(patience)
		for time.Now().Before(deadline) {
			select {
			case m := <-s.got:
				return m.GetPrompt().GetOpen()
			default:
			}
		}
		return false
	}}
	s = start(t, tray.Options{NoIcon: true, Display: ":nowhere", Prompter: p})
	s.ask("n", 60)
	if !<-order {
		t.Error("the prompt opened before PromptState was written")
	}
	s.wantAnswer("n", denied)
	s.wantPrompt(false)
}

func TestWithdrawClosesTheOpenPrompt(t *testing.T) {
	s := startScripted(t)
	s.ask("n", 60)
	s.wantPrompt(true)
	s.opened()
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: []byte("n")}}})
	s.wantPrompt(false) // and no answer
	s.ask("m", 60)
	s.wantPrompt(true)
	s.opened()
	s.press(prompttest.PressNo)
	s.wantAnswer("m", denied)
}

func TestSecondConsentWaitsForItsTurn(t *testing.T) {
	s := startScripted(t)
	s.ask("first", 60)
	s.wantPrompt(true)
	s.opened()
	s.ask("second", 60)
	s.ask("withdrawn", 60)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: []byte("withdrawn")}}})
	s.ask("first", 60)
	s.wantAnswer("first", unavailable) // the same nonce again is not a question
	s.press(prompttest.PressYes)
	s.wantAnswer("first", yes)
	s.wantPrompt(false)
	s.wantPrompt(true)
	s.opened()
	s.press(prompttest.PressNo)
	s.wantAnswer("second", denied)
	s.wantPrompt(false)
	s.silent()
}

func TestConsentWhoseTurnDoesNotComeIsNotANo(t *testing.T) {
	s := startScripted(t)
	s.ask("first", 60)
	s.wantPrompt(true)
	s.opened()
	s.ask("late", 1)
	s.wantAnswer("late", unavailable)
	for _, n := range []string{"a", "b", "c", "d", "e"} {
		s.ask(n, 60)
	}
	s.wantAnswer("e", unavailable) // no room for a fifth
}

func TestConsentGoesBeforeANotice(t *testing.T) {
	s := startScripted(t)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Notice{Notice: &ipcpb.Notice{Kind: ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_CUSTOMER}}})
	s.wantPrompt(true)
	if n, ok := s.opened().(prompt.Notice); !ok || n.Title == "" || n.Text == "" {
		t.Errorf("%+v", n)
	}
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestNews{RequestNews: &wirepb.RequestStatus{State: wirepb.RequestState_REQUEST_STATE_APPROVED}}})
	s.ask("n", 60)
	s.wantPrompt(false)
	s.wantPrompt(true)
	if _, ok := s.opened().(prompt.ConsentRequest); !ok {
		t.Error("not the consent")
	}
	s.press(prompttest.PressYes)
	s.wantAnswer("n", yes)
	s.wantPrompt(false)
	s.ask("", 60)
	s.wantAnswer("", unavailable) // so what was there to open would have opened
	s.silent()
}

type broken struct{ prompt.Prompter }

func (broken) Consent(context.Context, prompt.ConsentRequest) (prompt.Answer, error) {
	return prompt.No, errors.New("no screen")
}

func TestI4_FailureToAskIsNotANo(t *testing.T) {
	s := start(t, tray.Options{NoIcon: true, Display: ":nowhere", Prompter: broken{}})
	s.ask("n", 60)
	s.wantPrompt(true)
	m := s.next()
	if a := m.GetAnswer(); a.GetCode() != unavailable || !strings.Contains(a.GetDetail(), "no screen") {
		t.Errorf("%v", m)
	}
}

func TestI4_NoDisplayIsUnavailable(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	s := start(t, tray.Options{NoIcon: true, Display: ":nowhere"})
	s.ask("n", 60)
	s.wantPrompt(true)
	s.wantAnswer("n", unavailable)
	s.wantPrompt(false)
}

func TestR4_R5_RequestArrivesByteIdentical(t *testing.T) {
	s := startScripted(t)
	s.status(func(*ipcpb.TrayStatus) {})
	s.Fill(prompt.Fields{Reason: "no contact"})
	open := func() { s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Form{Form: &ipcpb.RequestFormOpen{}}}) }
	open()
	s.wantPrompt(true)
	open() // one form is enough
	s.ask("", 60)
	s.wantAnswer("", unavailable) // so the message before it was read
	s.opened()
	s.press(prompttest.PressYes) // not valid: stays open
	s.opened()
	s.silent()
	want := prompt.Fields{Name: " Jörg \u202e ", Email: "j@example.org", Phone: "+420 1 23", Reason: "Drucker <b>brennt</b>\\n"}
	s.Fill(want)
	s.press(prompttest.PressYes)
	r := s.next().GetRequest()
	if r == nil || len(r.Id) != 16 {
		t.Fatalf("%v", r)
	}
	got := prompt.Fields{Name: r.Name, Email: r.Email, Phone: r.Phone, Reason: r.Reason}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s.wantPrompt(false)
	s.silent()
}

func TestR13_ApprovalAndDenialAreTold(t *testing.T) {
	s := startScripted(t)
	for state, title := range map[wirepb.RequestState]string{
		wirepb.RequestState_REQUEST_STATE_APPROVED: "Request approved",
		wirepb.RequestState_REQUEST_STATE_DENIED:   "Request denied",
	} {
		s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestNews{RequestNews: &wirepb.RequestStatus{
			State: state, By: "Robin\u202e", Detail: "not\ntoday",
		}}})
		s.wantPrompt(true)
		n, ok := s.opened().(prompt.Notice)
		if !ok || n.Title != title || !strings.HasPrefix(n.Text, "Robin ") && !strings.Contains(n.Text, "Robin approved") || !strings.Contains(n.Text, "not today") {
			t.Errorf("%+v", n)
		}
		s.press(prompttest.PressReturn)
		s.wantPrompt(false)
	}
}

func TestR5_AWrongEntryComesBackWithItsMark(t *testing.T) {
	s := startScripted(t)
	s.status(func(st *ipcpb.TrayStatus) { st.ReasonMin = 10 })
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Form{Form: &ipcpb.RequestFormOpen{}}})
	s.wantPrompt(true)
	s.opened()
	short := prompt.Fields{Name: "Ann", Phone: "12345", Reason: "too short"}
	s.Fill(short)
	s.press(prompttest.PressYes) // stays open
	s.opened()
	long := short
	long.Reason = "long enough now"
	s.Fill(long)
	s.press(prompttest.PressYes)
	q := s.next().GetRequest()
	s.wantPrompt(false)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestResult{RequestResult: &ipcpb.RequestResult{
		Id: q.GetId(), Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Field: "phone",
	}}})
	s.wantPrompt(true)
	r, ok := s.opened().(prompt.FormRequest)
	if !ok || r.Fields != long || r.Refused == nil || r.Refused.Field != 2 {
		t.Errorf("%+v", r)
	}
	s.press(prompttest.PressEscape)
	s.wantPrompt(false)
	// The contact is remembered, what it was about is not.
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Form{Form: &ipcpb.RequestFormOpen{}}})
	s.wantPrompt(true)
	if r := s.opened().(prompt.FormRequest); r.Fields != (prompt.Fields{Name: "Ann", Phone: "12345"}) {
		t.Errorf("the next form begins with %+v", r.Fields)
	}
}

func TestE6_NoFormWherePolicySaysNo(t *testing.T) {
	s := startScripted(t)
	s.status(func(st *ipcpb.TrayStatus) { st.RemoteSupport = false })
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Form{Form: &ipcpb.RequestFormOpen{}}})
	s.wantPrompt(true)
	if n, ok := s.opened().(prompt.Notice); !ok || n.Title != "Remote support is off" {
		t.Errorf("%+v", n)
	}
}

func TestI4_ThePromptSaysWhatHappens(t *testing.T) {
	s := startScripted(t)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: []byte("n"), RepName: "Anna", Recorded: true, Reason: "printer", SilenceAllows: true, TimeoutS: 60,
		ClipboardOut: true, FilesIn: true, FilesOut: true, RestrictInput: true,
	}}})
	s.wantPrompt(true)
	if r := s.opened().(prompt.ConsentRequest); r.Control || !r.Recorded || r.Reason != "printer" || !r.SilenceAllows ||
		r.Clipboard != (prompt.Exchange{Out: true}) || r.Files != (prompt.Exchange{In: true, Out: true}) || !r.Restrict || r.Darken {
		t.Errorf("%+v", r)
	}
	s.press(prompttest.PressNo)
	s.wantAnswer("n", denied)
}

// The question for an administrator's rights is its own: whoever reads it does not take
// it for the one before a session.
func TestD7_ThePromptSaysThatMoreRightsAreWanted(t *testing.T) {
	s := startScripted(t)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{Nonce: []byte("n"), RepName: "Anna", TimeoutS: 60, Elevate: true}}})
	s.wantPrompt(true)
	if r := s.opened().(prompt.ConsentRequest); !r.Elevate || r.Rep != "Anna" || r.SilenceAllows {
		t.Errorf("%+v", r)
	}
	s.press(prompttest.PressNo)
	s.wantAnswer("n", denied)
}

func TestRefusedRequestIsTold(t *testing.T) {
	s := startScripted(t)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_RequestResult{RequestResult: &ipcpb.RequestResult{
		Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: "IT said\u202e no\n",
	}}})
	s.wantPrompt(true)
	n, ok := s.opened().(prompt.Notice)
	if !ok || n.Title != "Request not sent" || !strings.Contains(n.Text, "IT said no") || strings.Contains(n.Text, "\u202e") {
		t.Errorf("%+v", n)
	}
}

func TestClosedPipeClosesThePrompt(t *testing.T) {
	s := startScripted(t)
	s.ask("n", 60)
	s.wantPrompt(true)
	s.opened()
	if err := s.conn.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Closed(ctx); err != nil {
		t.Fatal("the prompt stayed open")
	}
	err := <-s.done
	s.done <- err
	if err != nil {
		t.Errorf("Run: %v, a closed pipe is the orderly end", err)
	}
}

func TestContextEndsRun(t *testing.T) {
	ours, theirs := pipes(t)
	s := newService(t, ours)
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		s.done <- tray.Run(ctx, theirs, tray.Options{
			Log: slog.New(slog.DiscardHandler), NoIcon: true, Display: ":nowhere", Prompter: prompttest.NewScript(),
		})
	}()
	s.next()
	s.ask("n", 60)
	s.wantPrompt(true)
	cancel(cause)
	select {
	case err := <-s.done:
		if !errors.Is(err, cause) {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Run goes on")
	}
}

func TestD10_WithoutDisplayTheBannerIsLost(t *testing.T) {
	s := startScripted(t)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Banner{Banner: &ipcpb.Banner{Session: []byte("s"), RepName: "Anna"}}})
	if m := s.next(); m.GetBannerLost().GetDetail() == "" {
		t.Errorf("%v, want BannerLost with a reason", m)
	}
}
