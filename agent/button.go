package agent

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of a set of buttons beside those of wire.VerifyButtons.
var (
	errButtonsOlder   = errors.New("set of buttons is older than one that was taken")
	errButtonsChanged = errors.New("set of buttons says something else under the same version")
	// Nothing of it would be there to be used, or to take a button away again.
	errButtonsAdhoc = errors.New("the client of one session has no buttons")
)

// buttons is what the broker says of the device's Support Buttons, and what became of
// it on the desktop in front. It belongs to the loop. Whether a button still counts
// is the broker's: here it is only laid out, and its use passed on.
type buttons struct {
	set     *wirepb.ButtonSet // nil: there never was one
	refused string            // why the last was refused
	laid    bool              // the desktop in front is as the set says
	problem string            // why it is not
}

// loadButtons takes up the set of before the service ended. One that does not verify
// is none: the next link brings another.
func (a *agent) loadButtons() {
	s := a.memory.kept.Buttons
	if s == nil {
		return
	}
	set, err := wire.VerifyButtons(a.GrantKey, a.Identity.Pin(), s.Buttons, s.Signature)
	if err != nil {
		a.Log.Warn("remembered buttons", "err", err)
		return
	}
	a.buttons.set = set
}

// tookButtons takes a set of the broker's, lays it out and reports.
func (a *agent) tookButtons(s *wirepb.SignedButtons) {
	set, err := a.checkButtons(s)
	a.buttons.refused = ""
	if err != nil {
		a.Log.Warn("buttons refused", "err", err)
		a.buttons.refused = err.Error()
		a.reportButtons()
		return
	}
	if !proto.Equal(set, a.buttons.set) {
		if err := a.memory.keepButtons(s); err != nil {
			a.Log.Error("buttons count until the service ends", "err", err)
		}
		a.Log.Info("buttons", "version", set.Version, "count", len(set.Buttons))
		a.buttons.laid, a.buttons.problem = false, ""
	}
	a.buttons.set = set
	a.layOut()
	a.reportButtons()
}

func (a *agent) checkButtons(s *wirepb.SignedButtons) (*wirepb.ButtonSet, error) {
	if a.isAdhoc() {
		return nil, errButtonsAdhoc
	}
	set, err := wire.VerifyButtons(a.GrantKey, a.Identity.Pin(), s.Buttons, s.Signature)
	if err != nil {
		return nil, err
	}
	switch last := a.buttons.set; {
	case last == nil:
	case set.Version < last.Version:
		return nil, fmt.Errorf("%w: version %d after %d", errButtonsOlder, set.Version, last.Version)
	case set.Version == last.Version && !proto.Equal(set, last):
		return nil, fmt.Errorf("%w: %d", errButtonsChanged, set.Version)
	}
	return set, nil
}

// layOut tells the tray which buttons its user has: files on a user's desktop are
// made by the user's own process alone.
func (a *agent) layOut() {
	if a.buttons.set == nil || !a.tray.ready || a.Handed != nil { // the user's service does, when it is back
		return
	}
	m := &ipcpb.ButtonLayout{Version: a.buttons.set.Version, Endpoint: a.Endpoint}
	for _, b := range a.buttons.set.Buttons {
		if b.User == "" || b.User == a.front.User {
			m.Buttons = append(m.Buttons, b)
		}
	}
	if len(m.Buttons) > 0 {
		a.keepDesktop()
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Buttons{Buttons: m}})
}

// laidOut is what the tray says of it.
func (a *agent) laidOut(m *ipcpb.ButtonsLaidOut) {
	if a.buttons.set == nil || m.Version != a.buttons.set.Version {
		return
	}
	a.buttons.laid, a.buttons.problem = m.Problem == "", m.Problem
	a.reportButtons()
}

// reportButtons tells the broker what is laid out now.
func (a *agent) reportButtons() {
	if a.link == nil || a.buttons.set == nil && a.buttons.refused == "" {
		return
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Buttons{Buttons: &wirepb.ButtonReport{
		Version: a.buttons.set.GetVersion(), Refused: a.buttons.refused, Problem: a.buttons.problem, LaidOut: a.buttons.laid,
	}}})
}

// pressed passes on that the user has used a button. One that is not known here may
// be a copy of one that was removed: the broker says so, and the tray in words.
func (a *agent) pressed(id []byte) error {
	if len(id) != wire.SessionIDSize {
		return fmt.Errorf("button: %w: an id has %d bytes", ipc.ErrMalformed, wire.SessionIDSize)
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Press{Press: &ipcpb.ButtonPress{Id: id}}})
	return nil
}

// formless reports whether a request came by a button that asks for no form.
func (a *agent) formless(r *wirepb.SupportRequest) bool {
	if len(r.Button) == 0 {
		return false
	}
	for _, b := range a.buttons.set.GetButtons() {
		if string(b.Id) == string(r.Button) {
			return !b.Form
		}
	}
	return true // of the broker's, to refuse
}
