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

const sessionColumns = `id, device, device_name, user_name, rep, rep_name, path, request, permissions, duration, recorded, phase,
	started_at, lapses_at, answer_by, consent_at, valid_until, expires_at, ends_by, spared, lost_at, ended_at, ended_by, ended_name,
	code, detail, held_at, owner_joined_at, control, taken, queue, first_queue, last_queue, owner_lost_at, chat, away`

func scanSession(r scanner) (support.Session, error) {
	var s support.Session
	var id, permissions, phase, taken string
	var rep *string
	var duration, started, lapses, answer, consent, valid, expires, ends, lost, ended, held, joined, vanished, away int64
	err := r.Scan(&id, &s.Device, &s.DeviceName, &s.User, &rep, &s.Rep.Name, &s.Path, &s.Request, &permissions, &duration, &s.Recorded,
		&phase, &started, &lapses, &answer, &consent, &valid, &expires, &ends, &s.Spared, &lost, &ended, &s.By, &s.ByName, &s.Code, &s.Detail,
		&held, &joined, &s.Control, &taken, &s.Queue, &s.FirstQueue, &s.LastQueue, &vanished, &s.Chat, &away)
	if err != nil {
		return s, notFound(err)
	}
	if rep != nil {
		s.Rep.ID = *rep
	}
	s.MaxDuration, s.Away = time.Duration(duration)*time.Millisecond, time.Duration(away)*time.Millisecond
	s.StartedAt, s.LapsesAt, s.AnswerBy = fromMillis(started), fromMillis(lapses), fromMillis(answer)
	s.ConsentAt, s.ValidUntil, s.ExpiresAt = fromMillis(consent), fromMillis(valid), fromMillis(expires)
	s.EndsBy, s.LostAt, s.EndedAt, s.HeldAt = fromMillis(ends), fromMillis(lost), fromMillis(ended), fromMillis(held)
	s.JoinedAt, s.OwnerLostAt, s.Taken = fromMillis(joined), fromMillis(vanished), strings.Fields(taken)
	for _, name := range strings.Fields(permissions) {
		s.Permissions = append(s.Permissions, wirepb.Permission(wirepb.Permission_value[name]))
	}
	var ok bool
	if s.Phase, ok = support.ParsePhase(phase); !ok {
		return s, fmt.Errorf("session %s: phase %q", id, phase)
	}
	s.ID, err = sessionID(id)
	return s, err
}

func sessionID(s string) (wire.SessionID, error) {
	b, err := hex.DecodeString(s)
	if err != nil {
		return wire.SessionID{}, fmt.Errorf("session id: %w", err)
	}
	return wire.ParseSessionID(b)
}

// Session finds a support session.
func (s *Store) Session(ctx context.Context, id wire.SessionID) (support.Session, error) {
	found, err := scanSession(s.read.QueryRowContext(ctx, "SELECT "+sessionColumns+" FROM sessions WHERE id = $1", id.String()))
	if err == nil {
		err = together(ctx, s.read, &found)
	}
	return found, err
}

// OpenSessions lists the sessions that have not ended.
func (s *Store) OpenSessions(ctx context.Context) ([]support.Session, error) {
	all, err := list(ctx, s.read, scanSession, "SELECT "+sessionColumns+" FROM sessions WHERE ended_at = 0 ORDER BY started_at, id")
	for i := range all {
		if err = together(ctx, s.read, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, err
}

// AddSession adds a session; ErrExists when the device has an open one, or one
// that was asked for where this one is asked for.
func (t *Tx) AddSession(s support.Session) error {
	_, err := t.exec("INSERT INTO sessions ("+sessionColumns+`) VALUES
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
		$28, $29, $30, $31, $32, $33, $34, $35, $36)`,
		s.ID.String(), s.Device, s.DeviceName, s.User, repOf(s), s.Rep.Name, s.Path, s.Request, permissions(s),
		s.MaxDuration.Milliseconds(), bit(s.Recorded), s.Phase.String(), toMillis(s.StartedAt), toMillis(s.LapsesAt), toMillis(s.AnswerBy),
		toMillis(s.ConsentAt), toMillis(s.ValidUntil), toMillis(s.ExpiresAt), toMillis(s.EndsBy), bit(s.Spared), toMillis(s.LostAt),
		toMillis(s.EndedAt), int64(s.By), s.ByName, int64(s.Code), s.Detail, toMillis(s.HeldAt),
		toMillis(s.JoinedAt), s.Control, strings.Join(s.Taken, " "), s.Queue, s.FirstQueue, s.LastQueue, toMillis(s.OwnerLostAt), bit(s.Chat), s.Away.Milliseconds())
	return err
}

// PutSession stores where a session stands now, but for who is in it beside its owner
// and who is invited; ErrExists when it would be the
// device's second open one.
func (t *Tx) PutSession(s support.Session) error {
	return t.one(`UPDATE sessions SET phase = $2, answer_by = $3, consent_at = $4, expires_at = $5, lost_at = $6,
		ended_at = $7, ended_by = $8, code = $9, detail = $10, permissions = $11, rep = $12, rep_name = $13, duration = $14,
		recorded = $15, lapses_at = $16, valid_until = $17, ends_by = $18, spared = $19, ended_name = $20, held_at = $21,
		owner_joined_at = $22, control = $23, taken = $24, queue = $25, first_queue = $26, last_queue = $27, owner_lost_at = $28, away = $29 WHERE id = $1`,
		s.ID.String(), s.Phase.String(), toMillis(s.AnswerBy), toMillis(s.ConsentAt), toMillis(s.ExpiresAt), toMillis(s.LostAt),
		toMillis(s.EndedAt), int64(s.By), int64(s.Code), s.Detail, permissions(s), repOf(s), s.Rep.Name, s.MaxDuration.Milliseconds(),
		bit(s.Recorded), toMillis(s.LapsesAt), toMillis(s.ValidUntil), toMillis(s.EndsBy), bit(s.Spared), s.ByName, toMillis(s.HeldAt),
		toMillis(s.JoinedAt), s.Control, strings.Join(s.Taken, " "), s.Queue, s.FirstQueue, s.LastQueue, toMillis(s.OwnerLostAt), s.Away.Milliseconds())
}

// repOf is the rep's account, or nothing while there is none.
func repOf(s support.Session) any {
	if s.Rep.ID == "" {
		return nil
	}
	return s.Rep.ID
}

func permissions(s support.Session) string {
	names := make([]string, len(s.Permissions))
	for i, p := range s.Permissions {
		names[i] = p.String()
	}
	return strings.Join(names, " ")
}
