package broker

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// crew is the part of a client for several reps on one session.
func (c *client) crew() apipbconnect.CollaborationServiceClient {
	return apipbconnect.NewCollaborationServiceClient(c.http, c.base)
}

// id is the account's.
func (c *client) id(t *testing.T) string {
	t.Helper()
	return must[apipb.StateResponse](t)(c.signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{}))).Rep.Id
}

// office is an open console: what it is told, and a way to close it.
type office struct {
	t     *testing.T
	got   chan *apipb.WatchResponse
	snap  *apipb.Snapshot
	close context.CancelFunc
}

// open opens a console, which counts as the rep's being there.
func (c *client) open(t *testing.T) *office {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w, err := c.live.Watch(ctx, connect.NewRequest(&apipb.WatchRequest{}))
	if err != nil || !w.Receive() {
		t.Fatal(err, w.Err())
	}
	o := &office{t: t, got: make(chan *apipb.WatchResponse, 4096), snap: w.Msg().GetSnapshot()}
	done := make(chan struct{})
	o.close = func() { cancel(); <-done }
	t.Cleanup(o.close)
	go func() {
		defer close(done)
		defer close(o.got)
		for w.Receive() {
			o.got <- w.Msg()
		}
	}()
	return o
}

// told waits for something to be pushed.
func told[T any](o *office, what string, get func(*apipb.WatchResponse) (T, bool)) T {
	o.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m, ok := <-o.got:
			if !ok {
				o.t.Fatalf("the stream ended before %s", what)
			}
			if v, ok := get(m); ok {
				return v
			}
		case <-deadline:
			o.t.Fatalf("never told: %s", what)
		}
	}
}

func (o *office) invitation() *apipb.Invitation {
	o.t.Helper()
	return told(o, "invitation", func(m *apipb.WatchResponse) (*apipb.Invitation, bool) {
		return m.GetInvitation(), m.GetInvitation() != nil
	})
}

func (o *office) gone(id string) {
	o.t.Helper()
	told(o, "invitation gone", func(m *apipb.WatchResponse) (struct{}, bool) { return struct{}{}, m.GetInvitationGone() == id })
}

func (c *client) invite(session string, to any, transfer bool) (*apipb.Invitation, error) {
	q := &apipb.InviteRequest{SessionId: session, Transfer: transfer}
	switch v := to.(type) {
	case repID:
		q.To = &apipb.InviteRequest_RepId{RepId: string(v)}
	case teamID:
		q.To = &apipb.InviteRequest_TeamId{TeamId: string(v)}
	case issueID:
		q.To = &apipb.InviteRequest_IssueId{IssueId: string(v)}
	}
	r, err := c.crew().Invite(context.Background(), connect.NewRequest(q))
	if err != nil {
		return nil, err
	}
	return r.Msg.Invitation, nil
}

type (
	repID   string
	teamID  string
	issueID string
)

func (c *client) mustInvite(t *testing.T, session string, to any, transfer bool) *apipb.Invitation {
	t.Helper()
	i, err := c.invite(session, to, transfer)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (c *client) accept(id string) (*apipb.Session, error) {
	r, err := c.crew().AcceptInvitation(context.Background(), connect.NewRequest(&apipb.AcceptInvitationRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Session, nil
}

func (c *client) decline(id string) error {
	_, err := c.crew().DeclineInvitation(context.Background(), connect.NewRequest(&apipb.DeclineInvitationRequest{Id: id}))
	return err
}

func (c *client) uninvite(id string) error {
	_, err := c.crew().CancelInvitation(context.Background(), connect.NewRequest(&apipb.CancelInvitationRequest{Id: id}))
	return err
}

func (c *client) remove(session, rep string, confirm bool) error {
	_, err := c.crew().Remove(context.Background(), connect.NewRequest(&apipb.RemoveRequest{SessionId: session, RepId: rep, Confirm: confirm}))
	return err
}

func (c *client) give(session, rep string) error {
	_, err := c.crew().GiveControl(context.Background(), connect.NewRequest(&apipb.GiveControlRequest{SessionId: session, RepId: rep}))
	return err
}

// joined has a rep with an open console join a session of another's.
func (c *client) joined(t *testing.T, owner *client, session string) {
	t.Helper()
	i := owner.mustInvite(t, session, repID(c.id(t)), false)
	if _, err := c.accept(i.Id); err != nil {
		t.Fatal(err)
	}
}

// in lists who is in a session, the owner first, and who controls with a star.
func (c *client) in(t *testing.T, session string) (all []string) {
	t.Helper()
	for _, p := range c.get(t, session).Participants {
		name := p.Name
		if p.Control {
			name += "*"
		}
		if p.Owner != (len(all) == 0) {
			t.Fatalf("the owner is not the first: %v", p)
		}
		all = append(all, name)
	}
	return all
}

// people is what the endpoint is told next of who is in the session, as in does.
func (a *agent) people() (all []string) {
	a.t.Helper()
	m := await(a, "participants", func(m *wirepb.BrokerMessage) (*wirepb.SessionParticipants, bool) {
		return m.GetParticipants(), m.GetParticipants() != nil
	})
	for _, p := range m.Participants {
		name := p.Name
		if p.Control {
			name += "*"
		}
		all = append(all, name)
	}
	return all
}

// team makes a team, with a queue and an issue of its own.
func (n *bench) team(admin *client, name string, members ...string) (team, queue, issue string) {
	n.t.Helper()
	save := func(o *apipb.ConfigObject) string {
		n.t.Helper()
		return must[apipb.SaveObjectResponse](n.t)(apipbconnect.NewConfigServiceClient(admin.http, admin.base).SaveObject(
			n.t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: o}))).Object.Id
	}
	team = save(&apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_Team{Team: &apipb.Team{Members: members}}})
	queue = save(&apipb.ConfigObject{Name: name + " queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team}}})
	issue = save(&apipb.ConfigObject{Name: name + " issue", Object: &apipb.ConfigObject_Issue{Issue: &apipb.Issue{Queue: queue, RequestHelp: true}}})
	return team, queue, issue
}

func (n *bench) config(c *client) apipbconnect.ConfigServiceClient {
	return apipbconnect.NewConfigServiceClient(c.http, c.base)
}

func (c *client) targets(t *testing.T, session string) *apipb.ShareTargetsResponse {
	t.Helper()
	return must[apipb.ShareTargetsResponse](t)(c.crew().ShareTargets(t.Context(), connect.NewRequest(&apipb.ShareTargetsRequest{SessionId: session})))
}

// goesOn shows that what the endpoint sends comes to the viewer.
func goesOn(t *testing.T, from io.Writer, to *websocket.Conn) {
	t.Helper()
	payload := []byte("a picture")
	if _, err := from.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 1, Seq: 1}, Payload: payload})); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, m, err := to.Read(ctx); err != nil || !bytes.HasSuffix(m, payload) {
		t.Fatalf("%q, %v", m, err)
	}
}
