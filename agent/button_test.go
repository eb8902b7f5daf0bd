package agent

import (
	"bytes"
	"crypto/ed25519"
	"image"
	"image/png"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// set is a good signed set of one button, changed by edit before it is signed.
func (r *rig) set(version uint64, edit func(s *wirepb.ButtonSet)) *wirepb.SignedButtons {
	r.t.Helper()
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		r.t.Fatal(err)
	}
	pin := r.device.Pin()
	s := &wirepb.ButtonSet{DeviceSpki: pin[:], Version: version, Buttons: []*wirepb.Button{
		{Id: bytes.Repeat([]byte{1}, 16), Title: "For all", Icon: icon.Bytes(), ExpiresUnixMs: 1},
		{Id: bytes.Repeat([]byte{2}, 16), Title: "For Alice", Icon: icon.Bytes(), ExpiresUnixMs: 1, User: "alice", Form: true},
		{Id: bytes.Repeat([]byte{3}, 16), Title: "For Bob", Icon: icon.Bytes(), ExpiresUnixMs: 1, User: "bob"},
	}}
	edit(s)
	b, sig, err := wire.SignButtons(r.grantKey, s)
	if err != nil {
		r.t.Fatal(err)
	}
	return &wirepb.SignedButtons{Buttons: b, Signature: sig}
}

func (r *rig) have(s *wirepb.SignedButtons) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Buttons{Buttons: s}})
}

// laid is the last layout that the tray was told; nil: none since.
func (c *fakeChild) laid() (last *ipcpb.ButtonLayout) {
	synctest.Wait()
	for len(c.msgs) > 0 {
		if m := (<-c.msgs).(*ipcpb.ToTray).GetButtons(); m != nil {
			last = m
		}
	}
	return last
}

// buttons is the last report of buttons.
func (r *rig) buttons() (last *wirepb.ButtonReport) {
	synctest.Wait()
	for {
		select {
		case m := <-r.msgs:
			if b := m.GetButtons(); b != nil {
				last = b
			}
		default:
			return last
		}
	}
}

func titles(m *ipcpb.ButtonLayout) (all string) {
	for _, b := range m.GetButtons() {
		all += b.Title + ";"
	}
	return all
}

func TestB9_OnlyWellFormedSetsOfTheBrokerAreLaidOut(t *testing.T) {
	nothing := func(*wirepb.ButtonSet) {}
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.have(r.set(5, nothing))
		if m := tr.laid(); titles(m) != "For all;For Alice;" || m.Version != 5 {
			t.Fatalf("%v", m)
		}
		if b := r.buttons(); b.GetVersion() != 5 || b.LaidOut || b.Refused != "" {
			t.Fatalf("%v", b)
		}
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Buttons{Buttons: &ipcpb.ButtonsLaidOut{Version: 5}}})
		if b := r.buttons(); !b.GetLaidOut() {
			t.Fatalf("%v", b)
		}
		good := r.set(6, nothing)
		for name, s := range map[string]*wirepb.SignedButtons{
			"older":    r.set(4, nothing),
			"changed":  r.set(5, func(s *wirepb.ButtonSet) { s.Buttons = nil }),
			"another":  r.set(6, func(s *wirepb.ButtonSet) { s.DeviceSpki = make([]byte, 32) }),
			"forged":   {Buttons: good.Buttons, Signature: make([]byte, 64)},
			"nonsense": {Buttons: []byte{1, 2, 3}, Signature: good.Signature},
		} {
			r.have(s)
			if b := r.buttons(); b.GetRefused() == "" || b.Version != 5 {
				t.Errorf("%s: %v", name, b)
			}
			if m := tr.laid(); m != nil {
				t.Errorf("%s: laid out: %v", name, m)
			}
		}
		r.have(r.set(7, func(s *wirepb.ButtonSet) { s.Buttons = nil }))
		if m := tr.laid(); m == nil || len(m.Buttons) != 0 {
			t.Errorf("%v", m)
		}
	})
}

// A set outlasts the service, so that what is removed meanwhile is known to be old,
// and the desktop is right before there is a link.
func TestB9_ButtonsOutlastTheService(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.state, r.enrolled = state, r.grantKey.Public().(ed25519.PublicKey)
		r.start()
		<-r.tray
		r.have(r.set(5, func(*wirepb.ButtonSet) {}))
		r.end()
		next := newRig(t)
		next.device, next.grantKey, next.state, next.enrolled = r.device, r.grantKey, state, r.grantKey.Public().(ed25519.PublicKey)
		next.start()
		defer next.end()
		tr := <-next.tray
		if m := tr.laid(); titles(m) != "For all;For Alice;" {
			t.Fatalf("%v", m)
		}
		next.have(next.set(4, func(*wirepb.ButtonSet) {}))
		if b := next.buttons(); b.GetRefused() == "" {
			t.Fatalf("%v", b)
		}
	})
}

func TestB10_RequestByAButtonNeedsNoForm(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.have(r.set(5, func(*wirepb.ButtonSet) {}))
		ask := func(button, id byte) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Request{Request: &wirepb.SupportRequest{
				Id: bytes.Repeat([]byte{id}, 16), Button: bytes.Repeat([]byte{button}, 16),
			}}})
		}
		sent := func() (n int) {
			synctest.Wait()
			for {
				select {
				case m := <-r.msgs:
					if m.GetRequest() != nil {
						n++
					}
				default:
					return n
				}
			}
		}
		ask(2, 8) // its form was not filled in
		if n := sent(); n != 0 {
			t.Error("a form is left out")
		}
		ask(1, 9)
		if n := sent(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestK_B11_TheServiceRemembersWhoseDesktopsItUsed, so that a removal finds them; a client
// of one session takes no buttons at all.
func TestK_B11_TheServiceRemembersWhoseDesktopsItUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.elevated, r.state = true, filepath.Join(t.TempDir(), "state")
		r.start()
		r.have(r.set(1, func(*wirepb.ButtonSet) {}))
		if b := r.buttons(); b == nil || b.Refused != "" {
			t.Fatalf("%v", b)
		}
		r.end()
		var m memory
		if err := m.open(r.state); err != nil {
			t.Fatal(err)
		}
		if d := m.kept.Desktops; len(d) != 1 || d[0].User != "alice" || d[0].Home == "" {
			t.Errorf("remembered %v", d)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.only = wire.SessionID{1}
		r.start()
		defer r.end()
		r.have(r.set(1, func(*wirepb.ButtonSet) {}))
		if b := r.buttons(); b.GetRefused() != errButtonsAdhoc.Error() {
			t.Errorf("%v", b)
		}
	})
}
