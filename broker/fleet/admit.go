package fleet

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/button"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/internal/redact"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// version chooses the protocol version.
func version(lowest, highest uint32) (uint32, error) {
	if lowest > wire.Version || highest < wire.VersionMin || highest < lowest {
		return 0, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED,
			fmt.Sprintf("this broker speaks %d to %d", wire.VersionMin, wire.Version))
	}
	return min(highest, wire.Version), nil
}

func pinOf(l transport.Link) string {
	p := l.Peer()
	return hex.EncodeToString(p[:])
}

// known finds the device of a link by its key, and nothing else. An error that is
// no CodeError means that nobody knows: then nobody is let in.
func (f *Fleet) known(ctx context.Context, l transport.Link, h *wirepb.Hello) (store.Device, error) {
	d, err := f.conf.Store.DeviceByPin(ctx, pinOf(l))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return d, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, "")
	case err != nil:
		return d, fmt.Errorf("find device: %w", err)
	case !d.RevokedAt.IsZero():
		return d, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "")
	}
	if _, err := version(h.VersionMin, h.VersionMax); err != nil {
		return d, err
	}
	describe(&d, h.Device)
	d.LastSeen = f.conf.Now()
	if err := f.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.SeeDevice(d) }); err != nil {
		return d, fmt.Errorf("note device: %w", err)
	}
	return d, nil
}

// short is the length of a word that a machine says of itself.
const short = 64

// describe takes what a machine says of itself, filtered.
func describe(d *store.Device, w *wirepb.Device) {
	d.Hostname = text.Name(w.GetHostname())
	d.OS, d.Arch = text.Line(w.GetOs(), short), text.Line(w.GetArch(), short)
	d.OSVersion, d.AgentVersion = text.Name(w.GetOsVersion()), text.Line(w.GetAgentVersion(), short)
	d.User = text.Name(w.GetUser())
}

// maxToken is far longer than a token.
const maxToken = 128

// enroll redeems a token for the key of the link.
func (f *Fleet) enroll(ctx context.Context, l transport.Link, e *wirepb.Enroll) (_ *wirepb.Enrolled, err error) {
	defer redact.Contain(&err)
	v, err := version(e.VersionMin, e.VersionMax)
	if err != nil {
		return nil, err
	}
	if len(e.Token) > maxToken {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN, "")
	}
	if err := transport.VerifyEnroll(l, e.Token, e.Proof); err != nil {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "")
	}
	key, err := transport.PeerKey(l)
	if err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	k, err := f.conf.Store.TokenByHash(ctx, account.HashSecret(account.Secret(e.Token)))
	now := f.conf.Now()
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN, "")
	case err != nil:
		return nil, fmt.Errorf("find token: %w", err)
	case !k.RevokedAt.IsZero(), !now.Before(k.ExpiresAt):
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_EXPIRED, "token "+k.ID)
	case k.Used >= k.Uses:
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_USED, "token "+k.ID)
	}
	if k.Device != "" {
		return f.key(ctx, l, e, k, store.Device{ID: k.Device, Pin: pinOf(l), PublicKey: key, EnrolledAt: now}, v)
	}
	d := store.Device{
		ID: account.NewID(), Pin: pinOf(l), PublicKey: key, Token: k.ID, EnrolledAt: now, LastSeen: now,
		Group: k.Group, Tags: k.Tags, Entitled: k.Entitles, Pending: k.Pending,
	}
	describe(&d, e.Device)
	r := store.Record{
		At: now, Actor: "device:" + d.ID, ActorName: d.Hostname, Action: "device.enroll", Object: "device:" + d.ID, ObjectName: d.Hostname,
		Result: ok, Detail: fmt.Sprintf("token=%s by=%s key=%s from=%s", k.ID, k.CreatedBy, l.Peer(), account.Prefix(l.Info().Remote)),
	}
	if k.Client != "" {
		r.Detail += " for=jump:" + k.Client
	}
	_, err = f.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if err := tx.SpendToken(k.ID, now); errors.Is(err, store.ErrNotFound) {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_USED, "token "+k.ID)
		} else if err != nil {
			return err
		}
		if err := tx.AddDevice(d); err != nil {
			return err
		}
		if err := button.Install(tx, k, d.ID, now); err != nil || k.Jump.Group == "" {
			return err
		}
		return f.pin(tx, k, d, now)
	})
	if errors.Is(err, store.ErrExists) {
		// The key is enrolled: the answer got lost, or the key was revoked.
		return f.again(ctx, l, v)
	}
	if err != nil {
		return nil, err
	}
	f.conf.Hub.Publish(live.Change{Device: d.ID})
	return f.enrolled(d.ID, v), nil
}

// key gives an ad-hoc device, which is there before its client, the key of the link.
func (f *Fleet) key(ctx context.Context, l transport.Link, e *wirepb.Enroll, k store.Token, d store.Device, v uint32) (*wirepb.Enrolled, error) {
	describe(&d, e.Device)
	r := store.Record{
		At: d.EnrolledAt, Actor: "device:" + d.ID, ActorName: d.Hostname, Action: "device.enroll", Object: "device:" + d.ID, ObjectName: d.Hostname,
		Result: ok, Detail: fmt.Sprintf("ad_hoc=true key=%s from=%s", l.Peer(), account.Prefix(l.Info().Remote)),
	}
	_, err := f.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		err := tx.SpendToken(k.ID, d.EnrolledAt)
		if err == nil {
			err = tx.KeyDevice(d)
		}
		if errors.Is(err, store.ErrNotFound) {
			return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOKEN_USED, "token "+k.ID)
		}
		return err
	})
	if errors.Is(err, store.ErrExists) {
		return f.again(ctx, l, v)
	}
	if err != nil {
		return nil, err
	}
	return f.enrolled(d.ID, v), nil
}

// pin makes a device the Jump Client that its token plans; without one where the
// group, or the policy, is gone: nothing looser takes its place.
func (f *Fleet) pin(tx *store.Tx, k store.Token, d store.Device, now time.Time) error {
	stand, err := tx.JumpTargetsStand(k.Jump.Group, k.Jump.Policy)
	if err != nil || !stand {
		f.conf.Log.Warn("a device enrolled without being pinned: the group or policy of its token is gone", "device", d.ID, "token_id", k.ID)
		return err
	}
	return tx.AddJumpClient(store.JumpClient{
		ID: account.NewID(), Device: d.ID, Name: jumpName(d), Group: k.Jump.Group, Policy: k.Jump.Policy, Tag: k.Jump.Tag,
		Mode: wirepb.JumpMode_JUMP_MODE_SERVICE, CreatedAt: now, CreatedBy: k.ByName,
	})
}

// jumpName is what a device that came with a plan is called at first.
func jumpName(d store.Device) string {
	if name := text.Line(d.Hostname, maxTag); name != "" {
		return name
	}
	return "device " + d.ID[:8]
}

// again answers a device that enrolled before. Its token is not spent.
func (f *Fleet) again(ctx context.Context, l transport.Link, v uint32) (*wirepb.Enrolled, error) {
	d, err := f.conf.Store.DeviceByPin(ctx, pinOf(l))
	if err != nil {
		return nil, fmt.Errorf("find device: %w", err)
	}
	if !d.RevokedAt.IsZero() {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "")
	}
	return f.enrolled(d.ID, v), nil
}

func (f *Fleet) enrolled(id string, v uint32) *wirepb.Enrolled {
	return &wirepb.Enrolled{Version: v, DeviceId: id, Organisation: f.conf.Organisation(), GrantKey: f.conf.GrantKey}
}

// Revoke revokes a device in the books; a broker that runs cuts its link.
func Revoke(ctx context.Context, s *store.Store, log account.Log, actor, actorName, id string, now time.Time) error {
	d, err := s.Device(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such device")
	}
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	r := store.Record{
		At: now, Actor: actor, ActorName: actorName, Action: "device.revoke", Object: "device:" + id, ObjectName: d.Hostname, Result: ok,
	}
	_, err = log.Append(ctx, r, func(tx *store.Tx) error { return tx.RevokeDevice(id, now) })
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device is revoked already")
	}
	return err
}
