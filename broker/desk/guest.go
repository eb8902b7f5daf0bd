package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of guests.
const (
	// MaxGuestName keeps room on the customer's banner and in chat.
	MaxGuestName = 64
	// MaxGuestLine bounds the description, in bytes.
	MaxGuestLine = 200
	// MaxGuestComments bounds the comments, in bytes.
	MaxGuestComments = 1000
	// guestAway is how long the page of a guest may be gone before the guest counts as
	// gone, as an unused sign-in of a rep does.
	guestAway = account.IdleTimeout
	// guestStay is how long a guest may be in a session, as a rep's sign-in lasts.
	guestStay = account.Lifetime
	// Tries of links from one address. A link cannot be guessed; this spares the store.
	linkBurst = 40
	linkEvery = 5 * time.Second
)

// NewGuest is an external rep as the owner of a session describes them.
type NewGuest struct {
	Policy      string // id of a session policy
	Name        string // shown to everybody in the session, and in reports
	Description string // of what kind the invitation is
	Comments    string // in reports
	Email       string // to which the link is mailed; empty: it is not
}

// fill takes the fields over, each filtered, or says which is wrong.
func (n NewGuest) fill(g *store.Guest) error {
	g.Name, g.Description = text.Name(n.Name), text.Line(n.Description, MaxGuestLine)
	g.Comments, g.Email = text.Body(n.Comments), strings.TrimSpace(n.Email)
	switch {
	case g.Name == "" || len(n.Name) > MaxGuestName:
		return &fieldError{Field: "name", Detail: fmt.Sprintf("give a name of up to %d bytes that print", MaxGuestName)}
	case len(n.Description) > MaxGuestLine:
		return &fieldError{Field: "description", Detail: fmt.Sprintf("use up to %d bytes", MaxGuestLine)}
	case len(n.Comments) > MaxGuestComments || !utf8.ValidString(n.Comments):
		return &fieldError{Field: "comments", Detail: fmt.Sprintf("use up to %d bytes", MaxGuestComments)}
	case g.Email != "" && (len(g.Email) > maxEmail || !emailLike(g.Email)):
		return &fieldError{Field: "email", Detail: "this is not an e-mail address"}
	}
	return nil
}

// InviteGuest invites somebody without an account. The link lets one person in once,
// until its time or the session is over; only its hash is kept. Sent says whether it
// was handed to the mail as well.
func (d *Desk) InviteGuest(ctx context.Context, p account.Principal, id wire.SessionID, n NewGuest) (i support.Invitation, link account.Secret, sent bool, err error) {
	if _, err := d.owned(ctx, p, id, policy.InviteRep); err != nil {
		return i, "", false, err
	}
	g := store.Guest{ID: account.NewID(), Session: id, Invitation: invitationID(id), ExpiresAt: d.conf.Now().Add(support.GuestTime)}
	if err := n.fill(&g); err != nil {
		return i, "", false, err
	}
	if err := d.under(ctx, n.Policy, &g); err != nil {
		return i, "", false, err
	}
	if g.Email != "" {
		if err := d.mails(ctx); err != nil {
			return i, "", false, err
		}
	}
	key := account.NewSecret()
	g.Token = account.HashSecret(key)
	i = support.Invitation{
		ID: g.Invitation, To: g.ID, ToName: g.Name, External: true, Until: g.ExpiresAt, From: actor(p), SentAt: d.conf.Now(),
	}
	_, err = d.commandWith(ctx, p, id, only(policy.InviteRep), func(*entry) (action, error) {
		return action{Command: support.Command{Verb: support.Invite, Actor: actor(p), Invitation: i}, guest: &g}, nil
	})
	switch {
	case errors.Is(err, store.ErrReference):
		return i, "", false, errNoPolicy
	case err != nil:
		return i, "", false, err
	}
	link = account.Secret(d.conf.JoinPage() + "#" + key.Reveal())
	if g.Email != "" {
		err := d.conf.Mail.Link(ctx, g, actor(p), link)
		if err != nil {
			d.conf.Log.WarnContext(ctx, "mail a link", "session", id.String(), "guest", g.ID, "error", err)
		}
		sent = err == nil
	}
	return i, link, sent, nil
}

var errNoPolicy = &fieldError{Field: "policy", Detail: "choose a session policy"}

// under puts a guest under a session policy as it is now.
func (d *Desk) under(ctx context.Context, id string, g *store.Guest) error {
	all, err := d.conf.Store.SessionPolicies(ctx)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(all, func(x store.SessionPolicy) bool { return x.ID == id })
	if n < 0 {
		return errNoPolicy
	}
	g.Policy, g.PolicyName, g.Capabilities = id, all[n].Name, all[n].Capabilities
	return nil
}

func (d *Desk) mails(ctx context.Context) error {
	on := false
	var err error
	if d.conf.Mail != nil {
		on, err = d.conf.Mail.On(ctx)
	}
	if err == nil && !on {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MAIL_OFF, "no mail is sent from here: copy the link")
	}
	return err
}

// Redeem lets a guest in by the secret of a link, from an address, and gives them the
// secret of their sign-in.
func (d *Desk) Redeem(ctx context.Context, key account.Secret, remote string) (Session, account.Principal, account.Secret, error) {
	no := func(err error) (Session, account.Principal, account.Secret, error) {
		return Session{}, account.Principal{}, "", err
	}
	remote = account.Prefix(remote)
	if !d.links.Allow(remote, d.conf.Now()) {
		return no(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED, "too many tries; wait a minute"))
	}
	g, err := d.conf.Store.GuestByToken(ctx, account.HashSecret(key))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return no(errLinkGone)
	case err != nil:
		return no(fmt.Errorf("find guest: %w", err))
	}
	cookie := account.NewSecret()
	g.SignIn = account.HashSecret(cookie)
	p := guest.Principal(g)
	if err := d.letIn(ctx, g, p, remote); err != nil {
		return no(d.notLetIn(ctx, g, p, remote, err))
	}
	s, err := d.Get(ctx, g.Session)
	return s, p, cookie, err
}

var errLinkGone = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INVITATION_GONE, Detail: "ask for another link"}

func (d *Desk) letIn(ctx context.Context, g store.Guest, p account.Principal, remote string) error {
	e := d.find(g.Session)
	switch {
	case !g.RedeemedAt.IsZero():
		return errLinkUsed
	case !d.conf.Now().Before(g.ExpiresAt):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_LINK_EXPIRED, "ask for another link")
	case e == nil || !g.EndedAt.IsZero():
		return errLinkGone
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.Phase == support.Held && !e.s.Runs() {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is on hold: try again later")
	}
	err := d.stepLocked(ctx, e, action{
		Command: support.Command{Verb: support.Join, Actor: actor(p), External: true, InvitationID: g.Invitation},
		actor:   p.Actor(), actorName: p.DisplayName, guest: &g, from: remote,
	})
	if errors.Is(err, support.ErrAlreadyTaken) || errors.Is(err, store.ErrNotFound) {
		err = errLinkUsed
	}
	return refused(err)
}

var errLinkUsed = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_LINK_USED, Detail: "ask for another link"}

// notLetIn records that a link was tried in vain: it may be in other hands.
func (d *Desk) notLetIn(ctx context.Context, g store.Guest, p account.Principal, remote string, why error) error {
	var ce *wire.CodeError
	if !errors.As(why, &ce) {
		return why
	}
	_, err := d.conf.Audit.Append(ctx, store.Record{
		At: d.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "session.join", Object: "session:" + g.Session.String(),
		Result: wire.CodeName(ce.Code), Session: g.Session.String(), Detail: fmt.Sprintf("external=true from=%q", remote),
	})
	return errors.Join(err, why)
}

// keepGuests writes what a step is to the guests of a session, after who is in it and
// who is invited were written.
func keepGuests(tx *store.Tx, next support.Session, a action) error {
	var err error
	switch {
	case a.guest == nil:
	case a.Verb == support.Join:
		err = tx.RedeemGuest(a.guest.ID, a.guest.SignIn, a.At)
	default:
		err = tx.AddGuest(*a.guest)
	}
	if err != nil {
		return err
	}
	return tx.EndGuests(next, a.At)
}

// seat takes a guest up, and those off who are neither invited nor in the session.
func (e *entry) seat(g *store.Guest) {
	if g != nil {
		if e.guests == nil {
			e.guests = make(map[string]store.Guest)
		}
		e.guests[g.ID] = *g
	}
	for id := range e.guests {
		invited := slices.ContainsFunc(e.s.Invitations, func(i support.Invitation) bool { return i.To == id })
		if !invited && !e.s.In(id) {
			delete(e.guests, id)
		}
	}
}

// guestsThere takes guests out who are not there any more, or for long enough.
func (d *Desk) guestsThere(ctx context.Context, e *entry) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := d.conf.Now()
	for id := range e.guests {
		n := slices.IndexFunc(e.s.Participants, func(p support.Participant) bool { return p.ID == id })
		if n < 0 {
			continue
		}
		p, why := e.s.Participants[n], ""
		switch {
		case now.Sub(p.JoinedAt) >= guestStay:
			why = "was in the session as long as a guest may be"
		case !d.conf.Room.Here(id) && now.Sub(later(d.conf.Room.Gone(id), p.JoinedAt)) >= guestAway:
			why = "the page was closed"
		default:
			continue
		}
		d.try(ctx, e, action{
			Command: support.Command{Verb: support.Leave, Actor: p.Rep, External: true, Detail: why},
			actor:   guest.Principal(e.guests[id]).Actor(), actorName: p.Name,
		})
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// writer is how who writes a message is called in it.
func writer(p account.Principal) string {
	if p.IsGuest() {
		return p.DisplayName + " (external)"
	}
	return p.DisplayName
}

// Reads reports whether one who may read a session's chat reads a message: what reps
// said among themselves before a guest came is not for the guest.
func Reads(p account.Principal, s support.Session, m store.ChatMessage) bool {
	if !p.IsGuest() || !m.RepsOnly {
		return true
	}
	n := slices.IndexFunc(s.Participants, func(q support.Participant) bool { return q.ID == p.ID })
	return n >= 0 && !m.At.Before(s.Participants[n].JoinedAt)
}
