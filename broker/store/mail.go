package store

import (
	"context"
	"strings"
)

// Mail is how the broker sends mail. Package mail checks and uses it.
type Mail struct {
	Enabled  bool
	Host     string
	Port     uint16
	Security string   // "starttls", "tls" or "none"
	User     string   // empty: without authentication
	From     string   // address
	Notify   []string // addresses that are told of requests
}

// Mail reads the settings; ErrNotFound when there are none.
func (s *Store) Mail(ctx context.Context) (Mail, error) {
	var m Mail
	var notify string
	err := s.read.QueryRowContext(ctx, "SELECT enabled, host, port, security, user_name, sender, notify FROM mail WHERE id = 1").
		Scan(&m.Enabled, &m.Host, &m.Port, &m.Security, &m.User, &m.From, &notify)
	m.Notify = strings.Fields(notify)
	return m, notFound(err)
}

// PutMail replaces the settings.
func (t *Tx) PutMail(m Mail) error {
	if _, err := t.exec("DELETE FROM mail"); err != nil {
		return err
	}
	enabled := 0
	if m.Enabled {
		enabled = 1
	}
	_, err := t.exec("INSERT INTO mail (id, enabled, host, port, security, user_name, sender, notify) VALUES (1, $1, $2, $3, $4, $5, $6, $7)",
		enabled, m.Host, int64(m.Port), m.Security, m.User, m.From, strings.Join(m.Notify, "\n"))
	return err
}
