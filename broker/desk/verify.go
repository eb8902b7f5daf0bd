package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Summaries is how many of the endpoints' own accounts of sessions a log has.
type Summaries struct {
	Kept int
	// Astray is how many of them do not follow the one before, and are recorded so: an
	// endpoint lost some, or was set up anew with its key.
	Astray int
}

// VerifySummaries holds the summaries in the audit log against the keys of the devices
// that signed them, each against the one before, and the last against the store's. An
// audit.ErrBroken names the first record that is not what an endpoint has signed. A broker
// that wrote its log anew cannot make one up, nor leave one out in the middle.
func VerifySummaries(ctx context.Context, s *store.Store) (Summaries, error) {
	// Read first: what is recorded meanwhile is newer than these.
	links, err := s.Summaries(ctx)
	if err != nil {
		return Summaries{}, fmt.Errorf("last summaries: %w", err)
	}
	v := summaries{store: s, devices: map[string]*signer{}}
	if err := s.EachRecordOf(ctx, store.RecordFilter{Action: "session.summary"}, func(r store.Record) error {
		if err := v.next(ctx, r); err != nil {
			return fmt.Errorf("%w: record %d: %w", audit.ErrBroken, r.Seq, err)
		}
		return nil
	}); err != nil {
		return v.Summaries, err
	}
	for _, l := range links {
		if d := v.devices[l.Device]; d == nil || d.last.Seq < l.Seq {
			return v.Summaries, fmt.Errorf("%w: summary %d of device %s is missing", audit.ErrBroken, l.Seq, l.Device)
		}
	}
	return v.Summaries, nil
}

// summaries is a walk through them.
type summaries struct {
	Summaries
	store   *store.Store
	devices map[string]*signer
}

type signer struct {
	store.Device
	last store.SummaryLink
}

func (v *summaries) next(ctx context.Context, r store.Record) error {
	id, is := strings.CutPrefix(r.Object, "device:")
	if !is {
		return errors.New("a summary of no device")
	}
	d := v.devices[id]
	if d == nil {
		dev, err := v.store.Device(ctx, id)
		if err != nil {
			return fmt.Errorf("device %s: %w", id, err)
		}
		d = &signer{Device: dev}
		v.devices[id] = d
	}
	m := new(wirepb.SignedSummary)
	if err := proto.Unmarshal(r.Evidence, m); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	s, err := wire.VerifySummary(d.PublicKey, m.Summary, m.Signature)
	if err != nil {
		return err
	}
	v.Kept++
	if !follows(s, d.last) {
		if !strings.HasPrefix(r.Detail, astray) {
			return fmt.Errorf("summary %d of device %s stands after %d as if it followed", s.Seq, id, d.last.Seq)
		}
		v.Astray++
	}
	if s.Seq > d.last.Seq {
		hash := sha256.Sum256(m.Summary)
		d.last = store.SummaryLink{Device: id, Seq: s.Seq, Hash: hash[:]}
	}
	return nil
}
