package broker

import (
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A guest never owns, and is out when nobody is there who may: at a hold, when the
// owner does not come back, and at the end.
func TestO32_Q14_AGuestIsLoggedOutWhenTheOwnerGoes(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	team, _, _ := n.team(ada, "Night", ria.id(t))
	ada.object(t, &apipb.ConfigObject{Name: "Fallback", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team, Fallback: true}}})
	mine := rob.open(t)
	s := a.active(rob)
	p := n.sessionPolicy(ada, "view", "control", "chat")
	come := func() (*client, *office) {
		t.Helper()
		val := n.comes(rob.mustInviteGuest(t, s.Id, p).Link)
		return val, val.open(t)
	}
	out := func(val *client, there *office) {
		t.Helper()
		for m := range there.got { // until the stream ends
			_ = m
		}
		if val.who(t) != nil {
			t.Fatal("still signed in")
		}
		_, err := val.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	}
	val, there := come()
	_, err := rob.invite(s.Id, repID(val.who(t).Id), true)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	if _, err := rob.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	out(val, there)
	must[apipb.ResumeResponse](t)(rob.session.Resume(t.Context(), connect.NewRequest(&apipb.ResumeRequest{Id: s.Id})))

	// Removed: at once.
	val, there = come()
	must[apipb.RemoveResponse](t)(rob.crew().Remove(t.Context(), connect.NewRequest(&apipb.RemoveRequest{SessionId: s.Id, RepId: val.who(t).Id, Confirm: true})))
	out(val, there)

	// The owner's console is gone for good: another rep inherits, a guest does not, and
	// a queue has no guests.
	val, there = come()
	eventually(t, "the owner was seen", func() bool {
		seen, err := n.b.store.SeenOwner(t.Context(), [16]byte(mustID(t, s.Id)))
		return err == nil && seen == rob.id(t)
	})
	mine.close()
	n.advance(10 * time.Second)
	eventually(t, "the owner is missed", func() bool { return len(n.records(action("session.vanish"))) == 1 })
	n.advance(time.Minute)
	out(val, there)
	if got := n.records(action("session.orphan")); len(got) != 1 || !strings.Contains(got[0].Detail, "queue=") {
		t.Fatalf("%+v", got)
	}
}

// Links and guests outlast a restart of the broker, and a guest who closed the page
// is out after half an hour.
func TestO28_AGuestStaysOverARestartAndNotWithoutAPage(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	p := n.sessionPolicy(ada, "view")
	val, link := n.comes(rob.mustInviteGuest(t, s.Id, p).Link), rob.mustInviteGuest(t, s.Id, p).Link
	val.open(t)
	n.restart()
	a.connect(mustID(t, s.Id))
	eventually(t, "back", func() bool { return len(n.records(action("session.regain"))) == 1 })
	there := val.open(t)
	if len(there.snap.Sessions) != 1 || len(there.snap.Sessions[0].Participants) != 2 || there.snap.Sessions[0].Participants[1].Policy != "May view" {
		t.Fatalf("%v", there.snap)
	}
	second := n.comes(link)
	n.advance(29 * time.Minute) // the second never opened a page
	if second.who(t) == nil {
		t.Fatal("out too early")
	}
	n.advance(2 * time.Minute)
	eventually(t, "out", func() bool { return second.who(t) == nil })
	if val.who(t) == nil {
		t.Fatal("whose page is open is out")
	}
	n.advance(12 * time.Hour)
	eventually(t, "out after twelve hours", func() bool { return val.who(t) == nil })
}

// What reps said among themselves before a guest came is not for the guest.
func TestQ10_O27_AGuestReadsWhatIsForThem(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	reps := wirepb.ChatChannel_CHAT_CHANNEL_REPS
	val, p := (*client)(nil), n.sessionPolicy(ada, "view", "chat")
	for _, text := range []string{"before", "after"} {
		if err := rob.say(t, s.Id, text+" for all", 0); err != nil {
			t.Fatal(err)
		}
		if err := rob.say(t, s.Id, text+" for reps", reps); err != nil {
			t.Fatal(err)
		}
		if val == nil {
			n.advance(time.Second)
			val = n.comes(rob.mustInviteGuest(t, s.Id, p).Link)
			n.advance(time.Second)
		}
	}
	var got []string
	for _, c := range must[apipb.GetResponse](t)(val.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))).Chat {
		got = append(got, c.Text)
	}
	if !slices.Equal(got, []string{"before for all", "after for all", "after for reps"}) {
		t.Fatal(got)
	}
}

// A guest is refused at every route but their few, and of other sessions they see
// nothing.
func TestE15_O28_GuestsAreRefusedEverywhereElse(t *testing.T) {
	n := newBench(t)
	a, b := n.online(), n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s, other := a.active(rob), b.active(ria)
	val := n.comes(rob.mustInviteGuest(t, s.Id, n.sessionPolicy(ada, "view", "control", "clipboard", "files", "special_actions", "chat")).Link)
	mine := map[string]bool{}
	for _, p := range []string{"SessionService/Get", "SessionService/Attach", "SessionService/Close", "SessionService/SendChat", "SessionService/SetTyping", "CollaborationService/GiveControl", "LiveService/Watch", "FileService/SendFile", "FileService/FetchFile", "FileService/CancelFile"} {
		mine["/alongside.console.v1."+p] = true
	}
	cookie := "Cookie: __Host-alongside-guest=" + val.guest
	for _, r := range n.routeTable(t) {
		if r.Public || !strings.HasPrefix(r.Path, "/alongside.") {
			continue
		}
		body := `{"id":"` + other.Id + `","sessionId":"` + other.Id + `","confirm":true,"outcome":"leave"}`
		want := "forbidden"
		switch {
		case strings.HasSuffix(r.Path, "/Watch"):
			want = "ok" // their own session's
		case strings.HasSuffix(r.Path, "/CancelFile"):
			want = "transfer_unknown" // of another session
		case mine[r.Path]:
			want = "not_participant"
		}
		if got := n.ask(r.Path, body, cookie); got != want || r.Guest != mine[r.Path] {
			t.Errorf("%s: %q, open to guests: %v", r.Path, got, r.Guest)
		}
	}
	// As a rep's cookie or a key it is nothing, and beside a rep's it does not count.
	for _, header := range []string{"Cookie: __Host-alongside=" + val.guest, "Authorization: Bearer " + val.guest} {
		if got := n.ask("/alongside.console.v1.SessionService/Get", `{"id":"`+s.Id+`"}`, header); got != "not_signed_in" {
			t.Errorf("%s: %q", header, got)
		}
	}
	if got := n.ask("/alongside.console.v1.SessionService/Attach", `{"id":"`+s.Id+`"}`, asRep(ria)+"; __Host-alongside-guest="+val.guest); got != "not_participant" {
		t.Errorf("a rep with a guest's cookie: %q", got)
	}
}
