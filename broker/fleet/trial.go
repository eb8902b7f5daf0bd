package fleet

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// tried keeps what became of a new version of a device's program, and puts it into the
// audit log: once, as often as the device says it.
func (f *Fleet) tried(ctx context.Context, d store.Device, t *wirepb.ProgramTrial) error {
	now := store.DeviceUpdate{
		Device: d.ID, Version: text.Line(t.Version, short), Result: t.Result, Detail: text.Name(t.Detail),
		EndedAt: time.UnixMilli(t.EndedUnixMs).UTC(), ReportedAt: f.conf.Now(),
	}
	if _, known := wirepb.TrialResult_name[int32(now.Result)]; !known || now.Result == wirepb.TrialResult_TRIAL_RESULT_UNSPECIFIED {
		return nil // of a newer protocol
	}
	if y := now.EndedAt.Year(); y < 1970 || y > 9999 {
		return nil // no time that could be shown
	}
	last, err := f.conf.Store.DeviceUpdate(ctx, d.ID)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return err
	case err == nil && last.Version == now.Version && last.Result == now.Result && last.EndedAt.Equal(now.EndedAt):
		return nil
	case !f.trials.Allow(d.ID, now.ReportedAt):
		f.conf.Log.InfoContext(ctx, "too many versions tried", "device", d.ID)
		return nil
	}
	r := store.Record{
		At: now.ReportedAt, Actor: "device:" + d.ID, ActorName: d.Hostname, Action: "device.update", Object: "device:" + d.ID, ObjectName: d.Hostname,
		Result: ok, Detail: now.Version,
	}
	if now.Result != wirepb.TrialResult_TRIAL_RESULT_INSTALLED {
		r.Result = strings.ToLower(strings.TrimPrefix(now.Result.String(), "TRIAL_RESULT_"))
		r.Detail += " was taken back: " + now.Detail
	}
	if _, err := f.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.PutDeviceUpdate(now) }); err != nil {
		return err
	}
	f.conf.Hub.Publish(live.Change{Device: d.ID})
	return nil
}
