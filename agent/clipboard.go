package agent

import (
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// exchange is what a viewer may do with the clipboard. Runs on the loop, as all of this
// file but the router's methods.
func (a *agent) exchange(s *session, v *viewer) *ipcpb.Exchange {
	at := s.attached[v.id]
	return &ipcpb.Exchange{
		Viewer:       v.id,
		ClipboardIn:  !v.record && s.exchanges(at, wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT),
		ClipboardOut: !v.record && s.exchanges(at, wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT),
	}
}

// tellExchange tells the helper what its viewers may do now. The router obeys first.
func (a *agent) tellExchange() {
	s := a.session
	if s == nil || s.phase != phaseActive {
		return
	}
	for _, v := range a.router.all() {
		if x := a.exchange(s, v); a.router.exchange(v, x) {
			a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Exchange{Exchange: x}})
		}
	}
}

// clipboardUsed tells the broker what its audit log is to have: never the text.
func (a *agent) clipboardUsed(u *ipcpb.ClipboardUsed) {
	s := a.session
	if s == nil {
		return
	}
	rep := s.attached[u.Viewer].rep
	s.log.Info("clipboard", "by", rep, "to_endpoint", u.ToEndpoint, "bytes", u.Bytes, "code", wire.CodeName(u.Code))
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Clipboard{Clipboard: &wirepb.ClipboardUsed{
		Session: s.id[:], RepId: rep, ToEndpoint: u.ToEndpoint, Bytes: u.Bytes, Code: u.Code,
	}}})
}

// exchange remembers what a viewer may do, and says whether that is new.
func (r *router) exchange(v *viewer, x *ipcpb.Exchange) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := v.clipIn != x.ClipboardIn || v.clipOut != x.ClipboardOut
	v.clipIn, v.clipOut = x.ClipboardIn, x.ClipboardOut
	return was
}

// exchanges says whether what a viewer sends about the clipboard may reach the helper.
func (r *router) exchanges(v *viewer, k wire.MediaKind) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isOpen && (v.clipIn || v.clipOut && k == wire.MediaClipboardNote)
}

// leaves says whether a message of the helper's may leave for a viewer: what was copied
// only where that viewer may have it. The router is locked.
func (r *router) leaves(v *viewer, k wire.MediaKind) bool {
	return k != wire.MediaClipboard || r.isOpen && v.clipOut
}
