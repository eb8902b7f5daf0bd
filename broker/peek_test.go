package broker

import (
	"context"
	"fmt"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) peek(session string) (*apipb.PeekResponse, error) {
	r, err := c.crew().Peek(context.Background(), connect.NewRequest(&apipb.PeekRequest{SessionId: session}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

func (c *client) mustPeek(t *testing.T, session string) *apipb.PeekResponse {
	t.Helper()
	r, err := c.peek(session)
	must1(t, err)
	return r
}

// peeked are the records of looks at a session.
func (n *bench) peeked(session string) []store.Record {
	return n.records(func(r store.Record) bool { return r.Action == "session.peek" && r.Session == session })
}

// Who may peek sees what waits for them, in the audit log, and nothing of anybody
// else's; to be told that there is nothing says nothing of what there is.
func TestE15_PeekShowsWhatWaitsAndNothingElse(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	ada.set(t, "approval", "false")
	may, account := n.with(ada, "sam", policy.SessionStart, policy.SessionPeek)
	mayNot, plain := n.with(ada, "pat", policy.SessionStart)
	other, _ := n.with(ada, "eve", policy.SessionStart, policy.SessionPeek)
	idle, lame := n.with(ada, "ian", policy.SessionPeek) // who could not take anything
	team, queue, issue := n.team(ada, "Night", account.Id, plain.Id, lame.Id)
	hidden := func(id string) {
		t.Helper()
		looks := len(n.peeked(id))
		_, err := mayNot.peek(id)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		var said []string
		for _, c := range []*client{other, idle} {
			for _, of := range []string{id, wire.SessionID{1}.String()} {
				_, err := c.peek(of)
				wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
				said = append(said, err.Error())
			}
		}
		for _, s := range said {
			if s != said[0] {
				t.Errorf("%q and %q", s, said[0])
			}
		}
		if len(n.peeked(id)) != looks {
			t.Error("a look at nothing is in the log")
		}
	}

	// A customer's request in the queue of the team.
	a := n.online()
	request := n.waits(a, queue, "")
	asked := may.wishes(t, pending, "")[0]
	got := may.mustPeek(t, asked.SessionId)
	want := &apipb.PeekResponse{
		Name: "Cora", Reason: "printer", DeviceId: a.dev, DeviceName: asked.DeviceName, QueueName: "Night queue", Since: got.Since,
	}
	if got.Since.AsTime().UnixMilli() != asked.At.AsTime().UnixMilli() {
		t.Errorf("since %v and not %v", got.Since.AsTime(), asked.At.AsTime())
	}
	if !proto.Equal(got, want) {
		t.Fatalf("%v\nis not\n%v", got, want)
	}
	said := n.peeked(asked.SessionId)
	if len(said) != 1 || said[0].ActorName != "sam" || said[0].Object != "device:"+a.dev || said[0].Result != "ok" {
		t.Fatalf("%+v", said)
	}
	if q := may.wishes(t, pending, ""); len(q) != 1 || q[0].DecidedBy != "" {
		t.Fatalf("%v", q)
	}
	hidden(asked.SessionId)

	// Taken in the meantime, by whoever could peek as well.
	_, err := mayNot.approve(t, mustID(t, request))
	must1(t, err)
	_, err = may.peek(asked.SessionId)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	a.answer(a.offer(), true)
	n.phase(mayNot, asked.SessionId, active)
	_, err = may.peek(asked.SessionId)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)

	// An invitation, with what was said to everybody.
	mayNot.write(t, asked.SessionId, "hello", toAll)
	mayNot.write(t, asked.SessionId, "what a mess", toReps)
	i := mayNot.mustInvite(t, asked.SessionId, issueID(issue), false)
	got = may.mustPeek(t, asked.SessionId)
	if len(got.Chat) != 1 || got.Chat[0].Text != "hello" || got.More || got.Issue != "Night issue" || got.QueueName != "Night queue" || got.Reason != "printer" {
		t.Fatalf("%v", got)
	}
	if len(got.Participants) != 1 || got.Participants[0].Name != "pat" || !proto.Equal(got.Since, i.SentAt) {
		t.Fatalf("%v", got)
	}
	if in := mayNot.in(t, asked.SessionId); len(in) != 1 {
		t.Fatalf("a look makes a participant: %v", in)
	}
	hidden(asked.SessionId)
	must1(t, mayNot.uninvite(i.Id))
	_, err = may.peek(asked.SessionId)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)

	// A session that waits for an owner, and the last messages of many.
	must[apipb.SaveObjectResponse](t)(n.config(ada).SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: &apipb.ConfigObject{
		Id: queue, Version: 1, Name: "Night queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team, Fallback: true}},
	}})))
	o := mayNot.open(t)
	n.seen(asked.SessionId, plain.Id)
	must1(t, n.b.store.Update(t.Context(), func(tx *store.Tx) error {
		for k := range 201 {
			if _, err := tx.AddChat(store.ChatMessage{Session: wire.SessionID(mustID(t, asked.SessionId)), At: time.Now(), From: "Cora", FromCustomer: true, Text: fmt.Sprint(k)}); err != nil {
				return err
			}
		}
		return nil
	}))
	n.forsake(o)
	n.phase(ada, asked.SessionId, apipb.SessionPhase_SESSION_PHASE_HELD)
	got = may.mustPeek(t, asked.SessionId)
	if len(got.Chat) != 200 || got.Chat[0].Text != "1" || got.Chat[199].Text != "200" || !got.More {
		t.Fatalf("%d messages from %v, more: %v", len(got.Chat), got.Chat[0], got.More)
	}
	if got.QueueName != "Night queue" || got.Since == nil || len(got.Participants) != 0 {
		t.Fatalf("%v", got)
	}
	hidden(asked.SessionId)
	_, err = mayNot.resume(t, asked.SessionId)
	must1(t, err)
	_, err = may.peek(asked.SessionId)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)

	// No part of it is for guests.
	val := n.comes(mayNot.mustInviteGuest(t, asked.SessionId, n.sessionPolicy(ada, "view")).Link)
	_, err = val.peek(asked.SessionId)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}

// A customer of the portal page waits for a team, or for the rep whose key it was.
func TestE15_PeekAtAChatOfThePortalPage(t *testing.T) {
	n, first, _ := newPortal(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	p := n.begin(withKey(ada.newKey(t, time.Hour).Code))
	p.say("I have your key")
	mine := ada.waits(t)
	got := ada.mustPeek(t, mine.Id)
	if got.Name != "Cora Customer" || got.QueueName != "" || got.Since == nil || len(got.Chat) != 1 || got.Chat[0].Text != "I have your key" {
		t.Fatalf("%v", got)
	}
	if s := ada.get(t, mine.Id); s.Phase != apipb.SessionPhase_SESSION_PHASE_WAITING {
		t.Fatalf("%v", s)
	}
	_, err := ada.resume(t, mine.Id)
	must1(t, err)
	_, err = ada.peek(mine.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)

	p = n.begin(withQueue(first))
	p.say("hello")
	s := rob.waits(t)
	_, err = ada.peek(s.Id) // who may, and is not of the team
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	_, err = rob.peek(s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	// With the permission added to his own he may.
	_, account := n.with(ada, "sam", policy.SessionPeek)
	must1(t, ada.update(t.Context(), &apipb.UpdateAccountRequest{
		Id: rob.id(t), Roles: &apipb.RoleIds{Ids: []string{policy.Representative, account.Roles[0]}},
	}))
	got = rob.mustPeek(t, s.Id)
	if got.Name != "Cora Customer" || got.QueueName != "first" || len(got.Chat) != 1 || len(n.peeked(s.Id)) != 1 {
		t.Fatalf("%v", got)
	}
}
