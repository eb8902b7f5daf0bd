package broker

import (
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
)

func TestO16_ExtendedAvailabilityIsMailedOnce(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	for c, email := range map[*client]string{ria: "ria@example.com", rob: "rob@example.com"} {
		must[apipb.UpdateAccountResponse](t)(ada.people().UpdateAccount(t.Context(), connect.NewRequest(&apipb.UpdateAccountRequest{Id: c.id(t), Email: &email})))
	}
	team, _, _ := n.team(ada, "Night", ria.id(t), ada.id(t))
	extended := true
	must[apipb.SetAvailabilityResponse](t)(ria.crew().SetAvailability(t.Context(), connect.NewRequest(&apipb.SetAvailabilityRequest{Extended: &extended})))
	got := n.post(ada, "desk@example.com")
	s := a.active(rob)
	ada.open(t)
	check := func(what string) {
		t.Helper()
		to, subject, body := read(t, got)
		if to != "ria@example.com" || !strings.Contains(subject, "ws-1") || !strings.Contains(subject, "Rob Rep") {
			t.Errorf("to %s: %s", to, subject)
		}
		for _, part := range []string{"\nhttps://" + n.b.public() + "/queue\n", "Device: ws-1\n", what} {
			if !strings.Contains(body, part) {
				t.Errorf("no %q in:\n%s", part, body)
			}
		}
	}
	i := rob.mustInvite(t, s.Id, repID(ria.id(t)), false)
	check("asks you to join")
	if err := rob.uninvite(i.Id); err != nil {
		t.Fatal(err)
	}
	rob.mustInvite(t, s.Id, repID(ria.id(t)), true)
	check("take over")
	rob.mustInvite(t, s.Id, teamID(team), false) // of the team only who is not logged in
	check("To: Night\n")
	// Whoever has a console open gets none: of these the next mail is none.
	ria.open(t)
	rob.mustInvite(t, s.Id, teamID(team), false)
	rob.mustInvite(t, s.Id, repID(ada.id(t)), false)
	q := wish()
	q.Name = "The next"
	if r := n.online().request(q); r.Code != 0 {
		t.Fatal(r)
	}
	if to, subject, _ := read(t, got); to != "desk@example.com" || !strings.Contains(subject, "The next") {
		t.Errorf("to %s: %s", to, subject)
	}
}
