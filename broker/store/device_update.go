package store

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// DeviceUpdate is what a device says of the version of its program that it tried last.
type DeviceUpdate struct {
	Device     string
	Version    string
	Result     wirepb.TrialResult
	Detail     string
	EndedAt    time.Time // by the device's clock
	ReportedAt time.Time
}

// DeviceUpdate finds what a device tried last; ErrNotFound when it was nothing.
func (s *Store) DeviceUpdate(ctx context.Context, device string) (DeviceUpdate, error) {
	u := DeviceUpdate{Device: device}
	var ended, reported int64
	err := s.read.QueryRowContext(ctx, "SELECT version, result, detail, ended_at, reported_at FROM device_updates WHERE device = $1", device).
		Scan(&u.Version, &u.Result, &u.Detail, &ended, &reported)
	if err != nil {
		return u, notFound(err)
	}
	u.EndedAt, u.ReportedAt = fromMillis(ended), fromMillis(reported)
	return u, nil
}

// PutDeviceUpdate stores what a device tried last.
func (t *Tx) PutDeviceUpdate(u DeviceUpdate) error {
	_, err := t.exec(`INSERT INTO device_updates (device, version, result, detail, ended_at, reported_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (device) DO UPDATE SET version = $2, result = $3, detail = $4, ended_at = $5, reported_at = $6`,
		u.Device, u.Version, int64(u.Result), u.Detail, toMillis(u.EndedAt), toMillis(u.ReportedAt))
	return err
}
