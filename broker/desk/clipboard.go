package desk

import (
	"context"
	"fmt"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// copied records that text went over the clipboard, or was refused, as the endpoint says
// it: who, which way and how much. What it was the broker never sees.
func (d *Desk) copied(ctx context.Context, e *entry, dev store.Device, u *wirepb.ClipboardUsed) {
	way := "from_endpoint"
	if u.ToEndpoint {
		way = "to_endpoint"
	}
	e.mu.Lock()
	r := store.Record{
		At: d.conf.Now(), Action: "session.clipboard", Object: "device:" + e.device, ObjectName: e.s.DeviceName, Session: e.id.String(),
		Detail: fmt.Sprintf("direction=%s bytes=%d", way, u.Bytes), Result: ok, Actor: "device:" + dev.ID, ActorName: dev.Hostname,
	}
	if rep, in := inSession(e.s, u.RepId); in {
		r.Actor, r.ActorName = "rep:"+rep.ID, rep.Name
		if g, is := e.guests[rep.ID]; is {
			r.Actor = "guest:" + g.ID
		}
	}
	e.mu.Unlock()
	if u.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(u.Code)
	}
	if _, err := d.conf.Audit.Append(ctx, r); err != nil {
		d.conf.Log.ErrorContext(ctx, "record clipboard", "session", e.id.String(), "error", err)
	}
}

func inSession(s support.Session, id string) (support.Rep, bool) {
	if id != "" && s.Rep.ID == id {
		return s.Rep, true
	}
	for _, p := range s.Participants {
		if p.ID == id {
			return p.Rep, true
		}
	}
	return support.Rep{}, false
}

// MayCopy says whether p may use the clipboard of a session; which way is for its
// permissions. The error is the reason why not.
func MayCopy(p account.Principal, s Session) error {
	if err := mayWhileActive(p, policy.UseClipboard, s); err != nil {
		return err
	}
	for _, q := range s.Permissions {
		if q == wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT || q == wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT {
			return nil
		}
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the settings of this device do not share the clipboard")
}
