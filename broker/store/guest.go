package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// Guest is an external rep: invited, in a session, or neither any more.
type Guest struct {
	ID           string
	Session      wire.SessionID
	Invitation   string // id
	Token        string // hash of the link's secret
	SignIn       string // hash of the cookie's value; empty: nobody has come
	Name         string
	Description  string // of what kind the invitation is
	Comments     string
	Email        string // the link was mailed to; empty: it was not
	Policy       string // id of the session policy; empty: the guest's part is over
	PolicyName   string // as it was when the invitation was made
	Capabilities []string
	ExpiresAt    time.Time // of the link
	RedeemedAt   time.Time // zero: nobody has come
	EndedAt      time.Time // zero: invited, or in the session
}

const guestColumns = `id, session, invitation, token, sign_in, name, description, comments, email, policy, policy_name, capabilities,
	expires_at, redeemed_at, ended_at`

func scanGuest(r scanner) (Guest, error) {
	var g Guest
	var session, capabilities string
	var signIn, policy sql.NullString
	var expires, redeemed, ended int64
	err := r.Scan(&g.ID, &session, &g.Invitation, &g.Token, &signIn, &g.Name, &g.Description, &g.Comments, &g.Email, &policy, &g.PolicyName,
		&capabilities, &expires, &redeemed, &ended)
	if err != nil {
		return g, notFound(err)
	}
	g.SignIn, g.Policy, g.Capabilities = signIn.String, policy.String, strings.Fields(capabilities)
	g.ExpiresAt, g.RedeemedAt, g.EndedAt = fromMillis(expires), fromMillis(redeemed), fromMillis(ended)
	g.Session, err = sessionID(session)
	return g, err
}

func (s *Store) guest(ctx context.Context, where string, args ...any) (Guest, error) {
	return scanGuest(s.read.QueryRowContext(ctx, "SELECT "+guestColumns+" FROM guests WHERE "+where, args...))
}

// Guest finds a guest of a session that is not over.
func (s *Store) Guest(ctx context.Context, id string) (Guest, error) {
	return s.guest(ctx, "id = $1", id)
}

// GuestByToken finds whom a link is for, also when it leads nowhere any more.
func (s *Store) GuestByToken(ctx context.Context, token string) (Guest, error) {
	return s.guest(ctx, "token = $1", token)
}

// GuestBySignIn finds the guest in a session who has a cookie.
func (s *Store) GuestBySignIn(ctx context.Context, signIn string) (Guest, error) {
	return s.guest(ctx, "sign_in = $1 AND ended_at = 0", signIn)
}

// Guests lists the guests of a session who are invited or in it.
func (s *Store) Guests(ctx context.Context, id wire.SessionID) ([]Guest, error) {
	return list(ctx, s.read, scanGuest, "SELECT "+guestColumns+" FROM guests WHERE session = $1 AND ended_at = 0", id.String())
}

// AddGuest adds one who is invited; ErrReference: no such session policy.
func (t *Tx) AddGuest(g Guest) error {
	_, err := t.exec("INSERT INTO guests ("+guestColumns+") VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0)",
		g.ID, g.Session.String(), g.Invitation, g.Token, g.Name, g.Description, g.Comments, g.Email, g.Policy, g.PolicyName,
		strings.Join(g.Capabilities, " "), toMillis(g.ExpiresAt))
	return err
}

// RedeemGuest notes that somebody came by a link; ErrNotFound: it was used.
func (t *Tx) RedeemGuest(id, signIn string, at time.Time) error {
	return t.one("UPDATE guests SET sign_in = $2, redeemed_at = $3 WHERE id = $1 AND redeemed_at = 0 AND ended_at = 0", id, signIn, toMillis(at))
}

// EndGuests ends those of a session who are neither in it nor invited to it, as it
// was stored; with the session all that is known of them goes.
func (t *Tx) EndGuests(s support.Session, at time.Time) error {
	id := s.ID.String()
	if s.Phase.Final() {
		_, err := t.exec("DELETE FROM guests WHERE session = $1", id)
		return err
	}
	_, err := t.exec(`UPDATE guests SET ended_at = $2, sign_in = NULL, policy = NULL WHERE session = $1 AND ended_at = 0
		AND id NOT IN (SELECT rep FROM participants WHERE session = $1) AND id NOT IN (SELECT rep FROM invitations WHERE session = $1)`,
		id, toMillis(at))
	return err
}

// SessionPolicyUses lists whose invitations are under a session policy.
func (t *Tx) SessionPolicyUses(id string) ([]Use, error) {
	return t.uses("SELECT 'external rep', name FROM guests WHERE policy = $1 ORDER BY 2 LIMIT $2", id)
}
