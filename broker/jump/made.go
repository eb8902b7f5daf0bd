package jump

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
)

// A session's own client cannot always stay: that of one session goes with it, and an
// elevated one is the machine's only until the session ends. Such an endpoint makes a device
// of its own, with a key of its own, and that one is pinned:
//
//	order with a token ──▶ a Yes ──▶ the new device enrolls and runs ──▶ the receipt names it
//	                                        └ another answer, or none: it is told to go
//
// The token is for one device, and for as long as the question stands.

// tokenFor is the enrollment of a device in the place of dev: it is under the same settings.
func tokenFor(c store.JumpClient, dev store.Device, by account.Principal, now time.Time) (store.Token, account.Secret) {
	secret := account.NewSecret()
	return store.Token{
		ID: account.NewID(), Hash: account.HashSecret(secret), Uses: 1, CreatedAt: now, ExpiresAt: now.Add(askFor + answerGrace),
		CreatedBy: by.Actor(), ByName: by.DisplayName, Note: "pinned out of a session", Client: c.ID,
		Group: dev.Group, Tags: dev.Tags, Entitles: dev.Entitled || dev.Kind == store.AdHoc, Pending: dev.Pending,
	}, secret
}

// made is the device that enrolled with the token of a question and has this key; the
// zero one: it is another's.
func (b *Book) made(ctx context.Context, a *asking, spki []byte) (store.Device, error) {
	d, err := b.conf.Store.Made(ctx, a.client.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.Pin != hex.EncodeToString(spki) {
		return store.Device{}, nil
	}
	return d, err
}

// clear ends the token of a question that was answered, or is not asked. A device that
// was made for nothing goes again.
func (b *Book) clear(ctx context.Context, a *asking, answer error) {
	err := b.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.DropToken(a.token.ID) })
	if errors.Is(err, store.ErrNotFound) && answer != nil {
		err = b.undo(ctx, a.client.ID)
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		b.conf.Log.ErrorContext(ctx, "token of a question", "client", a.client.ID, "error", err)
	}
}

// undo has the device that was made for a Jump Client removed.
func (b *Book) undo(ctx context.Context, client string) error {
	d, err := b.conf.Store.Made(ctx, client)
	if err != nil {
		return err
	}
	if err := b.conf.Store.Update(ctx, func(tx *store.Tx) error { return tx.Unpin(d.ID, client) }); err != nil {
		return err
	}
	b.order(ctx, d, client)
	return nil
}

// forNothing reports whether a device was made for a Jump Client that there is not, and
// that is not being asked for: the broker ended meanwhile.
func (b *Book) forNothing(ctx context.Context, device string) (client string, err error) {
	client, err = b.conf.Store.MadeFor(ctx, device)
	if err != nil || client == "" {
		return "", err
	}
	b.mu.Lock()
	open := b.settling[client]
	for _, a := range b.asking {
		open = open || a.client.ID == client
	}
	b.mu.Unlock()
	if open {
		return "", nil
	}
	if _, err = b.conf.Store.JumpClient(ctx, client); errors.Is(err, store.ErrNotFound) {
		return client, nil
	}
	return "", err
}
