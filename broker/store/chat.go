package store

import (
	"context"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// ChatMessage is one line of a session's chat.
type ChatMessage struct {
	Session      wire.SessionID
	Seq          uint64
	At           time.Time
	From         string
	FromCustomer bool
	Text         string
}

// Chat lists the chat of a session in order.
func (s *Store) Chat(ctx context.Context, id wire.SessionID) ([]ChatMessage, error) {
	return list(ctx, s.read, func(r scanner) (ChatMessage, error) {
		m := ChatMessage{Session: id}
		var at int64
		err := r.Scan(&m.Seq, &at, &m.From, &m.FromCustomer, &m.Text)
		m.At = fromMillis(at)
		return m, err
	}, "SELECT seq, at, from_name, from_customer, body FROM chat WHERE session = $1 ORDER BY seq", id.String())
}

// AddChat adds a message and returns its number in the session.
func (t *Tx) AddChat(m ChatMessage) (uint64, error) {
	var last uint64
	err := t.tx.QueryRowContext(t.ctx, "SELECT COALESCE(MAX(seq), 0) FROM chat WHERE session = $1", m.Session.String()).Scan(&last)
	if err != nil {
		return 0, fmt.Errorf("number chat: %w", err)
	}
	_, err = t.exec("INSERT INTO chat (session, seq, at, from_name, from_customer, body) VALUES ($1, $2, $3, $4, $5, $6)",
		m.Session.String(), last+1, toMillis(m.At), m.From, bit(m.FromCustomer), m.Text)
	return last + 1, err
}
