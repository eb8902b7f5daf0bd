package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// Request is a customer's request for support: what was asked, and how it was
// decided. Its session has the same life.
type Request struct {
	ID         string // of the endpoint's making, hex
	Session    wire.SessionID
	Device     string
	DeviceName string
	User       string // in front when it came
	Name       string
	Email      string
	Phone      string
	Reason     string
	Queue      string // id of the team's queue that it entered; empty: none
	QueueName  string
	For        string // id of the one rep whom it waits for; empty: it is for a team, or for whoever may decide
	Button     string // id of the Support Button that was used; empty: none
	// What stands on it and what reps know of it, then.
	ButtonTitle, ButtonNote string
	At                      time.Time
	State                   support.Wish
	DecidedBy               string // display name; EndUser after a No at the prompt
	Decision                string // what was said with it
	DecidedAt               time.Time
	Told                    support.Wish // what the endpoint was told last
}

// EndUser stands for the person at the prompt where a request says who decided.
const EndUser = "end_user"

const requestColumns = `id, session, device, device_name, user_name, name, email, phone, reason, at, state, decided_by, decision, decided_at, told,
	queue, queue_name, for_rep, button, button_title, button_note`

func scanRequest(r scanner) (Request, error) {
	var q Request
	var session, state, told string
	var at, decided int64
	err := r.Scan(&q.ID, &session, &q.Device, &q.DeviceName, &q.User, &q.Name, &q.Email, &q.Phone, &q.Reason, &at, &state,
		&q.DecidedBy, &q.Decision, &decided, &told, &q.Queue, &q.QueueName, &q.For, &q.Button, &q.ButtonTitle, &q.ButtonNote)
	if err != nil {
		return q, notFound(err)
	}
	q.At, q.DecidedAt = fromMillis(at), fromMillis(decided)
	q.Told, _ = support.ParseWish(told)
	var ok bool
	if q.State, ok = support.ParseWish(state); !ok {
		return q, fmt.Errorf("request %s: state %q", q.ID, state)
	}
	b, err := hex.DecodeString(session)
	if err != nil {
		return q, fmt.Errorf("session id: %w", err)
	}
	q.Session, err = wire.ParseSessionID(b)
	return q, err
}

// Request finds a request.
func (s *Store) Request(ctx context.Context, id string) (Request, error) {
	return scanRequest(s.read.QueryRowContext(ctx, "SELECT "+requestColumns+" FROM requests WHERE id = $1", id))
}

// Requests lists requests, newest first: those of a state, or all with
// support.WishNone.
func (s *Store) Requests(ctx context.Context, state support.Wish) ([]Request, error) {
	return list(ctx, s.read, scanRequest, "SELECT "+requestColumns+` FROM requests
		WHERE state = $1 OR $1 = 'none' ORDER BY at DESC, id LIMIT $2`, state.String(), maxRequests)
}

// maxRequests bounds what is read at once: months of requests, of which the
// newest are shown.
const maxRequests = 10_000

// RequestsUntold lists a device's requests whose state it was not told, oldest first.
func (s *Store) RequestsUntold(ctx context.Context, device string) ([]Request, error) {
	return list(ctx, s.read, scanRequest,
		"SELECT "+requestColumns+" FROM requests WHERE device = $1 AND told <> state ORDER BY at, id", device)
}

// DevicesUntold lists the devices with requests whose state they were not told.
func (s *Store) DevicesUntold(ctx context.Context) ([]string, error) {
	return list(ctx, s.read, func(r scanner) (id string, err error) { return id, r.Scan(&id) },
		"SELECT DISTINCT device FROM requests WHERE told <> state")
}

// AddRequest adds a request; ErrExists when it came before.
func (t *Tx) AddRequest(q Request) error {
	_, err := t.exec("INSERT INTO requests ("+requestColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
		$16, $17, $18, $19, $20, $21)`,
		q.ID, q.Session.String(), q.Device, q.DeviceName, q.User, q.Name, q.Email, q.Phone, q.Reason, toMillis(q.At), q.State.String(),
		q.DecidedBy, q.Decision, toMillis(q.DecidedAt), q.Told.String(), q.Queue, q.QueueName, q.For,
		q.Button, q.ButtonTitle, q.ButtonNote)
	return err
}

// PutRequest stores how a request stands.
func (t *Tx) PutRequest(q Request) error {
	return t.one("UPDATE requests SET state = $2, decided_by = $3, decision = $4, decided_at = $5, told = $6 WHERE id = $1",
		q.ID, q.State.String(), q.DecidedBy, q.Decision, toMillis(q.DecidedAt), q.Told.String())
}

// ToldRequests notes that a device was told how its requests stand.
func (t *Tx) ToldRequests(device string) error {
	_, err := t.exec("UPDATE requests SET told = state WHERE device = $1 AND told <> state", device)
	return err
}
