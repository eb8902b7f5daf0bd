package jump

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Update changes what reps say of a Jump Client, also its place.
func (b *Book) Update(ctx context.Context, p account.Principal, id string, want store.JumpClient) (Client, error) {
	r, err := b.reach(ctx, p)
	if err != nil {
		return Client{}, err
	}
	old, err := b.find(ctx, r, id, true)
	if err == nil {
		err = r.edits(old)
	}
	moved := want.Group != old.Group
	if err == nil && moved && policy.Can(p.Policy(), policy.EditJump, policy.Object{}) != nil {
		err = r.pins(want.Group)
	}
	if err != nil {
		return Client{}, b.refused(ctx, p, "jump.update", store.JumpClient{ID: old.ID, Name: old.Name}, err)
	}
	dev, err := b.conf.Store.Device(ctx, old.Device)
	if err != nil {
		return Client{}, err
	}
	next := old
	next.Name, next.Group, next.Policy, next.Tag, next.Comments, next.ExpiresAt = want.Name, want.Group, want.Policy, want.Tag, want.Comments, want.ExpiresAt
	same := next.ExpiresAt.Equal(old.ExpiresAt)
	if same {
		next.ExpiresAt = time.Time{} // it may be over, and stays as it is
	}
	if _, err := b.check(ctx, &next, dev); err != nil {
		return Client{}, err
	}
	if same {
		next.ExpiresAt = old.ExpiresAt
	}
	switch {
	case next.Group != "":
		next.Owner = ""
	case moved || next.Owner == "":
		next.Owner = p.ID
	}
	var c audit.Changes
	c.Add("name", old.Name, next.Name)
	c.Add("group", old.Group, next.Group)
	c.Add("policy", old.Policy, next.Policy)
	c.Add("tag", old.Tag, next.Tag)
	c.Add("comments", old.Comments, next.Comments)
	c.Add("expires", until(old.ExpiresAt), until(next.ExpiresAt))
	_, err = b.conf.Audit.Append(ctx, b.record(p, "jump.update", old, audit.OK, c.String()), func(tx *store.Tx) error { return tx.PutJumpClient(next) })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Client{}, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such Jump Client")
	case err != nil:
		return Client{}, err
	}
	b.changed(old.Device)
	return b.shown(ctx, r, next)
}

// MayUnpin says why p may not unpin a Jump Client.
func (b *Book) MayUnpin(ctx context.Context, p account.Principal, id string) error {
	r, err := b.reach(ctx, p)
	if err != nil {
		return err
	}
	c, err := b.find(ctx, r, id, true)
	if err == nil {
		err = r.edits(c)
	}
	return err
}

// Unpin takes a Jump Client off the lists at once. Its endpoint uninstalls what was
// installed for it, now or when it is back.
func (b *Book) Unpin(ctx context.Context, p account.Principal, id string) error {
	if err := b.MayUnpin(ctx, p, id); err != nil {
		return b.refused(ctx, p, "jump.unpin", store.JumpClient{}, err)
	}
	c, err := b.conf.Store.JumpClient(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such Jump Client")
	}
	if err != nil {
		return err
	}
	dev, err := b.conf.Store.Device(ctx, c.Device)
	if err != nil {
		return err
	}
	r := b.record(p, "jump.unpin", c, audit.OK, "device="+dev.ID)
	_, err = b.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.RemoveJumpClient(c) })
	if errors.Is(err, store.ErrNotFound) {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_FOUND, "no such Jump Client")
	}
	if err != nil {
		return err
	}
	b.order(ctx, dev, c.ID)
	b.changed(dev.ID)
	return nil
}

// order tells an endpoint to remove a Jump Client. Offline, it hears when it is back.
func (b *Book) order(ctx context.Context, dev store.Device, client string) {
	pin, err := hex.DecodeString(dev.Pin)
	var order, sig []byte
	if err == nil {
		order, sig, err = wire.SignUnpin(b.conf.GrantKey, &wirepb.UnpinOrder{DeviceSpki: pin, Client: client})
	}
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "order to unpin", "device", dev.ID, "error", err)
		return
	}
	_ = b.conf.Agents.Send(dev.ID, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Unpin{Unpin: &wirepb.Unpin{Order: order, OrderSignature: sig}}})
}

// Connected tells a device what it has to remove still.
func (b *Book) Connected(ctx context.Context, dev store.Device) {
	client, err := b.forNothing(ctx, dev.ID)
	if err == nil && client != "" {
		err = b.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.Unpin(dev.ID, client) })
	}
	var due []string
	if err == nil {
		due, err = b.conf.Store.Unpins(ctx, dev.ID)
	}
	if err != nil {
		b.conf.Log.ErrorContext(ctx, "what to unpin", "device", dev.ID, "error", err)
		return
	}
	for _, client := range due {
		b.order(ctx, dev, client)
	}
}

// Message takes what a device says about Jump Clients; false: it is about
// something else.
func (b *Book) Message(ctx context.Context, dev store.Device, m *wirepb.AgentMessage) bool {
	switch k := m.Kind.(type) {
	case *wirepb.AgentMessage_Pinned:
		b.mu.Lock()
		a := b.asking[dev.ID]
		b.mu.Unlock()
		if a == nil || string(a.jti) != string(k.Pinned.Jti) {
			b.conf.Log.InfoContext(ctx, "answer to no question about pinning", "device", dev.ID)
			return true
		}
		if err := b.settle(ctx, a, dev, k.Pinned); err != nil {
			b.conf.Log.InfoContext(ctx, "not pinned", "device", dev.ID, "error", err)
		}
	case *wirepb.AgentMessage_Unpinned:
		if err := b.unpinned(ctx, dev, k.Unpinned); err != nil {
			b.conf.Log.ErrorContext(ctx, "unpinned", "device", dev.ID, "error", err)
		}
	default:
		return false
	}
	return true
}

// unpinned is the endpoint's account of a removal. One that failed is tried again
// when the device is back.
func (b *Book) unpinned(ctx context.Context, dev store.Device, m *wirepb.Unpinned) error {
	client := text.Line(m.Client, 64)
	r := store.Record{
		At: b.conf.Now(), Actor: "device:" + dev.ID, ActorName: dev.Hostname, Action: "jump.removed", Object: "jump:" + client,
		ObjectName: dev.Hostname, Result: audit.OK, Detail: text.Name(m.Detail),
	}
	if m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(m.Code)
		_, err := b.conf.Audit.Append(ctx, r)
		return err
	}
	_, err := b.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.Unpinned(dev.ID, client) })
	if errors.Is(err, store.ErrNotFound) {
		return nil // said before
	}
	return err
}
