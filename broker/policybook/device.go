package policybook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxTags is how many tags a device may have.
const maxTags = 50

// DeviceChange is what the organisation says anew of a device. What is nil stays.
type DeviceChange struct {
	Group    *string
	Tags     *[]string
	Entitled *bool
	Approve  bool // takes a pending device in
}

// UpdateDevice changes what the organisation says of a device.
func (b *Book) UpdateDevice(ctx context.Context, who account.Principal, id string, c DeviceChange) (store.Device, error) {
	d, changed, err := b.updateDevice(ctx, who, id, c)
	if changed {
		b.changed(id)
	}
	return d, err
}

func (b *Book) updateDevice(ctx context.Context, who account.Principal, id string, c DeviceChange) (store.Device, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, err := b.conf.Store.Device(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return old, false, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such device")
	}
	if err != nil {
		return old, false, fmt.Errorf("find device: %w", err)
	}
	if !old.RevokedAt.IsZero() {
		return old, false, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, "the device was revoked: enroll it again")
	}
	d, err := c.apply(old)
	if err != nil {
		return old, false, err
	}
	detail := deviceDifference(old, d)
	if detail == "" {
		return d, false, nil
	}
	_, err = b.conf.Audit.Append(ctx, store.Record{
		At: b.conf.Now(), Actor: who.Actor(), ActorName: who.DisplayName, Action: "device.update", Object: "device:" + id,
		ObjectName: d.Hostname, Result: audit.OK, Detail: detail,
	}, func(tx *store.Tx) error { return tx.PutDevice(d) })
	if err != nil {
		return old, false, err
	}
	b.tell(context.WithoutCancel(ctx), []store.Device{d})
	return d, true, nil
}

// apply is the device after the change, every text filtered and bounded.
func (c DeviceChange) apply(d store.Device) (store.Device, error) {
	if c.Group != nil {
		g, err := label("group", *c.Group)
		if err != nil && strings.TrimSpace(*c.Group) != "" {
			return d, err
		}
		d.Group = g
	}
	if c.Tags != nil {
		if len(*c.Tags) > maxTags {
			return d, &account.FieldError{Field: "tags", Detail: fmt.Sprintf("at most %d tags", maxTags)}
		}
		d.Tags = nil
		for _, t := range *c.Tags {
			t, err := label("tags", t)
			if err != nil {
				return d, err
			}
			if !slices.ContainsFunc(d.Tags, func(have string) bool { return strings.EqualFold(have, t) }) {
				d.Tags = append(d.Tags, t)
			}
		}
	}
	if c.Entitled != nil {
		d.Entitled = *c.Entitled
	}
	if c.Approve {
		d.Pending = false
	}
	return d, nil
}

func label(field, s string) (string, error) {
	t := text.Line(s, policy.MaxName)
	if t == "" || t != strings.TrimSpace(s) {
		return "", &account.FieldError{Field: field, Detail: fmt.Sprintf("use 1 to %d bytes of text in one line", policy.MaxName)}
	}
	return t, nil
}

func deviceDifference(old, d store.Device) string {
	c := audit.Changes{Longest: longest}
	c.Add("group", old.Group, d.Group)
	c.Add("tags", list(old.Tags), list(d.Tags))
	c.Add("entitled", strconv.FormatBool(old.Entitled), strconv.FormatBool(d.Entitled))
	c.Add("pending", strconv.FormatBool(old.Pending), strconv.FormatBool(d.Pending))
	return c.String()
}

// Find finds a device by its id or its name. A name of several finds none.
func (b *Book) Find(ctx context.Context, device string) (store.Device, error) {
	d, err := b.conf.Store.Device(ctx, device)
	if !errors.Is(err, store.ErrNotFound) {
		return d, err
	}
	named, err := b.conf.Store.DevicesNamed(ctx, device)
	switch {
	case err != nil:
		return d, fmt.Errorf("find device: %w", err)
	case len(named) == 0:
		return d, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such device")
	case len(named) > 1:
		return d, &account.FieldError{Field: "device", Detail: fmt.Sprintf("%d devices have this name: give the id", len(named))}
	}
	return named[0], nil
}
