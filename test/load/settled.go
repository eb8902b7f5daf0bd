//go:build linux

package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/relay"
)

// slack is how many goroutines more than before are no leak: connections that a client
// keeps idle.
const slack = 10

// live are the tables that hold what is open, with what a row of them has then.
var live = map[string]string{
	"open sessions":   "SELECT COUNT(*) FROM sessions WHERE ended_at = 0",
	"participants":    "SELECT COUNT(*) FROM participants",
	"invitations":     "SELECT COUNT(*) FROM invitations",
	"queued sessions": "SELECT COUNT(*) FROM sessions WHERE queue <> ''",
	"control tokens":  "SELECT COUNT(*) FROM sessions WHERE control <> ''",
}

func (t *together) counts(ctx context.Context) (c relay.Counts, err error) {
	line, err := t.node.ask(ctx, "counts")
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(line), &c)
}

// rest is the broker with everybody there and no session open, after one was.
func (t *together) rest(ctx context.Context) (state, error) {
	first := &ledger{device: t.ledgers[0].device}
	if err := first.begin(ctx, t.reps[0]); err != nil {
		return state{}, err
	}
	if _, err := t.admin.sessions.Terminate(ctx, connect.NewRequest(&apipb.TerminateRequest{Id: first.id, Confirm: true})); err != nil {
		return state{}, err
	}
	if err := wait(ctx, settle); err != nil {
		return state{}, err
	}
	return t.node.state(ctx)
}

// settled waits until the broker holds no more than before.
func (t *together) settled(ctx context.Context, before state) error {
	late := time.Now().Add(patience)
	for {
		c, err := t.counts(ctx)
		if err != nil {
			return err
		}
		now, err := t.node.state(ctx)
		if err != nil {
			return err
		}
		t.result.before, t.result.after, t.result.left = before, now, c
		if c == (relay.Counts{}) && now.Goroutines <= before.Goroutines+slack {
			return nil
		}
		if time.Now().After(late) {
			return fmt.Errorf("left behind: %+v, %d goroutines where %d were", c, now.Goroutines, before.Goroutines)
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
}

// kept stops the broker and looks at its database: nothing is open, and the audit log
// is whole.
func (t *together) kept(ctx context.Context) error {
	t.node.stop()
	books, err := broker.OpenBooks(ctx, t.node.data, quiet)
	if err != nil {
		return err
	}
	last, _, err := books.VerifyAudit(ctx, "")
	if err := errors.Join(err, books.Close()); err != nil {
		return fmt.Errorf("audit log: %w", err)
	}
	t.result.records = last.Seq
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.node.data, "broker.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	for what, query := range live {
		var n int
		if err := db.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n > 0 {
			return fmt.Errorf("left behind: %d %s", n, what)
		}
	}
	return nil
}
