package store

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/alongside-remote/alongside/wire"
)

// keyless is the pin of an ad-hoc device that has no key: no key has it.
func keyless(device string) string { return "none:" + device }

// Visit is a customer on the portal page. Hash is that of the token by which the
// page is known.
type Visit struct {
	Session wire.SessionID
	Hash    string
	Name    string
}

// AddPlace adds the ad-hoc device of a chat, without a key, and its token, which
// opens nothing yet.
func (t *Tx) AddPlace(d Device, k Token) error {
	d.Kind, d.Token, d.Pin = AdHoc, k.ID, keyless(d.ID)
	k.Device, k.Uses = d.ID, 1
	if err := t.AddToken(k); err != nil {
		return err
	}
	return t.AddDevice(d)
}

// AddVisit adds the customer of a chat.
func (t *Tx) AddVisit(v Visit) error {
	_, err := t.exec("INSERT INTO visits (session, token, name) VALUES ($1, $2, $3)", v.Session.String(), v.Hash, v.Name)
	return err
}

// VisitByHash finds a visit.
func (s *Store) VisitByHash(ctx context.Context, hash string) (Visit, error) {
	return scanVisit(s.read.QueryRowContext(ctx, "SELECT session, token, name FROM visits WHERE token = $1", hash))
}

// VisitOf finds the visit of a session.
func (s *Store) VisitOf(ctx context.Context, id wire.SessionID) (Visit, error) {
	return scanVisit(s.read.QueryRowContext(ctx, "SELECT session, token, name FROM visits WHERE session = $1", id.String()))
}

func scanVisit(r scanner) (Visit, error) {
	var v Visit
	var session string
	if err := r.Scan(&session, &v.Hash, &v.Name); err != nil {
		return v, notFound(err)
	}
	b, err := hex.DecodeString(session)
	if err == nil {
		v.Session, err = wire.ParseSessionID(b)
	}
	return v, err
}

// RenewToken gives an ad-hoc device another token in the place of the one before;
// ErrNotFound when the device has a key, or is none any more.
func (t *Tx) RenewToken(device, hash string, until time.Time) error {
	return t.one(`UPDATE enrollment_tokens SET token = $2, expires_at = $3, used = 0 WHERE device = $1
		AND device IN (SELECT id FROM devices WHERE id = $1 AND kind = 'ad_hoc' AND revoked_at = 0 AND pin = $4)`,
		device, hash, toMillis(until), keyless(device))
}

// KeyDevice gives an ad-hoc device its key and what its machine says of itself;
// ErrNotFound when it has one, or is none any more.
func (t *Tx) KeyDevice(d Device) error {
	return t.one(`UPDATE devices SET pin = $2, public_key = $3, hostname = $4, os = $5, os_version = $6, arch = $7, agent_version = $8,
		user_name = $9, enrolled_at = $10, last_seen = $10 WHERE id = $1 AND kind = 'ad_hoc' AND revoked_at = 0 AND pin = $11`,
		d.ID, d.Pin, hex.EncodeToString(d.PublicKey), d.Hostname, d.OS, d.OSVersion, d.Arch, d.AgentVersion, d.User, toMillis(d.EnrolledAt), keyless(d.ID))
}

// ForgetKey lets nobody be the ad-hoc device any more by its key, or its token. The
// key itself stays until there is another: what it signed is evidence.
func (t *Tx) ForgetKey(device string) error {
	if _, err := t.exec("UPDATE enrollment_tokens SET expires_at = 0 WHERE device = $1", device); err != nil {
		return err
	}
	return t.one("UPDATE devices SET pin = $2 WHERE id = $1 AND kind = 'ad_hoc'", device, keyless(device))
}

// ForgetPlace ends an ad-hoc device for good; one that was pinned meanwhile stays, as
// any other device does.
func (t *Tx) ForgetPlace(device string, at time.Time) error {
	pinned, err := t.exec("UPDATE devices SET kind = '' WHERE id = $1 AND EXISTS (SELECT 1 FROM jump_clients WHERE device = $1)", device)
	if err != nil || pinned > 0 {
		return err
	}
	if err := t.ForgetKey(device); err != nil {
		return err
	}
	return t.one("UPDATE devices SET revoked_at = $2 WHERE id = $1", device, toMillis(at))
}
