package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// summary keeps the endpoint's own account of a session as evidence and says so.
// What does not verify is not answered: it is none of this device's.
func (d *Desk) summary(ctx context.Context, dev store.Device, m *wirepb.SignedSummary) {
	s, err := wire.VerifySummary(dev.PublicKey, m.Summary, m.Signature)
	if err == nil {
		err = d.keepSummary(ctx, dev, m, s)
	}
	if err != nil {
		d.conf.Log.WarnContext(ctx, "session summary not kept", "device", dev.ID, "error", err)
		return
	}
	_ = d.conf.Agents.Send(dev.ID, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{
		SummaryKept: &wirepb.SummaryKept{Seq: s.Seq},
	}})
}

func (d *Desk) keepSummary(ctx context.Context, dev store.Device, m *wirepb.SignedSummary, s *wirepb.SessionSummary) error {
	last, err := d.conf.Store.LastSummary(ctx, dev.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("last summary: %w", err)
	}
	hash := sha256.Sum256(m.Summary)
	if s.Seq < last.Seq || s.Seq == last.Seq && string(hash[:]) == string(last.Hash) {
		return nil // it was kept; the answer got lost
	}
	r := store.Record{
		At: d.conf.Now(), Actor: "device:" + dev.ID, ActorName: dev.Hostname, Action: "session.summary",
		Object: "device:" + dev.ID, ObjectName: dev.Hostname, Result: ok, Detail: counted(s),
	}
	// The chain tells whether summaries are missing or were changed after.
	if !follows(s, last) {
		r.Result = wire.CodeName(wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		r.Detail = fmt.Sprintf("%s %d; %s", astray, last.Seq, r.Detail)
	}
	id := wire.SessionID(s.Session)
	if past, err := d.conf.Store.Session(ctx, id); err == nil && past.Device == dev.ID {
		r.Session = id.String()
	} else {
		r.Result = wire.CodeName(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	}
	if r.Evidence, err = audit.Evidence(m); err != nil {
		return err
	}
	_, err = d.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if s.Seq == last.Seq {
			return nil // a second one of that number: both are evidence
		}
		return tx.PutSummary(store.SummaryLink{Device: dev.ID, Seq: s.Seq, Hash: hash[:]})
	})
	if err != nil {
		return err
	}
	if err := d.atEnd(ctx, r, s); err != nil {
		return err
	}
	return d.refusedInput(ctx, r, s)
}

// follows reports whether a summary is the next link after the last one.
func follows(s *wirepb.SessionSummary, last store.SummaryLink) bool {
	return s.Seq == last.Seq+1 && string(s.Previous) == string(last.Hash)
}

// astray begins the detail of a record whose summary does not.
const astray = "does not follow summary"

// atEnd records what became of the terminal session, where something was to.
func (d *Desk) atEnd(ctx context.Context, r store.Record, s *wirepb.SessionSummary) error {
	if s.AtEnd <= wirepb.AtEnd_AT_END_NOTHING {
		return nil
	}
	r.Action, r.Evidence, r.Result, r.Detail = "session.at_end", nil, ok, atEndName(s.AtEnd)
	if s.AtEndCode != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(s.AtEndCode)
	}
	_, err := d.conf.Audit.Append(ctx, r)
	return err
}

func atEndName(e wirepb.AtEnd) string {
	switch e {
	case wirepb.AtEnd_AT_END_LOCK:
		return "lock"
	case wirepb.AtEnd_AT_END_LOG_OFF:
		return "log_off"
	default:
		return "nothing"
	}
}

// refusedInput records that somebody tried to type where they may not.
func (d *Desk) refusedInput(ctx context.Context, r store.Record, s *wirepb.SessionSummary) error {
	r.Action, r.Evidence = "session.input", nil
	for _, c := range []struct {
		n      uint64
		result string
	}{
		{s.InputViewOnly, "input_rejected:view_only"},
		{s.InputPromptOpen, "input_rejected:prompt_open"},
		{s.InputNoToken, "input_rejected:no_token"},
	} {
		if c.n == 0 {
			continue
		}
		r.Result, r.Detail = c.result, fmt.Sprintf("events=%d", c.n)
		if _, err := d.conf.Audit.Append(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// counted is a summary in words.
func counted(s *wirepb.SessionSummary) string {
	return fmt.Sprintf("number=%d ended_by=%s code=%s updates=%d bytes=%d injected=%d view_only=%d prompt_open=%d no_token=%d viewers=%d at_end=%s:%s", s.Seq,
		endedBy(s.By), wire.CodeName(s.Code), s.Updates, s.UpdateBytes, s.InputInjected, s.InputViewOnly, s.InputPromptOpen, s.InputNoToken, s.Viewers,
		atEndName(s.AtEnd), wire.CodeName(s.AtEndCode))
}
