package agent

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func ada() *wirepb.Participant {
	return &wirepb.Participant{RepId: "rep1", Name: "Ada", Owner: true, Control: true}
}

func ben() *wirepb.Participant { return &wirepb.Participant{RepId: "rep2", Name: "Ben"} }

// passed is a list with the control token where it is said to be.
func passed(to string, ps ...*wirepb.Participant) []*wirepb.Participant {
	for _, p := range ps {
		p.Control = p.RepId == to
	}
	return ps
}

func (r *rig) introduce(session []byte, ps ...*wirepb.Participant) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{Session: session, Participants: ps}}})
}

func (r *rig) attachOf(session []byte, viewer uint32, rep string) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{
		Session: session, Viewer: viewer, RepId: rep,
	}}})
}

// controls are the changes of the token that the helper was told, in order.
func (c *fakeChild) controls() (told []string) {
	synctest.Wait()
	for len(c.msgs) > 0 {
		m := (<-c.msgs).(*ipcpb.ToHelper)
		if k := m.GetControl(); k != nil {
			told = append(told, fmt.Sprintf("%d %v", k.Viewer, k.Token))
		}
	}
	return told
}

func wantRefused(r *rig, code wirepb.ErrorCode) {
	r.t.Helper()
	select {
	case m := <-r.msgs:
		if m.GetRefusal().GetCode() != code {
			r.t.Errorf("answered %v, want %v", m, code)
		}
	default:
		r.t.Errorf("not refused, want %v", code)
	}
}

// ended reads a viewer's stream to its end and says why it ended.
func (m *mediaEnd) ended() *wirepb.Refusal {
	synctest.Wait()
	why := &wirepb.Refusal{}
	for len(m.msgs) > 0 {
		if x := <-m.msgs; x.Kind == wire.MediaEnd {
			_ = proto.Unmarshal(x.Payload, why)
		}
	}
	return why
}

// Until the broker names anybody the grant's rep has the token, also as a viewer
// that is nobody's.
func TestQ12_WithoutParticipantsTheGrantsRepControls(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, _ := r.active(nil)
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); !o.Token || !o.Control {
			t.Errorf("the view of nobody in particular: %v", o)
		}
		r.attachOf(session, 2, "rep1")
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); !o.Token {
			t.Errorf("the view of the grant's rep: %v", o)
		}
		r.attachOf(session, 3, "rep2")
		wantRefused(r, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		tr.drain()
		r.introduce([]byte("another session.."), passed("rep2", ada(), ben())...)
		if told := h.controls(); len(told) > 0 {
			t.Errorf("another session's list: %v", told)
		}
	})
}

// The token goes from one to the other while both look; the loser's keys go up
// before the winner's next one comes.
func TestQ12_TheTokenPassesWhileThePictureGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, first := r.active(nil)
		r.introduce(session, passed("rep1", ada(), ben())...)
		r.attachOf(session, 2, "rep2")
		second := <-r.media
		h.drain()
		r.attachOf(session, 3, "rep1")
		<-r.media
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); !o.Token || o.Viewer != 3 {
			t.Errorf("the owner's other view: %v", o)
		}
		tr.drain()
		r.introduce(session, passed("rep2", ada(), ben())...)
		told := h.controls()
		if len(told) != 3 || told[2] != "2 true" || told[0] == told[1] || !strings.HasSuffix(told[0], "false") || !strings.HasSuffix(told[1], "false") {
			t.Errorf("the helper was told %v", told)
		}
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); !b.Control || b.RepName != "Ada" || len(b.Participants) != 1 || !b.Participants[0].Control {
			t.Errorf("banner %v", b)
		}
		h.update(1, 1, 1)
		h.update(2, 1, 1)
		if a, _ := first.updates(); a != 1 {
			t.Error("the loser's picture stopped")
		}
		if b, _ := second.updates(); b != 1 {
			t.Error("the winner's picture stopped")
		}
		// Nobody has it: nobody controls, and the banner says so.
		r.introduce(session, passed("", ada(), ben())...)
		if told := h.controls(); len(told) != 1 || told[0] != "2 false" {
			t.Errorf("the helper was told %v", told)
		}
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Control {
			t.Errorf("banner %v", b)
		}
		// A new helper learns it with the view.
		r.introduce(session, passed("rep2", ada(), ben())...)
		h.die()
		h = <-r.helper
		synctest.Wait()
		for range 3 {
			if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Token != (o.Viewer == 2) {
				t.Errorf("after the helper's end: %v", o)
			}
		}
	})
}

// The grant stays the upper bound, and so does a policy that took the input away.
func TestQ12_TheTokenGivesNoMoreThanTheGrant(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, _ := r.active(nil)
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
		h.drain()
		tr.drain()
		r.introduce(session, passed("rep2", ada(), ben())...)
		r.attachOf(session, 2, "rep2")
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Control {
			t.Errorf("the token undid the policy: %v", o)
		}
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Control {
			t.Errorf("banner %v", b)
		}
	})
}

// L15: who stays is not disturbed by who goes.
func TestL15_WhoLeavesLosesThePictureAndNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, first := r.active(nil)
		r.introduce(session, passed("rep2", ada(), ben())...)
		r.attachOf(session, 2, "rep2")
		second := <-r.media
		h.drain()
		r.introduce(session, passed("rep2", &wirepb.Participant{RepId: "rep2", Name: "Ben", Owner: true})...)
		if c := expect(t, h, (*ipcpb.ToHelper).GetClose); c.Viewer != 1 {
			t.Errorf("closed %v", c)
		}
		if why := first.ended(); why.Code != wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT {
			t.Errorf("it was told %v", why)
		}
		h.update(2, 1, 1)
		if n, _ := second.updates(); n != 1 {
			t.Error("the picture of the one who stayed stopped")
		}
		r.attach(session, 3) // the grant's rep, who is not in it any more
		wantRefused(r, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		wantEnd(r, wirepb.EndedBy_ENDED_BY_CUSTOMER)
	})
}

func TestO28_O30_TheBannerNamesExternalReps(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(nil)
		tr.drain()
		r.introduce(session, ada(), &wirepb.Participant{RepId: "ext", Name: "Vera of Vendor", External: true})
		b := expect(t, tr, (*ipcpb.ToTray).GetBanner)
		if b.RepName != "Ada" || len(b.Participants) != 1 || !b.Participants[0].External || b.Participants[0].Name != "Vera of Vendor" {
			t.Errorf("banner %v", b)
		}
		// A session that waits for an owner names who is in it all the same.
		r.introduce(session, ben())
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.RepName != "" || len(b.Participants) != 1 || b.Control {
			t.Errorf("banner %v", b)
		}
	})
}

func TestQ12_ListsThatCannotBeAreRefused(t *testing.T) {
	many := []*wirepb.Participant{ada()}
	for i := range maxParticipants {
		many = append(many, &wirepb.Participant{RepId: fmt.Sprint(i), Name: "x"})
	}
	for name, ps := range map[string][]*wirepb.Participant{
		"nobody":            nil,
		"too many":          many,
		"two holders":       {ada(), {RepId: "rep2", Name: "Ben", Control: true}},
		"two owners":        {ada(), {RepId: "rep2", Name: "Ben", Owner: true}},
		"an external owner": {{RepId: "ext", Name: "Vera", Owner: true, External: true}},
		"the same twice":    {ada(), {RepId: "rep1", Name: "Ada again"}},
		"without an id":     {ada(), {Name: "Ben"}},
		"without a name":    {ada(), {RepId: "rep2"}},
		"a long name":       {ada(), {RepId: "rep2", Name: strings.Repeat("x", wire.MaxName+1)}},
		"a long id":         {ada(), {RepId: strings.Repeat("x", wire.MaxName+1), Name: "Ben"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				session, h, tr, _ := r.active(nil)
				r.introduce(session, passed("rep2", ada(), ben())...)
				h.drain()
				tr.drain()
				r.introduce(session, ps...)
				wantRefused(r, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
				if told := h.controls(); len(told) > 0 || len(tr.msgs) > 0 {
					t.Errorf("it took effect: %v", told)
				}
				if len(many) != maxParticipants+1 {
					t.Fatal("the list of the test is not one too long")
				}
			})
		})
	}
}

// A link that was lost changes nothing of who controls; the broker says it again.
func TestQ12_TheListOutlivesTheLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, _, _ := r.active(nil)
		list := passed("rep2", ada(), ben())
		r.introduce(session, list...)
		r.l.Close(nil)
		synctest.Wait()
		r.connect()
		h.drain()
		r.attachOf(session, 1, "rep1")
		r.attachOf(session, 2, "rep2")
		for range 2 {
			if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Token != (o.Viewer == 2) {
				t.Errorf("after the link came back: %v", o)
			}
		}
		r.introduce(session, list...)
		if told := h.controls(); len(told) > 0 {
			t.Errorf("the same list again: %v", told)
		}
	})
}

func TestQ12_RefusedInputIsInTheSummary(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, _ := r.active(nil)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		wantEnd(r, wirepb.EndedBy_ENDED_BY_CUSTOMER)
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, NoToken: 5, Last: true}}})
		if s, _ := r.kept(0, nil); s.InputNoToken != 5 {
			t.Errorf("summary %v", s)
		}
	})
}

// Without a helper the viewers hear from the service who controls.
func TestQ12_ViewersAreToldLiveWithoutAHelper(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, _, first := r.active(nil)
		r.introduce(session, passed("rep1", ada(), ben())...)
		r.attachOf(session, 2, "rep2")
		second := <-r.media
		r.unfit.Store(true)
		h.die()
		last := func(m *mediaEnd) *wirepb.ScreenState {
			synctest.Wait()
			st := &wirepb.ScreenState{}
			for len(m.msgs) > 0 {
				if x := <-m.msgs; x.Kind == wire.MediaState {
					if err := proto.Unmarshal(x.Payload, st); err != nil {
						t.Fatal(err)
					}
				}
			}
			return st
		}
		if a, b := last(first), last(second); !a.Control || b.Control {
			t.Errorf("before: %v, %v", a, b)
		}
		r.introduce(session, passed("rep2", ada(), ben())...)
		if a, b := last(first), last(second); a.Control || !b.Control {
			t.Errorf("after: %v, %v", a, b)
		}
	})
}
