package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of what is kept out of a recording: somebody who may elevate could hide behind
// a form that is open what is to be recorded.
const (
	// maskLimit is for one form and its try: a person fetches a password meanwhile.
	maskLimit = 10 * time.Minute
	// maxMasks is how many forms a session has: those of its tries, and some that were
	// closed again.
	maxMasks = 8
)

// mask is a form for credentials of a rep's that is open, or its try that has no result
// yet. While there is one, the session's recording keeps no picture.
type mask struct {
	rep   account.Principal
	since time.Time
	over  chan error // has one when it ends
}

// Mask says that a rep who may elevate a session has the form for credentials open, until
// release; what is returned tells when it is over before that. It is recorded before the
// picture is kept no more. Where nothing is recorded, nothing is masked.
func (d *Desk) Mask(ctx context.Context, p account.Principal, id wire.SessionID) (over <-chan error, release func(), err error) {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MayElevate(p, s)
		}
		return nil, nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := MayElevate(p, d.shown(e)); err != nil {
		return nil, nil, err
	}
	m, err := d.mask(ctx, e, p)
	if m == nil {
		return nil, func() {}, err
	}
	return m.over, func() { d.formClosed(e, m) }, nil
}

// mask begins one; nil without an error: nothing is recorded. The entry is locked.
func (d *Desk) mask(ctx context.Context, e *entry, p account.Principal) (*mask, error) {
	if !e.s.Recorded || d.conf.Recorder == nil {
		return nil, nil
	}
	if e.masked >= maxMasks {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "the form was opened too often in this session")
	}
	r := d.aboutMask(e, "session.mask", "")
	r.Actor, r.ActorName = p.Actor(), p.DisplayName
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return nil, err
	}
	m := &mask{rep: p, since: d.conf.Now(), over: make(chan error, 1)}
	e.masked++
	e.masks = append(e.masks, m)
	d.conf.Recorder.Mask(e.id, p.DisplayName+" had the form for administrative rights open")
	return m, nil
}

// maskTry begins a mask for a try, unless the form that it comes from has one. The entry
// is locked.
func (d *Desk) maskTry(ctx context.Context, e *entry, p account.Principal) error {
	if slices.ContainsFunc(e.masks, func(m *mask) bool { return m.rep.ID == p.ID }) {
		return nil
	}
	_, err := d.mask(ctx, e, p)
	return err
}

func (d *Desk) aboutMask(e *entry, action, detail string) store.Record {
	return store.Record{
		At: d.conf.Now(), Action: action, Object: "device:" + e.device, ObjectName: e.s.DeviceName, Session: e.id.String(),
		Result: ok, Detail: detail,
	}
}

// formClosed ends a mask, unless the result of its rep's try is still to come.
func (d *Desk) formClosed(e *entry, m *mask) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.rights.Elevation; !t.underWay(d.conf.Now()) || t.order.RepId != m.rep.ID {
		d.unmask(e, m, "closed", nil)
	}
}

// unmask ends a mask, for a reason that goes into the audit log; the last one that ends
// has the picture recorded again. The entry is locked.
func (d *Desk) unmask(e *entry, m *mask, why string, told error) {
	i := slices.Index(e.masks, m)
	if i < 0 {
		return
	}
	e.masks = slices.Delete(e.masks, i, i+1)
	m.over <- told
	if len(e.masks) == 0 {
		d.conf.Recorder.Unmask(e.id)
	}
	r := d.aboutMask(e, "session.unmask", fmt.Sprintf("by=%s after=%s", why, d.conf.Now().Sub(m.since).Round(time.Second)))
	r.Actor, r.ActorName = m.rep.Actor(), m.rep.DisplayName
	ctx := context.Background()
	if _, err := d.conf.Audit.Append(ctx, r); err != nil {
		d.conf.Log.ErrorContext(ctx, "record the end of a mask", "session", e.id.String(), "error", err)
	}
}

// unmaskOf ends the masks of a rep. The entry is locked.
func (d *Desk) unmaskOf(e *entry, rep, why string) {
	for _, m := range slices.Clone(e.masks) {
		if m.rep.ID == rep {
			d.unmask(e, m, why, nil)
		}
	}
}

// unmaskLate ends the masks whose time is over. The entry is locked.
func (d *Desk) unmaskLate(e *entry, now time.Time) {
	for _, m := range slices.Clone(e.masks) {
		if now.Sub(m.since) >= maskLimit {
			d.unmask(e, m, "limit", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_EXPIRED, "the form was open for too long"))
		}
	}
}

// unmaskGone ends the masks of who is not in the session any more, and all where it does
// not go on. The entry is locked.
func (d *Desk) unmaskGone(e *entry) {
	for _, m := range slices.Clone(e.masks) {
		if !e.s.Runs() || !e.s.In(m.rep.ID) {
			d.unmask(e, m, "gone", nil)
		}
	}
}
