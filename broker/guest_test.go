package broker

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// outside is the part of a client for external reps.
func (c *client) outside() apipbconnect.GuestServiceClient {
	return apipbconnect.NewGuestServiceClient(c.http, c.base)
}

// sessionPolicy makes a session policy of these capabilities.
func (n *bench) sessionPolicy(admin *client, of ...string) string {
	n.t.Helper()
	return admin.object(n.t, sessionPolicy("May "+strings.Join(of, " "), of...)).Id
}

// inviteGuest invites Val, an external rep.
func (c *client) inviteGuest(session, policy string, change ...func(*apipb.InviteGuestRequest)) (*apipb.InviteGuestResponse, error) {
	q := &apipb.InviteGuestRequest{SessionId: session, PolicyId: policy, Name: "Val Vendor", Description: "Vendor", Comments: "Ticket 17"}
	for _, f := range change {
		f(q)
	}
	r, err := c.outside().InviteGuest(context.Background(), connect.NewRequest(q))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

func (c *client) mustInviteGuest(t *testing.T, session, policy string) *apipb.InviteGuestResponse {
	t.Helper()
	i, err := c.inviteGuest(session, policy)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// redeem comes in by a link.
func (c *client) redeem(link string) (*apipb.RedeemResponse, error) {
	_, key, _ := strings.Cut(link, "#")
	r, err := c.outside().Redeem(context.Background(), connect.NewRequest(&apipb.RedeemRequest{Key: key}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

// comes lets somebody in by a link, with a browser of their own.
func (n *bench) comes(link string) *client {
	n.t.Helper()
	c := n.visitor()
	if _, err := c.redeem(link); err != nil {
		n.t.Fatal(err)
	}
	return c
}

// who is the external rep by whose cookie the client calls; nil: none.
func (c *client) who(t *testing.T) *apipb.Guest {
	t.Helper()
	return must[apipb.GuestStateResponse](t)(c.outside().State(t.Context(), connect.NewRequest(&apipb.GuestStateRequest{}))).Guest
}

func (c *client) say(t *testing.T, session, text string, channel wirepb.ChatChannel) error {
	t.Helper()
	_, err := c.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: session, Text: text, Channel: channel}))
	return err
}

func TestO28_O30_O31_AnExternalRepComesInByALink(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob, ria, ada := n.rep("rob"), n.rep("ria"), n.rep("ada")
	s := a.active(rob)
	vendor := n.sessionPolicy(ada, "view", "control", "chat")
	if got := rob.targets(t, s.Id).Policies; len(got) != 1 || got[0].Id != vendor || !slices.Equal(got[0].Capabilities, []string{"See the screen", "Use keyboard and mouse", "Chat"}) {
		t.Fatalf("%v", got)
	}
	_, err := ria.inviteGuest(s.Id, vendor)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
	made := rob.mustInviteGuest(t, s.Id, vendor)
	if page, key, _ := strings.Cut(made.Link, "#"); page != "https://"+n.b.public()+"/join" || len(key) != 43 || made.Mailed {
		t.Fatalf("%v", made)
	}
	i := rob.get(t, s.Id).Invitations[0]
	if i.Id != made.Invitation.Id || i.ToName != "Val Vendor" || i.Guest.GetPolicy() != "May view control chat" || i.Guest.Comments != "Ticket 17" ||
		i.Guest.ExpiresAt.AsTime().Sub(i.SentAt.AsTime()).Round(time.Second) != 2*time.Hour {
		t.Fatalf("%v", i)
	}
	val := n.visitor()
	in, err := val.redeem(made.Link)
	if err != nil || in.Session.Id != s.Id || in.Guest.Name != "Val Vendor" || !slices.Equal(in.Session.Outcomes, []string{"leave"}) || len(in.Session.Invitations) != 0 {
		t.Fatalf("%v, %v", in, err)
	}
	m := await(a, "participants", func(m *wirepb.BrokerMessage) (*wirepb.SessionParticipants, bool) {
		return m.GetParticipants(), m.GetParticipants() != nil
	})
	if len(m.Participants) != 2 || m.Participants[1].Name != "Val Vendor" || !m.Participants[1].External || m.Participants[1].Control {
		t.Fatalf("the endpoint is told %v", m)
	}
	if p := rob.get(t, s.Id).Participants; len(p) != 2 || !p[1].External || p[1].Policy != "May view control chat" || p[1].LookOnly || p[1].RepId != val.who(t).Id {
		t.Fatalf("%v", p)
	}
	// It is the session and nothing else that is open to the guest.
	there := val.open(t)
	if got := there.snap; len(got.Sessions) != 1 || got.Sessions[0].Id != s.Id || len(got.Devices)+len(got.Requests)+len(got.Invitations) != 0 {
		t.Fatalf("%v", got)
	}
	ws, reply := val.view(t, val.attach(t, s.Id).Ticket)
	if reply.GetAccepted() == nil {
		t.Fatal(reply)
	}
	goesOn(t, a.media(), ws)
	if err := val.say(t, s.Id, "hello", 0); err != nil {
		t.Fatal(err)
	}
	if c := await(a, "chat", func(m *wirepb.BrokerMessage) (*wirepb.Chat, bool) { return m.GetChat(), m.GetChat() != nil }); c.From != "Val Vendor (external)" {
		t.Fatal(c)
	}
	if _, err := val.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	if c := endOf(t, ws); c != wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT {
		t.Fatalf("the viewer is told %v", c)
	}
	if val.who(t) != nil {
		t.Fatal("still signed in")
	}
	_, err = n.visitor().redeem(made.Link)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_LINK_USED)
	// Reports name the guest, and who tried the link again.
	for action, want := range map[string][]string{
		"session.invite": {`ok to="Val Vendor" external=true policy="May view control chat" allows="view,control,chat" description="Vendor" comments="Ticket 17"`},
		"session.join": {
			`ok to="Val Vendor" external=true policy="May view control chat" allows="view,control,chat" description="Vendor" comments="Ticket 17" from="127.0.0.1/32"`,
			`link_used external=true from="127.0.0.1/32"`,
		},
		"session.leave": {"ok "},
	} {
		var got []string
		for _, r := range n.records(func(r store.Record) bool { return r.Action == action }) {
			got = append(got, r.Result+" "+r.Detail)
			if r.Session != s.Id || action != "session.invite" && (r.ActorName != "Val Vendor" || !strings.HasPrefix(r.Actor, "guest:")) {
				t.Errorf("%+v", r)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", action, got)
		}
	}
	for _, r := range n.records(func(store.Record) bool { return true }) {
		if _, key, _ := strings.Cut(made.Link, "#"); strings.Contains(r.Detail+r.Object, key) {
			t.Errorf("the link is in the log: %+v", r)
		}
	}
}

// What a guest may do is what the session policy says, by the calls and by what
// policy explains of them.
func TestO29_GuestsMayWhatTheirPolicySays(t *testing.T) {
	actions := map[string]policy.Action{"view": policy.AttachSession, "control": policy.ControlSession, "chat": policy.Chat}
	n := newBench(t)
	a := n.online()
	rob, ada := n.rep("rob"), n.rep("ada")
	s := a.active(rob)
	for _, may := range [][]string{{"view"}, {"chat"}, {"view", "chat"}, {"view", "control"}, {"view", "control", "chat"}} {
		t.Run(strings.Join(may, " "), func(t *testing.T) {
			val := n.comes(rob.mustInviteGuest(t, s.Id, n.sessionPolicy(ada, may...)).Link)
			id := val.who(t).Id
			do := map[string]func() error{
				"view": func() error {
					_, err := val.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
					return err
				},
				"control": func() error { return rob.give(s.Id, id) },
				"chat":    func() error { return val.say(t, s.Id, "hello", 0) },
			}
			if err := rob.say(t, s.Id, "hello val", 0); err != nil {
				t.Fatal(err)
			}
			read := must[apipb.GetResponse](t)(val.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id})))
			if slices.Contains(may, "chat") != (len(read.Chat) > 0) {
				t.Errorf("reads %d messages", len(read.Chat))
			}
			offered := enabled(read.Session.Actions)
			for c, action := range actions {
				want := slices.Contains(may, c)
				ask := &apipb.ExplainRequest{Rep: id, Device: a.dev, Action: string(action)}
				said := must[apipb.ExplainResponse](t)(apipbconnect.NewSettingsServiceClient(rob.http, rob.base).Explain(t.Context(), connect.NewRequest(ask)))
				if said.Allowed != want || said.Rule.Kind != "session_policy" || said.Rule.ScopeName != "May "+strings.Join(may, " ") {
					t.Errorf("%s is explained: %v", c, said)
				}
				if err := do[c](); (err == nil) != want || !want && code(err) != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN {
					t.Errorf("%s: %v", c, err)
				}
			}
			if offered["attach"] != slices.Contains(may, "view") || offered["chat"] != slices.Contains(may, "chat") || offered["end"] || offered["share"] || offered["hold"] {
				t.Errorf("offered: %v", offered)
			}
			if controls := slices.Contains(may, "control"); controls {
				// Who has control gives it back, and to nobody else.
				wantCode(t, val.give(s.Id, ""), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER)
				if err := val.give(s.Id, rob.id(t)); err != nil {
					t.Error(err)
				}
			} else if p := rob.get(t, s.Id).Participants; !p[len(p)-1].LookOnly || p[len(p)-1].Control {
				t.Errorf("%v", p)
			}
			if _, err := val.close(t, s.Id, "leave"); err != nil {
				t.Fatal(err)
			}
		})
	}
	// A policy that is used stays; afterwards it goes.
	p := n.sessionPolicy(ada, "view", "files")
	i := rob.mustInviteGuest(t, s.Id, p)
	err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_SESSION_POLICY, p, true)
	if wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE); !strings.Contains(err.Error(), "Val Vendor") {
		t.Error(err)
	}
	if err := rob.uninvite(i.Invitation.Id); err != nil {
		t.Fatal(err)
	}
	if err := ada.deleteObject(t, apipb.ObjectKind_OBJECT_KIND_SESSION_POLICY, p, true); err != nil {
		t.Fatal(err)
	}
	_, err = rob.inviteGuest(s.Id, p)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
}
