package button

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Connected tells a device its buttons after its link was made.
func (k *Keeper) Connected(ctx context.Context, device string) { k.try(ctx, device) }

// Reshape tells the devices with buttons of a profile that it changed.
func (k *Keeper) Reshape(ctx context.Context, profile string) {
	all, err := k.conf.Store.ButtonDevices(ctx, profile)
	if err != nil {
		k.conf.Log.ErrorContext(ctx, "devices of a profile", "profile", profile, "error", err)
	}
	for _, device := range all {
		k.changed(ctx, device)
	}
}

// changed tells a device, now or when it is back, and consoles.
func (k *Keeper) changed(ctx context.Context, device string) {
	if k.conf.Agents.Linked(device) {
		k.try(context.WithoutCancel(ctx), device)
	}
	k.conf.Hub.Publish(live.Change{List: List})
}

// List is what consoles are told to read again after a change.
const List = "buttons"

func (k *Keeper) try(ctx context.Context, device string) {
	if err := k.tell(ctx, device); err != nil {
		k.conf.Log.ErrorContext(ctx, "tell device its buttons", "device", device, "error", err)
	}
}

// tell sends a device its set, unless it never had a button. What is sent is kept
// before.
func (k *Keeper) tell(ctx context.Context, device string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	dev, err := k.conf.Store.Device(ctx, device)
	if err != nil {
		return fmt.Errorf("find device: %w", err)
	}
	all, err := k.List(ctx, device)
	if err != nil {
		return err
	}
	last, err := k.conf.Store.ButtonSet(ctx, device)
	if err != nil || last.Version == 0 && len(all) == 0 {
		return err
	}
	set, err := setOf(dev, all)
	if err != nil {
		return err
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		return fmt.Errorf("encode set: %w", err)
	}
	if hash := sha256.Sum256(content); last.Hash != hex.EncodeToString(hash[:]) {
		// By the clock, as policies are: a broker from a backup is not behind.
		last.Version, last.Hash = max(last.Version+1, uint64(max(k.conf.Now().UnixMilli(), 0))), hex.EncodeToString(hash[:]) //nolint:gosec // not negative
		last.LaidOut, last.Problem = false, ""
		if err := k.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutButtonSet(last) }); err != nil {
			return fmt.Errorf("keep set: %w", err)
		}
	}
	set.Version = last.Version
	b, sig, err := wire.SignButtons(k.conf.GrantKey, set)
	if err != nil {
		return fmt.Errorf("sign set: %w", err)
	}
	return k.conf.Agents.Send(device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Buttons{
		Buttons: &wirepb.SignedButtons{Buttons: b, Signature: sig},
	}})
}

// setOf is what a device is told, but for the version.
func setOf(dev store.Device, all []Button) (*wirepb.ButtonSet, error) {
	pin, err := hex.DecodeString(dev.Pin)
	if err != nil {
		return nil, fmt.Errorf("pin: %w", err)
	}
	set := &wirepb.ButtonSet{DeviceSpki: pin}
	for _, b := range all {
		id, err := hex.DecodeString(b.ID)
		if err != nil {
			return nil, fmt.Errorf("id of a button: %w", err)
		}
		icon, err := iconOf(b.Profile)
		if err != nil {
			return nil, err
		}
		set.Buttons = append(set.Buttons, &wirepb.Button{
			Id: id, Title: b.Profile.Title, Greeting: b.Profile.Greeting, Icon: icon, Form: b.Profile.Form, User: b.User,
			ExpiresUnixMs: b.ExpiresAt.UnixMilli(),
		})
	}
	return set, nil
}

// Report takes what a device says of its set.
func (k *Keeper) Report(ctx context.Context, device string, r *wirepb.ButtonReport) {
	if err := k.report(ctx, device, r); err != nil {
		k.conf.Log.ErrorContext(ctx, "keep report of buttons", "device", device, "error", err)
	}
}

func (k *Keeper) report(ctx context.Context, device string, r *wirepb.ButtonReport) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	last, err := k.conf.Store.ButtonSet(ctx, device)
	if err != nil || last.Version == 0 || r.Version > last.Version {
		return err
	}
	now := last
	now.Reported, now.LaidOut, now.Problem = r.Version, r.LaidOut && r.Version == last.Version, text.Name(r.Problem)
	if r.Refused != "" {
		now.Problem = text.Name(r.Refused)
	}
	if now == last {
		return nil
	}
	if err := k.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.PutButtonSet(now) }); err != nil {
		return err
	}
	k.conf.Hub.Publish(live.Change{List: List})
	return nil
}

// Told is what a device was told, and what it says of it.
func (k *Keeper) Told(ctx context.Context, device string) (store.ButtonSet, error) {
	return k.conf.Store.ButtonSet(ctx, device)
}
