//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// move is one thing that a rep does to a session.
type move struct {
	by      *console
	name    string
	command support.Command                                // as the model knows it; none: it changes nothing
	may     func(support.Session) bool                     // of a move without a command
	call    func(context.Context) (made string, err error) // made: the id of an invitation
}

// apply is what the model says of a move: the session after it, and whether it is
// let through.
func (m move) apply(s support.Session, made string) (support.Session, bool) {
	if m.command.Verb == 0 {
		return s, m.may(s)
	}
	c := m.command
	c.At = time.Now()
	if c.Verb == support.Invite {
		c.Invitation.ID = made
		if made == "" {
			c.Invitation.ID = "refused"
		}
	}
	next, _, err := s.Apply(c)
	return next, err == nil
}

// Of ten moves about eight are such as the model lets through.
const (
	sensible = 0.8
	tries    = 50
)

// draw draws a move of a rep's.
func (t *together) draw(rng *rand.Rand, l *ledger, by *console) move {
	legal := rng.Float64() < sensible
	for range tries {
		m := t.anyMove(rng, l, by)
		if _, ok := m.apply(l.s, ""); ok == legal {
			return m
		}
	}
	return t.anyMove(rng, l, by)
}

func (t *together) anyMove(rng *rand.Rand, l *ledger, by *console) move {
	other := t.reps[rng.IntN(len(t.reps))]
	invitation := l.id + "-none"
	if n := len(l.s.Invitations); n > 0 {
		invitation = l.s.Invitations[rng.IntN(n)].ID
	}
	command := func(name string, c support.Command, call func(context.Context) error) move {
		c.Actor = by.who
		return move{by: by, name: name, command: c, call: func(ctx context.Context) (string, error) { return "", call(ctx) }}
	}
	leave := func(o support.Outcome) move {
		return command(string(o), support.Command{Verb: o.Verb(), By: wirepb.EndedBy_ENDED_BY_REP}, func(ctx context.Context) error {
			_, err := by.sessions.Close(ctx, connect.NewRequest(&apipb.CloseRequest{Id: l.id, Outcome: string(o)}))
			return err
		})
	}
	switch k := rng.IntN(100); {
	case k < 20:
		return t.invite(rng, l, by, other)
	case k < 40:
		return accept(l, by, invitation, command)
	case k < 44:
		return command("decline", support.Command{Verb: support.DeclineInvitation, InvitationID: invitation}, func(ctx context.Context) error {
			_, err := by.crew.DeclineInvitation(ctx, connect.NewRequest(&apipb.DeclineInvitationRequest{Id: invitation}))
			return err
		})
	case k < 48:
		return command("uninvite", support.Command{Verb: support.Uninvite, InvitationID: invitation}, func(ctx context.Context) error {
			_, err := by.crew.CancelInvitation(ctx, connect.NewRequest(&apipb.CancelInvitationRequest{Id: invitation}))
			return err
		})
	case k < 53:
		return command("remove", support.Command{Verb: support.Remove, Target: other.who.ID}, func(ctx context.Context) error {
			_, err := by.crew.Remove(ctx, connect.NewRequest(&apipb.RemoveRequest{SessionId: l.id, RepId: other.who.ID, Confirm: true}))
			return err
		})
	case k < 63:
		return command("pass", support.Command{Verb: support.Pass, Target: other.who.ID}, func(ctx context.Context) error {
			_, err := by.crew.GiveControl(ctx, connect.NewRequest(&apipb.GiveControlRequest{SessionId: l.id, RepId: other.who.ID}))
			return err
		})
	case k < 69:
		return leave(support.OutcomeLeave)
	case k < 74:
		return leave(support.OutcomeHold)
	case k < 76:
		return leave(support.OutcomeEnd)
	case k < 84:
		return resume(l, by, command)
	case k < 90:
		return t.look(l, by)
	case k < 92:
		return say(l, by, "type", func(ctx context.Context, to wirepb.ChatChannel) error {
			_, err := by.sessions.SetTyping(ctx, connect.NewRequest(&apipb.SetTypingRequest{Id: l.id, Typing: true, Channel: to}))
			return err
		}, rng)
	default:
		return say(l, by, "say", func(ctx context.Context, to wirepb.ChatChannel) error {
			_, err := by.sessions.SendChat(ctx, connect.NewRequest(&apipb.SendChatRequest{Id: l.id, Text: "under load", Channel: to}))
			return err
		}, rng)
	}
}

type commander func(name string, c support.Command, call func(context.Context) error) move

func (t *together) invite(rng *rand.Rand, l *ledger, by, other *console) move {
	q := &apipb.InviteRequest{SessionId: l.id, Transfer: rng.IntN(4) == 0, To: &apipb.InviteRequest_RepId{RepId: other.who.ID}}
	i := support.Invitation{Transfer: q.Transfer, To: other.who.ID, ToName: other.who.Name}
	if rng.IntN(3) == 0 {
		q.To, i.To, i.Team = &apipb.InviteRequest_TeamId{TeamId: t.team}, "", t.team
	}
	return move{by: by, name: "invite", command: support.Command{Verb: support.Invite, Actor: by.who, Invitation: i}, call: func(ctx context.Context) (string, error) {
		a, err := by.crew.Invite(ctx, connect.NewRequest(q))
		if err != nil {
			return "", err
		}
		return a.Msg.Invitation.Id, nil
	}}
}

// accept takes what was offered; whether that is a place or the session itself is the
// broker's to know, as the model knows it.
func accept(l *ledger, by *console, invitation string, command commander) move {
	verb := support.Join
	for _, i := range l.s.Invitations {
		if i.ID == invitation && i.Transfer {
			verb = support.TakeOver
		}
	}
	return command("accept", support.Command{Verb: verb, InvitationID: invitation}, func(ctx context.Context) error {
		_, err := by.crew.AcceptInvitation(ctx, connect.NewRequest(&apipb.AcceptInvitationRequest{Id: invitation}))
		return err
	})
}

// resume takes up what the rep holds, or what waits in the team's queue.
func resume(l *ledger, by *console, command commander) move {
	verb := support.Resume
	if l.s.Queue != "" {
		verb = support.TakeOver
	}
	m := command("resume", support.Command{Verb: verb}, func(ctx context.Context) error {
		_, err := by.sessions.Resume(ctx, connect.NewRequest(&apipb.ResumeRequest{Id: l.id}))
		return err
	})
	if l.s.Phase == support.Active && l.s.Rep.ID == by.who.ID { // which is no error, and nothing
		m.command, m.may = support.Command{}, func(s support.Session) bool { return s.Phase == support.Active && s.Rep.ID == by.who.ID }
	}
	return m
}

func say(_ *ledger, by *console, name string, call func(context.Context, wirepb.ChatChannel) error, rng *rand.Rand) move {
	to := wirepb.ChatChannel(rng.IntN(2)) //nolint:gosec // there are two
	return move{
		by: by, name: name, may: func(s support.Session) bool { return s.In(by.who.ID) && s.Runs() },
		call: func(ctx context.Context) (string, error) { return "", call(ctx, to) },
	}
}

// lookFor is how long a rep looks at a screen.
const lookFor = 2 * time.Second

// look attaches a viewer and goes on while it watches.
func (t *together) look(l *ledger, by *console) move {
	id := l.id
	return move{by: by, name: "look", may: func(s support.Session) bool { return s.Attends(by.who.ID) }, call: func(ctx context.Context) (string, error) {
		a, err := by.sessions.Attach(ctx, connect.NewRequest(&apipb.AttachRequest{Id: id}))
		if err != nil {
			return "", err
		}
		u, err := url.Parse(by.base)
		if err != nil {
			return "", err
		}
		h := http.Header{}
		for _, c := range by.http.Jar.Cookies(u) {
			h.Add("Cookie", c.String())
		}
		stream, _, err := viewer.Dial(ctx, by.base, a.Msg.Ticket, h, by.tls)
		if err != nil {
			return "", fmt.Errorf("attach: %w", err)
		}
		t.looking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, lookFor)
			defer cancel()
			v := viewer.NewSession(stream, viewer.Options{OnUpdate: func(*viewer.Canvas, viewer.Update) { t.pictures.Add(1) }})
			_ = v.Run(ctx) // a session that is held or left ends it sooner
		})
		return "", nil
	}}
}
