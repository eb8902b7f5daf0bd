package broker

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Whoever looks at links before people do, and twenty who have the same one.
func TestD22_ALinkLetsOneIn(t *testing.T) {
	const tries = 20
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	link := rob.mustInviteGuest(t, s.Id, n.sessionPolicy(ada, "view")).Link
	_, key, _ := strings.Cut(link, "#")
	for _, path := range []string{"/join", "/join?" + key, "/alongside.console.v1.GuestService/Redeem", "/alongside.console.v1.GuestService/Redeem?key=" + key} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if got := raw(t, n.b.plain.Addr().String(), path, method); strings.Contains(strings.Join(got.Header.Values("Set-Cookie"), ""), "guest") {
				t.Errorf("%s %s lets somebody in", method, path)
			}
		}
	}
	crowd := make([]*client, tries)
	results := make([]wirepb.ErrorCode, tries)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for k := range crowd {
		crowd[k] = n.visitor()
		wg.Go(func() {
			<-start
			if _, err := crowd[k].redeem(link); err != nil {
				results[k] = code(err)
			}
		})
	}
	close(start)
	wg.Wait()
	won := 0
	for k, r := range results {
		switch {
		case r == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && crowd[k].who(t) != nil:
			won++
		case r != wirepb.ErrorCode_ERROR_CODE_LINK_USED || crowd[k].who(t) != nil:
			t.Errorf("%d: %v", k, r)
		}
	}
	if got := rob.in(t, s.Id); won != 1 || !slices.Equal(got, []string{"Rob Rep*", "Val Vendor"}) {
		t.Fatalf("%d came in, %v", won, got)
	}
	// Only the hash is kept, and a secret that is none is nobody's.
	g, err := n.b.store.GuestByToken(t.Context(), account.HashSecret(account.Secret(key)))
	if err != nil || g.Token == key || len(g.Token) != 64 {
		t.Fatal(g, err)
	}
	_, err = n.visitor().redeem("#" + account.NewSecret().Reveal())
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)
	_, err = rob.redeem(link)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SIGNED_IN)
}

func TestO30_WhatIsSaidOfAGuestIsChecked(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	p := n.sessionPolicy(ada, "view")
	for what, change := range map[string]func(*apipb.InviteGuestRequest){
		"no name":        func(q *apipb.InviteGuestRequest) { q.Name = " \u202e " },
		"a long name":    func(q *apipb.InviteGuestRequest) { q.Name = strings.Repeat("x", 65) },
		"a long line":    func(q *apipb.InviteGuestRequest) { q.Description = strings.Repeat("x", 201) },
		"long comments":  func(q *apipb.InviteGuestRequest) { q.Comments = strings.Repeat("x", 1001) },
		"no address":     func(q *apipb.InviteGuestRequest) { q.Email = "val" },
		"two addresses":  func(q *apipb.InviteGuestRequest) { q.Email = "val@example.com,eve@example.com" },
		"no policy":      func(q *apipb.InviteGuestRequest) { q.PolicyId = "" },
		"another policy": func(q *apipb.InviteGuestRequest) { q.PolicyId = "made up" },
	} {
		if _, err := rob.inviteGuest(s.Id, p, change); code(err) != wirepb.ErrorCode_ERROR_CODE_MALFORMED {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := rob.inviteGuest(s.Id, p, func(q *apipb.InviteGuestRequest) { q.Email = "val@example.com" })
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MAIL_OFF)
	if got := rob.get(t, s.Id).Invitations; len(got) != 0 {
		t.Fatal(got)
	}
}

func TestO31_TheLinkIsMailed(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	got := n.post(ada)
	s := a.active(rob)
	if !rob.targets(t, s.Id).Mail {
		t.Error("mail is not offered")
	}
	made, err := rob.inviteGuest(s.Id, n.sessionPolicy(ada, "view"), func(q *apipb.InviteGuestRequest) {
		q.Email, q.Name = "val@example.com", "Val\r\nBcc: eve@example.com"
	})
	if err != nil || !made.Mailed || made.Invitation.Guest.Email != "val@example.com" {
		t.Fatal(made, err)
	}
	to, subject, body := read(t, got)
	if to != "val@example.com" || !strings.Contains(subject, "Rob Rep") || !strings.Contains(body, "\n"+made.Link+"\n") || !strings.Contains(body, "Rob Rep of Example Ltd") {
		t.Fatalf("to %s: %s\n%s", to, subject, body)
	}
	n.comes(made.Link)
}

func TestO31_TheLinkIsValidForTwoHours(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	p := n.sessionPolicy(ada, "view")
	late, inTime := rob.mustInviteGuest(t, s.Id, p), rob.mustInviteGuest(t, s.Id, p)
	n.advance(2*time.Hour - time.Minute)
	rob = n.rep("rob") // the sign-in is over by now
	mine := rob.open(t)
	n.comes(inTime.Link)
	n.advance(time.Minute)
	_, err := n.visitor().redeem(late.Link)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_LINK_EXPIRED)
	told(mine, "the invitation is over", func(m *apipb.WatchResponse) (struct{}, bool) {
		return struct{}{}, m.GetSession() != nil && len(m.GetSession().Invitations) == 0
	})
	_, err = n.visitor().redeem(late.Link)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_LINK_EXPIRED)
	if got := n.records(action("session.lapse_invitation")); len(got) != 1 || !strings.Contains(got[0].Detail, "Val Vendor") {
		t.Fatalf("%+v", got)
	}
}

// A link is dead with its invitation: taken back, its sender no owner any more, the
// session over.
func TestO22_O23_O24_O31_TheLinkDiesWithTheInvitation(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	ria.open(t)
	p := n.sessionPolicy(ada, "view")
	dead := func(link string) {
		t.Helper()
		_, err := n.visitor().redeem(link)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)
	}
	i := rob.mustInviteGuest(t, s.Id, p)
	if err := rob.uninvite(i.Invitation.Id); err != nil {
		t.Fatal(err)
	}
	dead(i.Link)
	i = rob.mustInviteGuest(t, s.Id, p)
	offer := rob.mustInvite(t, s.Id, repID(ria.id(t)), true)
	if _, err := ria.accept(offer.Id); err != nil {
		t.Fatal(err)
	}
	dead(i.Link)
	i = ria.mustInviteGuest(t, s.Id, p)
	// On hold nobody would be there for the guest, and the link waits.
	if _, err := rob.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	if _, err := ria.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	_, err := n.visitor().redeem(i.Link)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
	if _, err := ria.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	dead(i.Link)
	if left, err := n.b.store.Guests(t.Context(), [16]byte(mustID(t, s.Id))); err != nil || len(left) != 0 {
		t.Fatal(left, err)
	}
}
