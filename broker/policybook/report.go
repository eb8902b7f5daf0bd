package policybook

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Report takes what a device says it obeys. A policy that it refuses goes to the
// audit log: the device and the broker do not agree.
func (b *Book) Report(ctx context.Context, d store.Device, r *wirepb.PolicyReport) {
	if err := b.report(ctx, d, r); err != nil {
		b.conf.Log.ErrorContext(ctx, "keep policy report", "device", d.ID, "error", err)
	}
}

func (b *Book) report(ctx context.Context, d store.Device, r *wirepb.PolicyReport) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, err := b.conf.Store.DevicePolicy(ctx, d.ID)
	if err != nil {
		return err
	}
	if last.Version == 0 || len(r.EffectiveHash) > sha256.Size || r.Version > last.Version {
		b.conf.Log.InfoContext(ctx, "report of no policy of the device", "device", d.ID, "version", r.Version)
		return nil
	}
	now := last
	now.Reported, now.EffectiveHash, now.Refused, now.ReportedAt = r.Version, r.EffectiveHash, text.Name(r.Refused), b.conf.Now()
	if same(last, now) {
		return nil
	}
	keep := func(tx *store.Tx) error { return tx.ReportPolicy(now) }
	if now.Refused != "" && now.Refused != last.Refused {
		_, err = b.conf.Audit.Append(ctx, store.Record{
			At: now.ReportedAt, Actor: "device:" + d.ID, ActorName: d.Hostname, Action: "device.policy_refused", Object: "device:" + d.ID,
			ObjectName: d.Hostname, Result: wire.CodeName(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED),
			Detail: fmt.Sprintf("version %d told, %d in force: %s", last.Version, now.Reported, now.Refused),
		}, keep)
	} else {
		err = b.conf.Store.Update(ctx, keep)
	}
	if err == nil {
		b.conf.Hub.Publish(live.Change{Device: d.ID})
	}
	return err
}

// Told is what a device was told last and what it says it obeys.
func (b *Book) Told(ctx context.Context, device string) (store.DevicePolicy, error) {
	return b.conf.Store.DevicePolicy(ctx, device)
}
