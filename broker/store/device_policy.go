package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// DevicePolicy is what a device was told last, and what it says it obeys.
type DevicePolicy struct {
	Device   string
	Version  uint64 // 0: none yet
	Content  []byte // a serialised wirepb.DevicePolicy
	IssuedAt time.Time

	Reported      uint64 // version that the device says is in force; 0: none
	EffectiveHash []byte // of that version under the device's floor
	Refused       string // why the device refused the last one; empty: it did not
	ReportedAt    time.Time
}

// DevicePolicy finds what a device was told; the zero value when it was not.
func (s *Store) DevicePolicy(ctx context.Context, device string) (DevicePolicy, error) {
	p, err := scanDevicePolicy(s.read.QueryRowContext(ctx, "SELECT "+devicePolicyColumns+" FROM device_policies WHERE device = $1", device))
	if errors.Is(err, ErrNotFound) {
		return DevicePolicy{Device: device}, nil
	}
	return p, err
}

// DevicePolicies lists what every device was told.
func (s *Store) DevicePolicies(ctx context.Context) ([]DevicePolicy, error) {
	return list(ctx, s.read, scanDevicePolicy, "SELECT "+devicePolicyColumns+" FROM device_policies")
}

const devicePolicyColumns = "device, version, content, issued_at, reported, effective_hash, refused, reported_at"

func scanDevicePolicy(r scanner) (DevicePolicy, error) {
	var p DevicePolicy
	var content, hash string
	var issued, reported int64
	if err := r.Scan(&p.Device, &p.Version, &content, &issued, &p.Reported, &hash, &p.Refused, &reported); err != nil {
		return p, notFound(err)
	}
	p.IssuedAt, p.ReportedAt = fromMillis(issued), fromMillis(reported)
	var errs [2]error
	p.Content, errs[0] = hex.DecodeString(content)
	p.EffectiveHash, errs[1] = hex.DecodeString(hash)
	if err := errors.Join(errs[:]...); err != nil {
		return p, fmt.Errorf("policy of device %s: %w", p.Device, err)
	}
	return p, nil
}

// IssuePolicy stores a newer policy; ErrNotFound when the device was told this
// version or a later one.
func (t *Tx) IssuePolicy(p DevicePolicy) error {
	n, err := t.exec("UPDATE device_policies SET version = $2, content = $3, issued_at = $4 WHERE device = $1 AND version < $2",
		p.Device, p.Version, hex.EncodeToString(p.Content), toMillis(p.IssuedAt))
	if err != nil || n > 0 {
		return err
	}
	_, err = t.exec("INSERT INTO device_policies ("+devicePolicyColumns+") VALUES ($1, $2, $3, $4, 0, '', '', 0)",
		p.Device, p.Version, hex.EncodeToString(p.Content), toMillis(p.IssuedAt))
	if errors.Is(err, ErrExists) {
		return ErrNotFound
	}
	return err
}

// ReportPolicy stores what a device says it obeys.
func (t *Tx) ReportPolicy(p DevicePolicy) error {
	return t.one("UPDATE device_policies SET reported = $2, effective_hash = $3, refused = $4, reported_at = $5 WHERE device = $1",
		p.Device, p.Reported, hex.EncodeToString(p.EffectiveHash), p.Refused, toMillis(p.ReportedAt))
}
