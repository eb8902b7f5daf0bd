package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const sessionColumns = `id, device, device_name, user_name, rep, rep_name, path, permissions, duration, phase,
	started_at, answer_by, consent_at, expires_at, lost_at, ended_at, ended_by, code, detail`

func scanSession(r scanner) (support.Session, error) {
	var s support.Session
	var id, permissions, phase string
	var duration, started, answer, consent, expires, lost, ended int64
	err := r.Scan(&id, &s.Device, &s.DeviceName, &s.User, &s.Rep.ID, &s.Rep.Name, &s.Path, &permissions, &duration, &phase,
		&started, &answer, &consent, &expires, &lost, &ended, &s.By, &s.Code, &s.Detail)
	if err != nil {
		return s, notFound(err)
	}
	s.MaxDuration = time.Duration(duration) * time.Millisecond
	s.StartedAt, s.AnswerBy, s.ConsentAt = fromMillis(started), fromMillis(answer), fromMillis(consent)
	s.ExpiresAt, s.LostAt, s.EndedAt = fromMillis(expires), fromMillis(lost), fromMillis(ended)
	for _, name := range strings.Fields(permissions) {
		s.Permissions = append(s.Permissions, wirepb.Permission(wirepb.Permission_value[name]))
	}
	var ok bool
	if s.Phase, ok = support.ParsePhase(phase); !ok {
		return s, fmt.Errorf("session %s: phase %q", id, phase)
	}
	b, err := hex.DecodeString(id)
	if err != nil {
		return s, fmt.Errorf("session id: %w", err)
	}
	s.ID, err = wire.ParseSessionID(b)
	return s, err
}

// Session finds a support session.
func (s *Store) Session(ctx context.Context, id wire.SessionID) (support.Session, error) {
	return scanSession(s.read.QueryRowContext(ctx, "SELECT "+sessionColumns+" FROM sessions WHERE id = $1", id.String()))
}

// OpenSessions lists the sessions that have not ended.
func (s *Store) OpenSessions(ctx context.Context) ([]support.Session, error) {
	return list(ctx, s.read, scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE ended_at = 0 ORDER BY started_at, id")
}

// AddSession adds a session; ErrExists when the device has an open one.
func (t *Tx) AddSession(s support.Session) error {
	_, err := t.exec("INSERT INTO sessions ("+sessionColumns+`) VALUES
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		s.ID.String(), s.Device, s.DeviceName, s.User, s.Rep.ID, s.Rep.Name, s.Path, permissions(s),
		s.MaxDuration.Milliseconds(), s.Phase.String(), toMillis(s.StartedAt), toMillis(s.AnswerBy), toMillis(s.ConsentAt),
		toMillis(s.ExpiresAt), toMillis(s.LostAt), toMillis(s.EndedAt), int64(s.By), int64(s.Code), s.Detail)
	return err
}

// PutSession stores where a session stands now.
func (t *Tx) PutSession(s support.Session) error {
	return t.one(`UPDATE sessions SET phase = $2, answer_by = $3, consent_at = $4, expires_at = $5, lost_at = $6,
		ended_at = $7, ended_by = $8, code = $9, detail = $10, permissions = $11 WHERE id = $1`,
		s.ID.String(), s.Phase.String(), toMillis(s.AnswerBy), toMillis(s.ConsentAt), toMillis(s.ExpiresAt), toMillis(s.LostAt),
		toMillis(s.EndedAt), int64(s.By), int64(s.Code), s.Detail, permissions(s))
}

func permissions(s support.Session) string {
	names := make([]string, len(s.Permissions))
	for i, p := range s.Permissions {
		names[i] = p.String()
	}
	return strings.Join(names, " ")
}
