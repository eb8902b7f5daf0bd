package store

import (
	"context"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ChatMessage is one line of a session's chat.
type ChatMessage struct {
	Session      wire.SessionID
	Seq          uint64
	At           time.Time
	From         string
	Rep          string // id of the rep who wrote it; empty: the customer, or it is older than that is noted
	FromCustomer bool
	RepsOnly     bool // never shown at the endpoint
	Text         string
	Arrival      wirepb.ChatArrival // of a rep's message to everybody
}

const chatColumns = "seq, at, from_name, rep, from_customer, body, reps_only, arrival"

func scanChat(id wire.SessionID) func(scanner) (ChatMessage, error) {
	return func(r scanner) (ChatMessage, error) {
		m := ChatMessage{Session: id}
		var at int64
		err := r.Scan(&m.Seq, &at, &m.From, &m.Rep, &m.FromCustomer, &m.Text, &m.RepsOnly, &m.Arrival)
		m.At = fromMillis(at)
		return m, err
	}
}

// Chat lists the chat of a session in order.
func (s *Store) Chat(ctx context.Context, id wire.SessionID) ([]ChatMessage, error) {
	return list(ctx, s.read, scanChat(id), "SELECT "+chatColumns+" FROM chat WHERE session = $1 ORDER BY seq", id.String())
}

// Unseen lists the last messages to everybody that the endpoint has not shown, in order.
func (s *Store) Unseen(ctx context.Context, id wire.SessionID, limit int) ([]ChatMessage, error) {
	return list(ctx, s.read, scanChat(id), "SELECT "+chatColumns+" FROM (SELECT "+chatColumns+` FROM chat
		WHERE session = $1 AND from_customer = 0 AND reps_only = 0 AND arrival < $2 ORDER BY seq DESC LIMIT $3) AS unseen ORDER BY seq`,
		id.String(), wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN, limit)
}

// AddChat adds a message and returns its number in the session.
func (t *Tx) AddChat(m ChatMessage) (uint64, error) {
	var last uint64
	err := t.tx.QueryRowContext(t.ctx, "SELECT COALESCE(MAX(seq), 0) FROM chat WHERE session = $1", m.Session.String()).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("number chat: %w", err)
	}
	_, err = t.exec(`INSERT INTO chat (session, seq, at, from_name, rep, from_customer, body, reps_only) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		m.Session.String(), last+1, toMillis(m.At), m.From, m.Rep, bit(m.FromCustomer), m.Text, bit(m.RepsOnly))
	return last + 1, err
}

// ChatArrived notes how far a rep's message to everybody has come, which never goes
// back, and returns it; ErrNotFound: there is no such message, or that is known.
func (t *Tx) ChatArrived(id wire.SessionID, seq uint64, a wirepb.ChatArrival) (ChatMessage, error) {
	m, err := scanChat(id)(t.tx.QueryRowContext(t.ctx, `UPDATE chat SET arrival = $1
		WHERE session = $2 AND seq = $3 AND from_customer = 0 AND reps_only = 0 AND arrival < $1 RETURNING `+chatColumns, a, id.String(), seq))
	return m, notFound(err)
}
