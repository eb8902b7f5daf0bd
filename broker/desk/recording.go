package desk

import (
	"context"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Recorder keeps recordings of sessions; package recording is it. No call
// may block or call the desk: what becomes of the recording is said with
// Desk.Recording, from another goroutine.
type Recorder interface {
	// Begin starts the recording of a session that has its Yes, or goes on with it
	// after a restart of the broker. An error means that nothing is being written.
	Begin(s support.Session) error
	// End closes the recording of a session that is over.
	End(id wire.SessionID)
	// Mask keeps the picture out of a session's recording until Unmask; when it
	// returns, nothing of later is written. Why stands beside the gap.
	Mask(id wire.SessionID, why string)
	Unmask(id wire.SessionID)
}

// record begins the recording where the session is to have one. The entry is
// locked, or not known to anybody yet.
func (d *Desk) record(e *entry) {
	if !e.s.Recorded {
		return
	}
	err := errNoRecorder
	if d.conf.Recorder != nil {
		err = d.conf.Recorder.Begin(e.s)
	}
	d.kept(e, err)
}

func (d *Desk) unrecord(e *entry) {
	if e.s.Recorded && d.conf.Recorder != nil && !e.s.ConsentAt.IsZero() {
		d.conf.Recorder.End(e.id)
	}
}

var errNoRecorder = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE, "this broker keeps no recordings")

// Recording says whether the recording of a session is being written: nil when it
// is, else why not. A session that must be recorded loses its viewers at once and
// gets none until it is.
func (d *Desk) Recording(id wire.SessionID, why error) {
	e := d.find(id)
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.s.Runs() && why != nil {
		return // nobody looks, so there is nothing to record
	}
	if e.s.Recorded && !e.s.Phase.Final() && (e.unkept == nil) != (why == nil) {
		d.kept(e, why)
		d.conf.Hub.Publish(live.Change{Session: id})
	}
}

// kept notes how the recording stands, in the audit log where it changes for the
// worse or is well again.
func (d *Desk) kept(e *entry, why error) {
	well := e.unkept == nil
	e.unkept = why
	if why == nil && well {
		return
	}
	r := store.Record{
		At: d.conf.Now(), Actor: system, Action: "session.recording", Object: "device:" + e.device, ObjectName: e.s.DeviceName,
		Result: ok, Session: e.id.String(),
	}
	if why != nil {
		r.Result, r.Detail = wire.CodeName(wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE), why.Error()
	}
	ctx := context.Background()
	if _, err := d.conf.Audit.Append(ctx, r); err != nil {
		d.conf.Log.ErrorContext(ctx, "recording not noted", "session", e.id.String(), "error", err)
	}
	if why != nil && d.mustRecord(ctx, e) {
		d.conf.Relay.DetachViewers(e.id, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE, "nothing can be recorded now"))
	}
}

// mustRecord: no recording, no picture. Where it cannot be told, it must.
func (d *Desk) mustRecord(ctx context.Context, e *entry) bool {
	dev, err := d.conf.Store.Device(ctx, e.device)
	return err != nil || d.conf.Policy.Settings(dev).Recording == policy.RecordingRequired
}

// Attach gives a rep who is in a session a ticket for a viewer. A rep who goes
// meanwhile gets none, or one that is worth nothing.
func (d *Desk) Attach(ctx context.Context, p account.Principal, id wire.SessionID) (account.Secret, error) {
	e := d.find(id)
	if e == nil {
		return "", wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := policy.Can(p.Policy(), policy.AttachSession, About(e.s)); err != nil {
		return "", err
	}
	if err := d.watchable(ctx, e, p.ID); err != nil {
		return "", err
	}
	return d.conf.Relay.Ticket(id, p)
}

// watchable says whether a rep may be shown a session's screen now.
func (d *Desk) watchable(ctx context.Context, e *entry, rep string) error {
	switch {
	case e.s.ChatOnly():
		return notInMode()
	case e.s.Phase == support.Held && !e.s.Attends(rep):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
	case !e.s.Runs():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	case !e.s.LostAt.IsZero() || !e.missing.IsZero():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost; it is being resumed")
	case e.unkept != nil && d.mustRecord(ctx, e):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE, "the session must be recorded, and nothing can be written now")
	}
	return nil
}
