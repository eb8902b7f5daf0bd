package helper_test

import (
	"image"
	"testing"

	"github.com/alongside-remote/alongside/input/inputtest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ctrl is the left control key.
const ctrl = 0xE0

func (v *watcher) input(events ...wire.Input) {
	v.s.t.Helper()
	if err := v.Input(events...); err != nil {
		v.s.t.Fatal(err)
	}
}

func move(x, y uint16) wire.Input { return wire.Input{Kind: wire.InputMotion, X: x, Y: y} }

func TestTypedTextArrives(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", true)
	v := start(t, d.Server.Display).look(1, true)
	v.reason(wirepb.Reason_REASON_OK)
	v.input(wire.Input{Kind: wire.InputText, Text: "Grüße"})
	inputtest.WaitText(t, d, "Grüße")
}

func TestE9_ViewOnlyInputIsDroppedAndCounted(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	v := s.look(1, false)
	before := d.Pointer()
	v.input(move(10, 20), move(11, 21), inputtest.Press(ctrl, ""))
	got := await(s, (*ipcpb.FromHelper).GetDropped)
	if got.ViewOnly != 3 || got.PromptOpen != 0 {
		t.Errorf("dropped %v", got)
	}
	if p := d.Pointer(); p != before || d.Down() != 0 {
		t.Errorf("pointer at %v, was %v; %d keys down", p, before, d.Down())
	}
}

func TestD12_NothingIsInjectedWhileAPromptIsOpen(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	v := s.look(1, true)
	v.input(move(10, 20), inputtest.Press(ctrl, ""))
	inputtest.Wait(t, func() bool { return d.Pointer() == image.Pt(10, 20) && d.Down() == 1 })
	s.suspend(false, true)
	inputtest.WaitUp(t, d) // the control key was let go
	await(s, (*ipcpb.FromHelper).GetQuiet)
	v.input(move(30, 40))
	if got := await(s, (*ipcpb.FromHelper).GetDropped); got.PromptOpen != 1 {
		t.Errorf("dropped %v", got)
	}
	if p := d.Pointer(); p != image.Pt(10, 20) {
		t.Errorf("pointer moved to %v", p)
	}
	s.suspend(false, false)
	v.input(move(50, 60))
	inputtest.Wait(t, func() bool { return d.Pointer() == image.Pt(50, 60) })
}

func (s *service) pass(viewer uint32, token bool) {
	s.t.Helper()
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Control{Control: &ipcpb.Control{Viewer: viewer, Token: token}}}); err != nil {
		s.t.Fatal(err)
	}
}

// told waits for a state that says whether the viewer controls.
func (v *watcher) told(control bool) {
	v.s.t.Helper()
	for v.reason(wirepb.Reason_REASON_OK).Control != control {
	}
}

func TestQ12_OnlyTheHolderOfTheTokenTypes(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	ada, ben := s.look(1, true), s.lookAs(2, true, false)
	ada.told(true)
	ben.told(false)
	ada.input(move(10, 20), inputtest.Press(ctrl, ""), wire.Input{Kind: wire.InputButton, X: 10, Y: 20, Down: true})
	inputtest.Wait(t, func() bool { return d.Pointer() == image.Pt(10, 20) && d.Down() == 2 })
	ben.input(move(30, 40), inputtest.Press(ctrl, ""), wire.Input{Kind: wire.InputReleaseAll})
	if got := await(s, (*ipcpb.FromHelper).GetDropped); got.Viewer != 2 || got.NoToken != 3 || got.ViewOnly+got.PromptOpen != 0 {
		t.Errorf("dropped %v", got)
	}
	if p := d.Pointer(); p != image.Pt(10, 20) || d.Down() != 2 {
		t.Errorf("pointer at %v, %d down", p, d.Down())
	}
	// What the loser holds goes up at once, and both see who controls now.
	s.pass(1, false)
	s.pass(2, true)
	inputtest.WaitUp(t, d)
	ada.told(false)
	ben.told(true)
	ben.input(move(50, 60), inputtest.Press(ctrl, ""))
	inputtest.Wait(t, func() bool { return d.Pointer() == image.Pt(50, 60) && d.Down() == 1 })
	ada.input(move(70, 80))
	// Who only looks takes nobody's keys along.
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: 1}}}); err != nil {
		t.Fatal(err)
	}
	var refused uint64
	for last := false; !last; {
		got := await(s, (*ipcpb.FromHelper).GetDropped)
		refused, last = refused+got.NoToken, got.Last
	}
	if n := d.Down(); refused != 1 || n != 1 || d.Pointer() != image.Pt(50, 60) {
		t.Errorf("%d events refused, %d down, pointer at %v", refused, n, d.Pointer())
	}
}

func TestKeysAreReleasedWhenTheViewCloses(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	v := s.look(1, true)
	v.input(move(5, 5), inputtest.Press(ctrl, ""), wire.Input{Kind: wire.InputButton, X: 5, Y: 5, Down: true})
	inputtest.Wait(t, func() bool { return d.Down() == 2 })
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: 1}}}); err != nil {
		t.Fatal(err)
	}
	inputtest.WaitUp(t, d)
}

func TestKeysAreReleasedWhenThePipeCloses(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	v := s.look(1, true)
	v.input(move(5, 5), inputtest.Press(ctrl, ""))
	inputtest.Wait(t, func() bool { return d.Down() == 1 })
	s.end()
	if n := d.Down(); n != 0 {
		t.Errorf("%d keys down after the helper ended", n)
	}
}

func TestMalformedInputEndsTheView(t *testing.T) {
	d := inputtest.NewXDesk(t, "us", false)
	s := start(t, d.Server.Display)
	v := s.look(1, true)
	v.reason(wirepb.Reason_REASON_OK)
	bad := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaInput}, Payload: []byte{99}})
	if err := s.conn.SendMedia(1, bad); err != nil {
		t.Fatal(err)
	}
	before := d.Pointer()
	v.input(move(30, 40)) // of a view that is gone
	s.end()
	if p := d.Pointer(); p != before {
		t.Errorf("pointer moved to %v", p)
	}
}
