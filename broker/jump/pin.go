package jump

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// asking is a question that stands at an endpoint.
type asking struct {
	client store.JumpClient
	by     account.Principal
	order  []byte
	sig    []byte
	jti    []byte
	token  store.Token    // of a device that the endpoint may make for it
	secret account.Secret // of token
	until  time.Time      // when the endpoint's answer is not waited for any more
	done   chan error     // of capacity 1: what became of it
}

// Pin has the endpoint of an active session asked to be a Jump Client, and waits
// for the answer. Given up early, the answer still counts.
// Passkeys name factors of p that lock the device; none: it is not locked.
func (b *Book) Pin(ctx context.Context, p account.Principal, session wire.SessionID, want store.JumpClient, passkeys []string) (Client, error) {
	r, err := b.reach(ctx, p)
	if err != nil {
		return Client{}, err
	}
	if len(passkeys) > 0 {
		if want.Lock, err = b.conf.Passkeys.LockOf(ctx, p, passkeys); err != nil {
			return Client{}, b.refused(ctx, p, "jump.pin", store.JumpClient{ID: want.ID, Name: want.Name}, err)
		}
	}
	a, dev, err := b.prepare(ctx, r, session, want)
	if err != nil {
		return Client{}, b.refused(ctx, p, "jump.pin", store.JumpClient{ID: want.ID, Name: want.Name}, err)
	}
	if err := b.put(ctx, a, dev); err != nil {
		return Client{}, err
	}
	select {
	case err = <-a.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return Client{}, err
	}
	return b.shown(ctx, r, a.client)
}

// prepare checks a wish to pin and makes the signed order of it.
func (b *Book) prepare(ctx context.Context, r reach, session wire.SessionID, c store.JumpClient) (*asking, store.Device, error) {
	var dev store.Device
	if err := r.pins(c.Group); err != nil {
		return nil, dev, err
	}
	s, err := b.conf.Desk.Get(ctx, session)
	if err != nil {
		return nil, dev, err
	}
	if err := policy.Can(r.p.Policy(), policy.AttachSession, desk.About(s.Session)); err != nil {
		return nil, dev, err
	}
	switch {
	case s.ChatOnly():
		return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_IN_MODE, "only chat is available until the customer runs the client")
	case !s.Runs():
		return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	}
	if dev, err = b.conf.Store.Device(ctx, s.Device); err != nil {
		return nil, dev, err
	}
	if old, err := b.conf.Store.JumpClientOf(ctx, dev.ID); err == nil {
		detail := "the device is a Jump Client already"
		if r.sees(old) {
			detail += ": " + old.Name
		}
		return nil, dev, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_PINNED, detail)
	} else if !errors.Is(err, store.ErrNotFound) {
		return nil, dev, err
	}
	place, err := b.check(ctx, &c, dev)
	if err != nil {
		return nil, dev, err
	}
	c.ID, c.Device, c.CreatedAt, c.CreatedBy = account.NewID(), dev.ID, b.conf.Now(), r.p.DisplayName
	if c.Group == "" {
		c.Owner = r.p.ID
	}
	a := &asking{client: c, by: r.p, jti: make([]byte, wire.SessionIDSize), done: make(chan error, 1)}
	_, _ = rand.Read(a.jti) // never fails
	pin, err := hex.DecodeString(dev.Pin)
	if err != nil {
		return nil, dev, fmt.Errorf("device pin: %w", err)
	}
	now := b.conf.Now()
	a.until = now.Add(askFor + answerGrace)
	a.token, a.secret = tokenFor(c, dev, r.p, now)
	o := &wirepb.PinOrder{
		DeviceSpki: pin, Jti: a.jti, Session: session[:], Client: c.ID, Name: c.Name, Place: place, RepName: r.p.DisplayName,
		Organisation: b.conf.Organisation(), Mode: c.Mode, NotBeforeUnixMs: now.UnixMilli(), AnswerBeforeUnixMs: now.Add(wire.MaxGrantWindow).UnixMilli(),
		ConsentTimeoutS: uint32(askFor / time.Second), Lock: c.Lock,
	}
	if !c.ExpiresAt.IsZero() {
		o.ExpiresUnixMs = c.ExpiresAt.UnixMilli()
	}
	a.order, a.sig, err = wire.SignPin(b.conf.GrantKey, o)
	return a, dev, err
}

// check brings what a rep says of a Jump Client into its own form, and returns the
// name of its group.
func (b *Book) check(ctx context.Context, c *store.JumpClient, dev store.Device) (place string, err error) {
	field := func(name, detail string) error { return &account.FieldError{Field: name, Detail: detail} }
	if c.Name = text.Line(c.Name, maxName+1); c.Name == "" {
		c.Name = text.Line(dev.Hostname, maxName)
	}
	c.Tag, c.Comments = text.Line(c.Tag, maxTag+1), text.Body(c.Comments)
	if c.Mode == wirepb.JumpMode_JUMP_MODE_UNSPECIFIED {
		c.Mode = wirepb.JumpMode_JUMP_MODE_USER
	}
	switch {
	case c.Name == "" || len(c.Name) > maxName:
		return "", field("name", fmt.Sprintf("give a name of up to %d bytes that print", maxName))
	case len(c.Tag) > maxTag:
		return "", field("tag", fmt.Sprintf("use up to %d bytes", maxTag))
	case len(c.Comments) > maxComments:
		return "", field("comments", fmt.Sprintf("use up to %d bytes", maxComments))
	case !c.ExpiresAt.IsZero() && !c.ExpiresAt.After(b.conf.Now()):
		return "", field("expires_at", "choose a time to come")
	case c.ExpiresAt.After(b.conf.Now().Add(maxLife)):
		return "", field("expires_at", "choose a time within ten years, or none")
	case c.Mode != wirepb.JumpMode_JUMP_MODE_USER && c.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE:
		return "", field("mode", "choose user or service")
	}
	n, err := b.names(ctx)
	if err != nil {
		return "", err
	}
	if _, ok := n.policies[c.Policy]; c.Policy != "" && !ok {
		return "", field("policy_id", "there is no such jump policy")
	}
	if _, ok := n.groups[c.Group]; c.Group != "" && !ok {
		return "", field("group_id", "there is no such Jump Group")
	}
	all, err := b.conf.Store.JumpClients(ctx)
	if err == nil && len(all) >= maxClients {
		err = field("name", fmt.Sprintf("there are %d Jump Clients already", len(all)))
	}
	return n.groups[c.Group], err
}

// put records that the endpoint is asked, and asks it.
func (b *Book) put(ctx context.Context, a *asking, dev store.Device) error {
	b.mu.Lock()
	if b.asking[dev.ID] != nil {
		b.mu.Unlock()
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "the person is being asked already")
	}
	b.asking[dev.ID] = a
	b.mu.Unlock()
	c := a.client
	r := b.record(a.by, "jump.ask", c, audit.OK, fmt.Sprintf("device=%s mode=%s group=%q policy=%q tag=%q expires=%s lock_keys=%d",
		dev.ID, modeName(c.Mode), c.Group, c.Policy, c.Tag, until(c.ExpiresAt), len(c.Lock.GetKeys())))
	var err error
	if r.Evidence, err = audit.Evidence(&wirepb.Pin{Order: a.order, OrderSignature: a.sig}); err == nil {
		_, err = b.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.AddToken(a.token) })
	}
	if err != nil {
		b.giveUp(dev.ID, a)
		return err
	}
	if err = b.conf.Agents.Send(dev.ID, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Pin{
		Pin: &wirepb.Pin{Order: a.order, OrderSignature: a.sig, Token: a.secret.Reveal()},
	}}); err != nil {
		b.giveUp(dev.ID, a)
		b.clear(ctx, a, err)
	}
	return err
}

// giveUp takes a question that was not put.
func (b *Book) giveUp(device string, a *asking) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.asking[device] == a {
		delete(b.asking, device)
	}
}

// take takes the question with that jti from the list, to be settled; nil: it does not stand.
func (b *Book) take(device string, jti []byte) *asking {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.asking[device]
	if a == nil || string(a.jti) != string(jti) {
		return nil
	}
	delete(b.asking, device)
	b.settling[a.client.ID] = true
	return a
}

// settle records the answer to a question that was taken, or takes it now, and
// acts on it.
func (b *Book) settle(ctx context.Context, a *asking, dev store.Device, m *wirepb.Pinned) error {
	if b.take(dev.ID, a.jti) == nil {
		return nil // another answer came first
	}
	err := b.answered(ctx, a, dev, m)
	b.clear(ctx, a, err)
	b.mu.Lock()
	delete(b.settling, a.client.ID)
	b.mu.Unlock()
	a.done <- err
	return err
}

// Run ends questions that no answer came to, whether or not the rep who asked still
// waits: an endpoint whose link is lost forgets them. It returns when ctx ends.
func (b *Book) Run(ctx context.Context) {
	tick := time.NewTicker(overdueEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.endOverdue(context.WithoutCancel(ctx))
		}
	}
}

func (b *Book) endOverdue(ctx context.Context) {
	now := b.conf.Now()
	b.mu.Lock()
	overdue := map[string]*asking{}
	for device, a := range b.asking {
		if !now.Before(a.until) {
			overdue[device] = a
		}
	}
	b.mu.Unlock()
	for device, a := range overdue {
		dev, err := b.conf.Store.Device(ctx, device)
		if err == nil {
			err = b.settle(ctx, a, dev, &wirepb.Pinned{Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, Detail: "the device did not answer"})
		}
		b.conf.Log.InfoContext(ctx, "not pinned", "device", device, "error", err)
	}
}

// answered is the endpoint's answer to the question.
func (b *Book) answered(ctx context.Context, a *asking, dev store.Device, m *wirepb.Pinned) error {
	code, detail := m.Code, text.Name(m.Detail)
	var receipt *wirepb.PinReceipt
	if len(m.Receipt) > 0 || code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		var err error
		if receipt, err = wire.VerifyPinned(dev.PublicKey, a.order, m.Receipt, m.ReceiptSignature); err != nil {
			b.conf.Log.WarnContext(ctx, "pin receipt refused", "device", dev.ID, "error", err)
			code, detail = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "the receipt does not verify"
		} else if code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && !receipt.Yes {
			code, detail = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "the receipt is not a yes"
		} else if err := keepsLock(a.client.Lock, receipt.Lock); code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && err != nil {
			// Pinned without what was agreed on: it goes again.
			b.order(ctx, dev, a.client.ID)
			code, detail = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, err.Error()
		}
	}
	if code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && len(receipt.DeviceSpki) > 0 {
		made, err := b.made(ctx, a, receipt.DeviceSpki)
		if err != nil {
			return err
		}
		if made.ID == "" {
			code, detail = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "the receipt names a device that was not made for this"
		} else {
			dev, a.client.Device = made, made.ID
		}
	}
	c := a.client
	c.Lock = receipt.GetLock() // the one that stands; an earlier pinning may have left it
	if receipt.GetMode() != wirepb.JumpMode_JUMP_MODE_UNSPECIFIED {
		c.Mode = receipt.Mode // what it became: a service stays one
	}
	a.client = c
	r := b.record(a.by, "jump.pin", c, audit.OK, "")
	var err error
	if receipt != nil {
		if r.Evidence, err = audit.Evidence(m); err != nil {
			return err
		}
	}
	if code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return b.refusedAnswer(ctx, r, code, detail)
	}
	r.Detail = fmt.Sprintf("device=%s mode=%s group=%q policy=%q expires=%s user=%q terminal_session=%q unattended=%t lock_keys=%d",
		dev.ID, modeName(c.Mode), c.Group, c.Policy, until(c.ExpiresAt), text.Name(receipt.User), text.Name(receipt.TerminalSession), receipt.Unattended, len(c.Lock.GetKeys()))
	_, err = b.conf.Audit.Append(ctx, r, func(tx *store.Tx) error { return tx.AddJumpClient(c) })
	if err != nil {
		// What was installed for nothing goes again.
		b.order(ctx, dev, c.ID)
		if errors.Is(err, store.ErrReference) {
			return b.refusedAnswer(ctx, r, wirepb.ErrorCode_ERROR_CODE_CONFLICT, "group or policy are gone meanwhile")
		}
		return err
	}
	b.changed(dev.ID)
	return nil
}

func (b *Book) refusedAnswer(ctx context.Context, r store.Record, code wirepb.ErrorCode, detail string) error {
	r.Result, r.Detail = wire.CodeName(code), detail
	if _, err := b.conf.Audit.Append(ctx, r); err != nil {
		return err
	}
	return wire.Refuse(code, detail)
}

func modeName(m wirepb.JumpMode) string {
	if m == wirepb.JumpMode_JUMP_MODE_SERVICE {
		return "service"
	}
	return "user"
}

func until(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
