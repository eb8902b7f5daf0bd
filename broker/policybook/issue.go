package policybook

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Times of device policies.
const (
	// Life is how long a device obeys a policy that is not renewed.
	Life = 7 * 24 * time.Hour
	// Renewal is how old a policy of a device may get that is online.
	Renewal = 24 * time.Hour
	// renewalCheck is how often devices that are online are looked through.
	renewalCheck = time.Hour
	// readAgain is how often the list is looked at, which another process may
	// have changed.
	readAgain = 5 * time.Second
	// batch is how many policies one commit carries.
	batch = 500
)

// Run renews the policies of devices and notices what other processes change,
// until ctx ends.
func (b *Book) Run(ctx context.Context) {
	again, renew := time.NewTicker(readAgain), time.NewTicker(renewalCheck)
	defer again.Stop()
	defer renew.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			err = b.Sync(ctx)
		case <-renew.C:
			b.mu.Lock()
			b.tellAll(ctx)
			b.mu.Unlock()
		}
		if err != nil && ctx.Err() == nil {
			b.conf.Log.Error("read settings again", "error", err)
		}
	}
}

// Sync takes up what another process changed.
func (b *Book) Sync(ctx context.Context) error {
	v, err := b.conf.Store.ScopesVersion(ctx)
	if err != nil || v == b.Scopes().Version {
		return err
	}
	b.mu.Lock()
	err = b.read(ctx)
	if err == nil {
		b.tellAll(ctx)
	}
	b.mu.Unlock()
	if err == nil {
		b.changed("")
	}
	return err
}

// Connected tells a device its policy after its link was made.
func (b *Book) Connected(ctx context.Context, device string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, err := b.conf.Store.Device(ctx, device) // what the link knows may be old
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "find device", "device", device, "error", err)
		return
	}
	last, err := b.conf.Store.DevicePolicy(ctx, d.ID)
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "find policy", "device", device, "error", err)
		return
	}
	p, fresh, err := b.due(d, last)
	if err == nil && fresh {
		err = b.issue(ctx, []store.DevicePolicy{p})
	}
	if err == nil {
		err = b.send(p)
	}
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "tell device its policy", "device", device, "error", err)
	}
}

// tellAll tells every device that is online what changed for it. The book is
// locked.
func (b *Book) tellAll(ctx context.Context) {
	if b.conf.Agents == nil {
		return
	}
	all, err := b.conf.Store.Devices(ctx)
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "list devices", "error", err)
		return
	}
	b.tell(ctx, all)
}

// tell tells those of the devices that are online what changed for them, and
// renews what gets old. The book is locked.
func (b *Book) tell(ctx context.Context, devices []store.Device) {
	if b.conf.Agents == nil {
		return
	}
	told, err := b.told(ctx, devices)
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "find policies", "error", err)
		return
	}
	var news []store.DevicePolicy
	for _, d := range devices {
		if !b.conf.Agents.Linked(d.ID) {
			continue
		}
		last, is := told[d.ID]
		if !is {
			last.Device = d.ID
		}
		p, fresh, err := b.due(d, last)
		if err != nil {
			b.conf.Log.ErrorContext(ctx, "policy of device", "device", d.ID, "error", err)
			continue
		}
		if fresh {
			news = append(news, p)
		}
	}
	for part := range slices.Chunk(news, batch) {
		if err := b.issue(ctx, part); err != nil {
			// Each is told what it has to obey at its next hello.
			b.conf.Log.ErrorContext(ctx, "keep policies of devices", "error", err)
			continue
		}
		for _, p := range part {
			if err := b.send(p); err != nil {
				b.conf.Log.InfoContext(ctx, "tell device its policy", "device", p.Device, "error", err)
			}
		}
	}
}

// told is what devices were told, by their ids.
func (b *Book) told(ctx context.Context, devices []store.Device) (map[string]store.DevicePolicy, error) {
	var all []store.DevicePolicy
	var err error
	if len(devices) == 1 {
		all = make([]store.DevicePolicy, 1)
		all[0], err = b.conf.Store.DevicePolicy(ctx, devices[0].ID)
	} else {
		all, err = b.conf.Store.DevicePolicies(ctx)
	}
	m := make(map[string]store.DevicePolicy, len(all))
	for _, p := range all {
		m[p.Device] = p
	}
	return m, err
}

// due is the policy that a device is to obey now, after the last that it was
// told, and whether it is news to it.
func (b *Book) due(d store.Device, last store.DevicePolicy) (p store.DevicePolicy, fresh bool, err error) {
	w, err := b.policyOf(d)
	if err != nil {
		return last, false, err
	}
	now := b.conf.Now()
	told := new(wirepb.DevicePolicy)
	if last.Version > 0 && proto.Unmarshal(last.Content, told) == nil {
		w.Version, w.ExpiresUnixMs = told.Version, told.ExpiresUnixMs
		if age := now.Sub(last.IssuedAt); proto.Equal(w, told) && age >= 0 && age < Renewal {
			return last, false, nil
		}
	}
	// By the clock, so that a broker that was set up again from a backup does
	// not number its policies below what its devices have seen.
	w.Version = max(last.Version+1, uint64(max(now.UnixMilli(), 0))) //nolint:gosec // not negative
	w.ExpiresUnixMs = now.Add(Life).UnixMilli()
	last.Version, last.IssuedAt = w.Version, now
	last.Content, err = proto.MarshalOptions{Deterministic: true}.Marshal(w)
	return last, true, err
}

// policyOf is what a device is told, but for version and expiry.
func (b *Book) policyOf(d store.Device) (*wirepb.DevicePolicy, error) {
	pin, err := hex.DecodeString(d.Pin)
	if err != nil {
		return nil, fmt.Errorf("pin: %w", err)
	}
	s := b.Settings(d)
	return &wirepb.DevicePolicy{
		ClipboardToEndpoint: s.ClipboardIn, ClipboardFromEndpoint: s.ClipboardOut, FilesToEndpoint: s.FilesIn, FilesFromEndpoint: s.FilesOut,
		RestrictInput: s.RestrictInput, PrivacyScreen: s.PrivacyScreen,
		DeviceSpki: pin, RemoteSupport: s.RemoteSupport && d.Entitled && !d.Pending,
		ReasonMin:   uint32(s.ReasonMin), //nolint:gosec // bounded by the catalogue
		DesktopIcon: s.DesktopIcon, DesktopIconName: s.DesktopIconName, ViewOnly: s.ViewOnly,
		ConsentRequired: s.ConsentPresent == policy.ConsentAsk && s.ConsentAbsent == policy.ConsentAsk,
	}, nil
}

// issue keeps policies before any device hears of them.
func (b *Book) issue(ctx context.Context, all []store.DevicePolicy) error {
	return b.conf.Store.Update(ctx, func(tx *store.Tx) error {
		for _, p := range all {
			if err := tx.IssuePolicy(p); err != nil {
				return err
			}
		}
		return nil
	})
}

// send signs what was issued.
func (b *Book) send(p store.DevicePolicy) error {
	w := new(wirepb.DevicePolicy)
	if err := proto.Unmarshal(p.Content, w); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	content, sig, err := wire.SignPolicy(b.conf.GrantKey, w)
	if err != nil {
		return fmt.Errorf("sign policy: %w", err)
	}
	return b.conf.Agents.Send(p.Device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Policy{
		Policy: &wirepb.SignedPolicy{Policy: content, Signature: sig},
	}})
}

// same reports whether a device says what it said before.
func same(a, b store.DevicePolicy) bool {
	return a.Reported == b.Reported && a.Refused == b.Refused && bytes.Equal(a.EffectiveHash, b.EffectiveHash)
}
