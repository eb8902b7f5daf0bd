package broker

import (
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestO7_O18_O21_O25_O26_InvitationToARep(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	there, mine := ria.open(t), rob.open(t)
	to := repID(ria.id(t))

	i := rob.mustInvite(t, s.Id, to, false)
	if got := there.invitation(); got.Id != i.Id || got.From != "Rob Rep" || got.DeviceName != "ws-1" || got.Transfer || got.GetRepId() != string(to) {
		t.Fatalf("%v", got)
	}
	// It is hers alone, and stands until it is answered or taken back (O20).
	_, err := ada.accept(i.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	_, err = rob.invite(s.Id, to, true)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_DUPLICATE_INVITATION)
	if got := rob.get(t, s.Id).Invitations; len(got) != 1 || len(ada.get(t, s.Id).Invitations) != 0 {
		t.Fatalf("owner sees %v", got)
	}
	wantCode(t, ria.uninvite(i.Id), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	if err := rob.uninvite(i.Id); err != nil {
		t.Fatal(err)
	}
	there.gone(i.Id)
	_, err = ria.accept(i.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)

	// A no tells the owner; then it may be sent again.
	i = rob.mustInvite(t, s.Id, to, false)
	there.invitation()
	if err := ria.decline(i.Id); err != nil {
		t.Fatal(err)
	}
	there.gone(i.Id)
	told(mine, "declined", func(m *apipb.WatchResponse) (struct{}, bool) {
		return struct{}{}, m.GetAudit().GetAction() == "session.decline_invitation" && m.GetAudit().GetActorName() == "Ria Rep"
	})
	i = rob.mustInvite(t, s.Id, to, false)
	there.invitation()
	got, err := ria.accept(i.Id)
	if err != nil || !slices.Equal(got.Outcomes, []string{"leave"}) {
		t.Fatalf("%v, %v", got, err)
	}
	there.gone(i.Id)
	if got := ria.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*", "Ria Rep"}) {
		t.Fatal(got)
	}
	if got := a.people(); !slices.Equal(got, []string{"Rob Rep*", "Ria Rep"}) {
		t.Fatalf("the endpoint is told %v", got)
	}
	_, err = rob.invite(s.Id, to, false)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_DUPLICATE_INVITATION)
	// O19, O34: what is the owner's is not a participant's.
	_, err = ria.invite(s.Id, repID(ada.id(t)), false)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	wantCode(t, ria.remove(s.Id, rob.id(t), true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	// O24: with the session everything of it is gone.
	late := ada.open(t)
	i = rob.mustInvite(t, s.Id, repID(ada.id(t)), false)
	late.invitation()
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	late.gone(i.Id)
	_, err = ada.accept(i.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)
}

func TestO20_InvitationsOutlastTimeAndRestart(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	ria.open(t)
	i := rob.mustInvite(t, s.Id, repID(ria.id(t)), false)
	n.advance(30 * 24 * time.Hour)
	n.restart()
	a.connect(mustID(t, s.Id))
	eventually(t, "back", func() bool {
		records := n.records(action("session.regain"))
		return len(records) == 1
	})
	ria = n.rep("ria") // the sign-in is over by now
	there := ria.open(t)
	if got := there.snap.Invitations; len(got) != 1 || got[0].Id != i.Id || len(there.snap.Sessions) != 1 {
		t.Fatalf("%v", got)
	}
	if _, err := ria.accept(i.Id); err != nil {
		t.Fatal(err)
	}
	if got := ria.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*", "Ria Rep"}) {
		t.Fatal(got)
	}
}

func TestO1_O4_O5_O23_TransferAtAcceptance(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	ria.open(t)
	ada.open(t)
	other := rob.mustInvite(t, s.Id, repID(ada.id(t)), false)
	i := rob.mustInvite(t, s.Id, repID(ria.id(t)), true)
	if got := rob.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*"}) {
		t.Fatalf("owned before it was accepted: %v", got)
	}
	got, err := ria.accept(i.Id)
	if err != nil || got.RepName != "Ria Rep" || !slices.Equal(got.Outcomes, []string{"end", "hold"}) {
		t.Fatalf("%v, %v", got, err)
	}
	if got := rob.in(t, s.Id); !slices.Equal(got, []string{"Ria Rep*", "Rob Rep"}) {
		t.Fatal(got)
	}
	if got := a.people(); !slices.Equal(got, []string{"Ria Rep*", "Rob Rep"}) {
		t.Fatalf("the endpoint is told %v", got)
	}
	_, err = ada.accept(other.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)
	for _, transfer := range []bool{true, false} {
		_, err = rob.invite(s.Id, repID(ada.id(t)), transfer)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	}
	if _, err := ria.close(t, s.Id, "end"); err != nil { // the new owner may what the old one could
		t.Fatal(err)
	}
}

func TestO8_O9_O10_TeamInvitations(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	team, _, _ := n.team(ada, "Night", ria.id(t), ada.id(t))
	s := a.active(rob)
	there, also := ria.open(t), ada.open(t)
	i := rob.mustInvite(t, s.Id, teamID(team), false)
	if there.invitation().Id != i.Id || also.invitation().Id != i.Id || i.GetTeamId() != team {
		t.Fatal("not in the team's queue")
	}
	second := rob.mustInvite(t, s.Id, teamID(team), false) // several at a time (O10)
	if _, err := ria.accept(i.Id); err != nil {
		t.Fatal(err)
	}
	also.gone(i.Id)
	_, err := ada.accept(i.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_ALREADY_TAKEN)
	if _, err := ada.accept(second.Id); err != nil {
		t.Fatal(err)
	}
	if got := rob.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*", "Ria Rep", "Ada Admin"}) {
		t.Fatal(got)
	}
}

func TestO2_O11_O12_HelpIsAskedForUnderAnIssue(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	team, queue, issue := n.team(ada, "Printers", ria.id(t))
	conf := must[apipb.SaveObjectResponse](t)(n.config(ada).SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{
		Object: &apipb.ConfigObject{Name: "Silent", Object: &apipb.ConfigObject_Issue{Issue: &apipb.Issue{Queue: queue}}},
	})))
	s := a.active(rob)
	there := ria.open(t)
	if got := rob.targets(t, s.Id).Issues; len(got) != 1 || got[0].Id != issue {
		t.Fatalf("%v", got)
	}
	for _, to := range []any{issueID(conf.Object.Id), issueID("made up"), teamID("made up"), repID("made up")} {
		_, err := rob.invite(s.Id, to, false)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	}
	for _, transfer := range []bool{true, false} { // of no class; help is no transfer
		var to any
		if transfer {
			to = issueID(issue)
		}
		_, err := rob.invite(s.Id, to, transfer)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	rob.mustInvite(t, s.Id, issueID(issue), false)
	if got := there.invitation(); got.GetTeamId() != team || got.Issue != "Printers issue" || got.ToName != "Printers queue" {
		t.Fatalf("%v", got)
	}
}

func TestO6_O13_O14_O15_ShareTargets(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	own, _, _ := n.team(ada, "Own", rob.id(t))
	other, _, _ := n.team(ada, "Other", ria.id(t))
	mine := rob.open(t)
	s := a.active(rob)
	teams := func() (ids []string) {
		for _, m := range rob.targets(t, s.Id).Teams {
			ids = append(ids, m.Id)
		}
		return ids
	}
	reach := func() apipb.Availability {
		for _, r := range rob.targets(t, s.Id).Reps {
			if r.Id == ria.id(t) {
				return r.Availability
			}
		}
		return apipb.Availability_AVAILABILITY_OFFLINE
	}
	email := "ria@example.com"
	must[apipb.UpdateAccountResponse](t)(ada.people().UpdateAccount(t.Context(), connect.NewRequest(&apipb.UpdateAccountRequest{Id: ria.id(t), Email: &email})))
	say := func(away, extended bool) {
		t.Helper()
		must[apipb.SetAvailabilityResponse](t)(ria.crew().SetAvailability(t.Context(), connect.NewRequest(&apipb.SetAvailabilityRequest{Away: &away, Extended: &extended})))
	}
	if got := reach(); got != apipb.Availability_AVAILABILITY_OFFLINE || !slices.Equal(teams(), []string{own}) {
		t.Fatalf("%v, %v", got, teams())
	}
	_, err := rob.invite(s.Id, repID(ria.id(t)), false)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_REACHABLE)
	_, err = rob.invite(s.Id, teamID(other), false)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_REACHABLE)
	say(false, true)
	if got := reach(); got != apipb.Availability_AVAILABILITY_EXTENDED || !slices.Equal(teams(), []string{other, own}) {
		t.Fatalf("%v, %v", got, teams())
	}
	say(false, false)
	for len(mine.got) > 0 {
		<-mine.got
	}
	there := ria.open(t) // the first of the team: the owner's console is told (O15)
	told(mine, "presence", func(m *apipb.WatchResponse) (struct{}, bool) { return struct{}{}, m.GetChanged() == "presence" })
	if got := reach(); got != apipb.Availability_AVAILABILITY_AVAILABLE || !slices.Equal(teams(), []string{other, own}) {
		t.Fatalf("%v, %v", got, teams())
	}
	say(true, false)
	if got := reach(); got != apipb.Availability_AVAILABILITY_AWAY {
		t.Fatal(got)
	}
	there.close()
	eventually(t, "gone", func() bool { return reach() == apipb.Availability_AVAILABILITY_OFFLINE })
	// Only the owner is told whom there is.
	_, err = ria.crew().ShareTargets(t.Context(), connect.NewRequest(&apipb.ShareTargetsRequest{SessionId: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
}
