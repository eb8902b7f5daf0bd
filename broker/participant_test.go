package broker

import (
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestL16_L17_L18_LeaveTakesOneRepOut(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	ria.open(t)
	ria.joined(t, rob, s.Id)
	theirs, accepted := ria.view(t, ria.attach(t, s.Id).Ticket)
	a.media()
	mine, also := rob.view(t, rob.attach(t, s.Id).Ticket)
	stream := a.media()
	if accepted.GetAccepted() == nil || also.GetAccepted() == nil {
		t.Fatal(accepted, also)
	}
	// What may be chosen is the table's: end and hold are the owner's, leave is not.
	if o, p := rob.get(t, s.Id).Outcomes, ria.get(t, s.Id).Outcomes; !slices.Equal(o, []string{"end", "hold"}) || !slices.Equal(p, []string{"leave"}) {
		t.Fatalf("owner %v, participant %v", o, p)
	}
	_, err := ria.close(t, s.Id, "")
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	for _, outcome := range []string{"end", "hold"} {
		_, err := ria.close(t, s.Id, outcome)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	_, err = rob.close(t, s.Id, "leave")
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	if _, err := ria.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	if c := endOf(t, theirs); c != wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT {
		t.Fatalf("the one who left is told %v", c)
	}
	if got := rob.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*"}) {
		t.Fatal(got)
	}
	goesOn(t, stream, mine)
	if got := rob.get(t, s.Id).Phase; got != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatal(got)
	}
}

func TestL9_L10_EndTakesEverybodyOut(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	there, mine := ria.open(t), rob.open(t)
	ria.joined(t, rob, s.Id)
	theirs, _ := ria.view(t, ria.attach(t, s.Id).Ticket)
	a.media()
	if _, err := rob.close(t, s.Id, "end"); err != nil {
		t.Fatal(err)
	}
	endOf(t, theirs)
	for _, o := range []*office{there, mine} {
		told(o, "the end", func(m *apipb.WatchResponse) (struct{}, bool) {
			return struct{}{}, m.GetSession().GetPhase() == apipb.SessionPhase_SESSION_PHASE_ENDED
		})
	}
	_, err := ria.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	if got := rob.open(t).snap.Sessions; len(got) != 0 {
		t.Fatalf("still open: %v", got)
	}
}

func TestL13_L14_L15_Q4_HoldParksTheOwnerOnly(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	ria.open(t)
	ada.open(t)
	ria.joined(t, rob, s.Id)
	theirs, _ := ria.view(t, ria.attach(t, s.Id).Ticket)
	stream := a.media()
	mine, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	a.media()
	i := rob.mustInvite(t, s.Id, repID(ada.id(t)), false)
	got, err := rob.close(t, s.Id, "hold")
	if err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_HELD || got.HeldSince == nil || len(got.Invitations) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	if c := endOf(t, mine); c != wirepb.ErrorCode_ERROR_CODE_SESSION_HELD {
		t.Fatalf("the owner's viewer is told %v", c)
	}
	_, err = rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
	goesOn(t, stream, theirs)
	if _, err := ada.accept(i.Id); err != nil { // invitations stay (Q4)
		t.Fatal(err)
	}
	again, accepted := ada.view(t, ada.attach(t, s.Id).Ticket)
	if accepted.GetAccepted() == nil {
		t.Fatal(accepted)
	}
	goesOn(t, a.media(), again)
	if got, err = rob.resume(t, s.Id); err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatalf("%v, %v", got, err)
	}
	goesOn(t, stream, theirs)
	rob.attach(t, s.Id)
}

func TestO33_O34_Q9_RemovedAtOnce(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	team, _, _ := n.team(ada, "Night", ria.id(t), ada.id(t))
	s := a.active(rob)
	there := ria.open(t)
	ada.open(t)
	ria.joined(t, rob, s.Id)
	i := rob.mustInvite(t, s.Id, teamID(team), false)
	if err := rob.give(s.Id, ria.id(t)); err != nil {
		t.Fatal(err)
	}
	theirs, _ := ria.view(t, ria.attach(t, s.Id).Ticket)
	a.media()
	mine, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	stream := a.media()
	ticket := ria.attach(t, s.Id).Ticket
	wantCode(t, rob.remove(s.Id, ria.id(t), false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	wantCode(t, rob.remove(s.Id, rob.id(t), true), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT) // oneself
	wantCode(t, ria.remove(s.Id, rob.id(t), true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	wantCode(t, ada.remove(s.Id, ria.id(t), true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	if err := rob.remove(s.Id, ria.id(t), true); err != nil {
		t.Fatal(err)
	}
	if c := endOf(t, theirs); c != wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT {
		t.Fatalf("told %v", c)
	}
	goesOn(t, stream, mine)
	if _, m := ria.view(t, ticket); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID {
		t.Fatalf("with a ticket from before: %v", m)
	}
	_, err := ria.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	// What stood for the team is not for her any more (Q9), and control is back.
	_, err = ria.accept(i.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE)
	if got := rob.in(t, s.Id); !slices.Equal(got, []string{"Rob Rep*"}) {
		t.Fatal(got)
	}
	again := rob.mustInvite(t, s.Id, repID(ria.id(t)), false) // a new one lets her in
	if got := there.invitation(); got.Id != again.Id && there.invitation().Id != again.Id {
		t.Fatal(got)
	}
	if _, err := ria.accept(again.Id); err != nil {
		t.Fatal(err)
	}
	ria.attach(t, s.Id)
}

func TestQ12_OneControlToken(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	ria.open(t)
	ria.joined(t, rob, s.Id)
	a.people()
	wantCode(t, ria.give(s.Id, ria.id(t)), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	wantCode(t, ada.give(s.Id, ada.id(t)), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	wantCode(t, rob.give(s.Id, ada.id(t)), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	for _, c := range []struct {
		by   *client
		to   string
		want []string
	}{
		{rob, ria.id(t), []string{"Rob Rep", "Ria Rep*"}},
		{ria, rob.id(t), []string{"Rob Rep*", "Ria Rep"}}, // given back
		{rob, "", []string{"Rob Rep", "Ria Rep"}},
		{rob, ria.id(t), []string{"Rob Rep", "Ria Rep*"}},
	} {
		if err := c.by.give(s.Id, c.to); err != nil {
			t.Fatal(err)
		}
		if got := a.people(); !slices.Equal(got, c.want) {
			t.Fatalf("the endpoint is told %v, want %v", got, c.want)
		}
		if got := ria.in(t, s.Id); !slices.Equal(got, c.want) {
			t.Fatalf("%v, want %v", got, c.want)
		}
	}
	// The endpoint hears again when its link comes back, and of a holder who leaves.
	a.link.Close(nil)
	a.connect(mustID(t, s.Id))
	if got := a.people(); !slices.Equal(got, []string{"Rob Rep", "Ria Rep*"}) {
		t.Fatal(got)
	}
	if _, err := ria.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	if got := a.people(); !slices.Equal(got, []string{"Rob Rep*"}) {
		t.Fatal(got)
	}
}

func TestO17_O27_Q10_ChatOfTwoChannels(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria := n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	say := func(c *client, text string, channel wirepb.ChatChannel) error {
		_, err := c.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: s.Id, Text: text, Channel: channel}))
		return err
	}
	mine := rob.open(t)
	there := ria.open(t)
	all, reps := wirepb.ChatChannel_CHAT_CHANNEL_UNSPECIFIED, wirepb.ChatChannel_CHAT_CHANNEL_REPS
	wantCode(t, say(ria, "not in it", all), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	for _, m := range []struct {
		text    string
		channel wirepb.ChatChannel
	}{{"for all", all}, {"for reps", reps}} {
		if err := say(rob, m.text, m.channel); err != nil {
			t.Fatal(err)
		}
	}
	ria.joined(t, rob, s.Id)
	if err := say(ria, "hello rob", reps); err != nil {
		t.Fatal(err)
	}
	if err := say(ria, "hello cora", all); err != nil {
		t.Fatal(err)
	}
	for _, o := range []*office{mine, there} { // ria's console was told of nothing before she was in
		first := ""
		told(o, "chat", func(m *apipb.WatchResponse) (struct{}, bool) {
			if first == "" {
				first = m.GetChat().GetText()
			}
			return struct{}{}, m.GetChat().GetText() == "hello rob" && m.GetChat().Channel == reps
		})
		if want := map[*office]string{mine: "for all", there: "hello rob"}[o]; first != want {
			t.Errorf("the first message is %q, want %q", first, want)
		}
	}
	// The late one sees what the owner sees (O27); the customer none of the reps'.
	history := func(c *client) (said []*wirepb.Chat) {
		return must[apipb.GetResponse](t)(c.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))).Chat
	}
	theirs, owners := history(ria), history(rob)
	if len(owners) != 4 || !slices.EqualFunc(theirs, owners, func(x, y *wirepb.Chat) bool {
		return x.Seq == y.Seq && x.Text == y.Text && x.AtUnixMs == y.AtUnixMs && x.Channel == y.Channel && x.From == y.From
	}) {
		t.Fatalf("%v\n%v", theirs, owners)
	}
	for _, want := range []string{"for all", "hello cora"} {
		c := await(a, "chat", func(m *wirepb.BrokerMessage) (*wirepb.Chat, bool) { return m.GetChat(), m.GetChat() != nil })
		if c.Text != want {
			t.Fatalf("the customer reads %q, want %q", c.Text, want)
		}
	}
}
