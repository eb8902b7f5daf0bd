package broker

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestE9_D13_SummariesAreEvidence(t *testing.T) {
	n := newBench(t)
	a, other := n.online(), n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	rob.end(t, s.Id)
	var last []byte
	send := func(seq uint64, viewOnly uint64, by *agent) {
		sum := &wirepb.SessionSummary{
			Seq: seq, Session: mustID(t, s.Id), GrantHash: make([]byte, 32), EndedAtUnixMs: 1, Updates: 7, InputViewOnly: viewOnly, InputNoToken: 2 * viewOnly, Viewers: 1,
			AtEnd: wirepb.AtEnd_AT_END_LOCK, AtEndCode: wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED,
		}
		if seq > 1 {
			h := sha256.Sum256(last)
			sum.Previous = h[:]
		}
		b, message, err := wire.SummaryMessage(sum)
		if err != nil {
			t.Fatal(err)
		}
		last = b
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Summary{Summary: &wirepb.SignedSummary{Summary: b, Signature: by.id.Sign(message)}}})
	}
	kept := func(seq uint64) {
		t.Helper()
		got := await(a, "kept", func(m *wirepb.BrokerMessage) (*wirepb.SummaryKept, bool) {
			return m.GetSummaryKept(), m.GetSummaryKept() != nil
		})
		if got.Seq != seq {
			t.Fatalf("%v", got)
		}
	}
	send(1, 0, other) // another key's signature is none
	send(1, 3, a)
	kept(1)
	send(1, 3, a) // the answer got lost
	kept(1)
	found := n.records(action("session.summary"))
	if len(found) != 1 || found[0].Session != s.Id || found[0].Result != "ok" || len(found[0].Evidence) == 0 || !strings.Contains(found[0].Detail, "updates=7") {
		t.Fatalf("%+v", found)
	}
	// What became of the terminal session is a record of its own.
	end := n.records(action("session.at_end"))
	if len(end) != 1 || end[0].Session != s.Id || end[0].Result != "at_end_unconfirmed" || end[0].Detail != "lock" || !strings.Contains(found[0].Detail, "at_end=lock:at_end_unconfirmed") {
		t.Fatalf("%+v", end)
	}
	rejected := n.records(func(r store.Record) bool { return r.Result == "input_rejected:view_only" })
	if len(rejected) != 1 || rejected[0].Session != s.Id || rejected[0].Detail != "events=3" {
		t.Fatalf("%+v", rejected)
	}
	rejected = n.records(func(r store.Record) bool { return r.Result == "input_rejected:no_token" })
	if len(rejected) != 1 || rejected[0].Session != s.Id || rejected[0].Detail != "events=6" {
		t.Fatalf("%+v", rejected)
	}
	send(3, 0, a) // one is missing: kept, and said
	kept(3)
	if found = n.records(action("session.summary")); len(found) != 2 || found[1].Result != "malformed" {
		t.Fatalf("%+v", found)
	}
}

// TestD26_SummariesAreHeldAgainstTheirSigners: what is in the log is what the endpoint
// signed, in its order, and nothing of it is left out, not in the middle and not at the end.
func TestD26_SummariesAreHeldAgainstTheirSigners(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	var last []byte
	for seq := range uint64(3) {
		s := a.active(rob)
		rob.end(t, s.Id)
		sum := &wirepb.SessionSummary{Seq: seq + 1, Session: mustID(t, s.Id), GrantHash: make([]byte, 32), EndedAtUnixMs: 1}
		if seq > 0 {
			h := sha256.Sum256(last)
			sum.Previous = h[:]
		}
		b, message, err := wire.SummaryMessage(sum)
		must1(t, err)
		last = b
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Summary{Summary: &wirepb.SignedSummary{Summary: b, Signature: a.id.Sign(message)}}})
		a.ended()
		eventually(t, "the summary", func() bool { return len(n.records(action("session.summary"))) == int(seq)+1 }) //nolint:gosec // 0 to 2
	}
	found := n.records(action("session.summary"))
	if got, err := desk.VerifySummaries(t.Context(), n.b.store); err != nil || got != (desk.Summaries{Kept: 3}) {
		t.Fatalf("%+v, %v", got, err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(n.data, "broker.db"))
	must1(t, err)
	defer db.Close()
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), query, args...)
		must1(t, err)
	}
	flipped := slices.Clone(found[1].Evidence)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		column string
		of     store.Record
		is     string
		was    string
		says   string
	}{
		"another signature": {"evidence", found[1], hex.EncodeToString(flipped), hex.EncodeToString(found[1].Evidence), fmt.Sprintf("record %d:", found[1].Seq)},
		"twice the first":   {"evidence", found[1], hex.EncodeToString(found[0].Evidence), hex.EncodeToString(found[1].Evidence), "summary 1 of device " + a.dev + " stands after 1"},
		"one left out":      {"action", found[1], "session.other", "session.summary", "summary 3 of device " + a.dev + " stands after 1"},
		"the last left out": {"action", found[2], "session.other", "session.summary", "summary 3 of device " + a.dev + " is missing"},
	} {
		exec("UPDATE audit SET "+c.column+" = $1 WHERE seq = $2", c.is, c.of.Seq)
		_, err := desk.VerifySummaries(t.Context(), n.b.store)
		if !errors.Is(err, audit.ErrBroken) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		exec("UPDATE audit SET "+c.column+" = $1 WHERE seq = $2", c.was, c.of.Seq)
	}
}
