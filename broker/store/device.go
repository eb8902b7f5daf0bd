package store

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Device is an enrolled endpoint. Its texts were filtered when they came in.
type Device struct {
	ID           string
	Pin          string // hex of SHA-256 of the device key's SPKI
	PublicKey    ed25519.PublicKey
	Token        string // id of the enrollment token
	Hostname     string
	OS           string
	OSVersion    string
	Arch         string
	AgentVersion string
	User         string
	EnrolledAt   time.Time
	LastSeen     time.Time
	RevokedAt    time.Time // zero: may connect

	// What the organisation says of it.
	Group    string
	Tags     []string
	Entitled bool // to remote support
	Pending  bool // enrolled and not approved yet

	Kind string // "", or AdHoc
}

// AdHoc is the kind of a device that is one for a single session of the portal page.
const AdHoc = "ad_hoc"

const deviceColumns = "id, pin, public_key, token, hostname, os, os_version, arch, agent_version, user_name, enrolled_at, last_seen, revoked_at, " +
	"device_group, tags, entitled, pending, kind"

func scanDevice(r scanner) (Device, error) {
	var d Device
	var key, tags string
	var enrolled, seen, revoked, entitled, pending int64
	err := r.Scan(&d.ID, &d.Pin, &key, &d.Token, &d.Hostname, &d.OS, &d.OSVersion, &d.Arch, &d.AgentVersion, &d.User, &enrolled, &seen, &revoked,
		&d.Group, &tags, &entitled, &pending, &d.Kind)
	if err != nil {
		return d, notFound(err)
	}
	d.EnrolledAt, d.LastSeen, d.RevokedAt = fromMillis(enrolled), fromMillis(seen), fromMillis(revoked)
	d.Entitled, d.Pending = entitled != 0, pending != 0
	if tags != "" {
		d.Tags = strings.Split(tags, "\n")
	}
	if d.PublicKey, err = hex.DecodeString(key); err != nil {
		return d, fmt.Errorf("device key: %w", err)
	}
	return d, nil
}

// Device finds a device by id.
func (s *Store) Device(ctx context.Context, id string) (Device, error) {
	return scanDevice(s.read.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE id = $1", id))
}

// DeviceByPin finds a device by its key.
func (s *Store) DeviceByPin(ctx context.Context, pin string) (Device, error) {
	return scanDevice(s.read.QueryRowContext(ctx, "SELECT "+deviceColumns+" FROM devices WHERE pin = $1", pin))
}

// Devices lists all devices by name; of the ad-hoc ones those whose session is open.
func (s *Store) Devices(ctx context.Context) ([]Device, error) {
	return list(ctx, s.read, scanDevice, "SELECT "+deviceColumns+" FROM devices WHERE kind <> 'ad_hoc' OR revoked_at = 0 ORDER BY hostname, id")
}

// RevokedSince lists the ids of devices that were revoked at or after a time; not
// ad-hoc ones, whose end is that of their session.
func (s *Store) RevokedSince(ctx context.Context, at time.Time) ([]string, error) {
	return list(ctx, s.read, func(r scanner) (id string, err error) { return id, r.Scan(&id) },
		"SELECT id FROM devices WHERE revoked_at >= $1 AND revoked_at > 0 AND kind <> 'ad_hoc'", toMillis(at))
}

// AddDevice adds a device; ErrExists when its key is enrolled.
func (t *Tx) AddDevice(d Device) error {
	_, err := t.exec("INSERT INTO devices ("+deviceColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
		d.ID, d.Pin, hex.EncodeToString(d.PublicKey), d.Token, d.Hostname, d.OS, d.OSVersion, d.Arch, d.AgentVersion, d.User,
		toMillis(d.EnrolledAt), toMillis(d.LastSeen), toMillis(d.RevokedAt),
		d.Group, strings.Join(d.Tags, "\n"), number(d.Entitled), number(d.Pending), d.Kind)
	return err
}

// SeeDevice updates what a device says of itself.
func (t *Tx) SeeDevice(d Device) error {
	return t.one(`UPDATE devices SET hostname = $2, os = $3, os_version = $4, arch = $5, agent_version = $6, user_name = $7, last_seen = $8
		WHERE id = $1`, d.ID, d.Hostname, d.OS, d.OSVersion, d.Arch, d.AgentVersion, d.User, toMillis(d.LastSeen))
}

// PutDevice stores what the organisation says of a device.
func (t *Tx) PutDevice(d Device) error {
	return t.one("UPDATE devices SET device_group = $2, tags = $3, entitled = $4, pending = $5 WHERE id = $1",
		d.ID, d.Group, strings.Join(d.Tags, "\n"), number(d.Entitled), number(d.Pending))
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// RevokeDevice revokes a device that is not; ErrNotFound otherwise.
func (t *Tx) RevokeDevice(id string, at time.Time) error {
	return t.one("UPDATE devices SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0", id, toMillis(at))
}

// EndedSince lists the device of every session that took place and ended at or
// after a time.
func (s *Store) EndedSince(ctx context.Context, at time.Time) ([]string, error) {
	return list(ctx, s.read, func(r scanner) (id string, err error) { return id, r.Scan(&id) },
		"SELECT device FROM sessions WHERE ended_at >= $1 AND ended_at > 0 AND consent_at > 0", toMillis(at))
}

// DevicesNamed lists the devices of that name, in any case, that may connect.
func (s *Store) DevicesNamed(ctx context.Context, hostname string) ([]Device, error) {
	return list(ctx, s.read, scanDevice, "SELECT "+deviceColumns+" FROM devices WHERE LOWER(hostname) = LOWER($1) AND revoked_at = 0 ORDER BY id", hostname)
}
