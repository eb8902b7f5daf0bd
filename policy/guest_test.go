package policy

import (
	"errors"
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Every action with every single capability and with all of them: in the session,
// outside, as if the guest owned it, and of the organisation.
func TestO28_O29_GuestsMayWhatTheirPolicySaysInTheirSession(t *testing.T) {
	always := []Action{SeeSession, LeaveSession}
	gives := map[Capability][]Action{
		MayView: {AttachSession}, MayControl: {ControlSession, PassControl}, MayChat: {Chat, ReadChat},
		MayClipboard: {UseClipboard}, MayFiles: {UseFiles}, MaySpecial: nil, "": nil,
	}
	in := Object{Owner: "r", Others: []string{"q", "g"}}
	for c, actions := range gives {
		p := Principal{Rep: "g", Guest: true, Capabilities: []Capability{c}}
		for _, a := range append(Actions(), "made.up") {
			want := slices.Contains(always, a) || slices.Contains(actions, a)
			if got := allowed(t, p, a, in); got != want {
				t.Errorf("%s with %q: %v", a, c, got)
			}
			all := p
			all.Capabilities = Capabilities()
			// What would make a rep an administrator makes a guest nothing.
			all.Admin, all.Permissions = true, AllPermissions()
			for what, o := range map[string]Object{"outside": {Owner: "r", Others: []string{"q"}}, "owned": {Owner: "g"}, "organisation": {}} {
				if allowed(t, all, a, o) {
					t.Errorf("%s, %s, with everything", a, what)
				}
			}
		}
	}
	p := Principal{Rep: "g", Guest: true, Capabilities: []Capability{MayView}}
	if !p.Holds().Empty() {
		t.Error("a guest holds permissions")
	}
	err := Can(p, Chat, in)
	var ce *wire.CodeError
	if !errors.As(err, &ce) || ce.Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN || ce.Detail != "the session policy of the invitation does not allow this: chat" {
		t.Error(err)
	}
}
