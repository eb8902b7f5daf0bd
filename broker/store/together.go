package store

import (
	"context"
	"strings"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// together adds who is in a session, and who is invited.
func together(ctx context.Context, q querier, s *support.Session) (err error) {
	s.Participants, err = list(ctx, q, func(r scanner) (support.Participant, error) {
		var p support.Participant
		var joined int64
		err := r.Scan(&p.ID, &p.Name, &p.External, &joined)
		p.JoinedAt = fromMillis(joined)
		return p, err
	}, "SELECT rep, name, external, joined_at FROM participants WHERE session = $1 ORDER BY place", s.ID.String())
	if err != nil {
		return err
	}
	s.Invitations, err = list(ctx, q, func(r scanner) (support.Invitation, error) {
		var i support.Invitation
		var sent, until int64
		var declined string
		err := r.Scan(&i.ID, &i.To, &i.Team, &i.ToName, &i.Issue, &i.External, &i.Transfer, &i.From.ID, &i.From.Name, &sent, &until, &declined)
		i.SentAt, i.Until, i.Declined = fromMillis(sent), fromMillis(until), strings.Fields(declined)
		return i, err
	}, `SELECT id, rep, team, to_name, issue, external, transfer, from_rep, from_name, sent_at, until, declined
		FROM invitations WHERE session = $1 ORDER BY place`, s.ID.String())
	return err
}

// PutTogether stores who is in a session and who is invited, in the place of those
// who were.
func (t *Tx) PutTogether(s support.Session) error {
	id := s.ID.String()
	if _, err := t.exec("DELETE FROM participants WHERE session = $1", id); err != nil {
		return err
	}
	for n, p := range s.Participants {
		if _, err := t.exec("INSERT INTO participants (session, rep, name, external, joined_at, place) VALUES ($1, $2, $3, $4, $5, $6)",
			id, p.ID, p.Name, bit(p.External), toMillis(p.JoinedAt), n); err != nil {
			return err
		}
	}
	if _, err := t.exec("DELETE FROM invitations WHERE session = $1", id); err != nil {
		return err
	}
	for n, i := range s.Invitations {
		if _, err := t.exec(`INSERT INTO invitations (id, session, rep, team, to_name, issue, external, transfer, from_rep, from_name, sent_at,
			until, declined, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			i.ID, id, i.To, i.Team, i.ToName, i.Issue, bit(i.External), bit(i.Transfer), i.From.ID, i.From.Name, toMillis(i.SentAt),
			toMillis(i.Until), strings.Join(i.Declined, " "), n); err != nil {
			return err
		}
	}
	return nil
}

// SeeOwner notes that the console of a session's owner is open.
func (t *Tx) SeeOwner(id wire.SessionID, rep string) error {
	return t.one("UPDATE sessions SET owner_seen = $2 WHERE id = $1", id.String(), rep)
}

// SeenOwner is the owner whose console was open while they had the session; empty:
// there was none.
func (s *Store) SeenOwner(ctx context.Context, id wire.SessionID) (string, error) {
	var rep string
	err := s.read.QueryRowContext(ctx, "SELECT owner_seen FROM sessions WHERE id = $1", id.String()).Scan(&rep)
	return rep, notFound(err)
}
