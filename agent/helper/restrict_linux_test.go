package helper_test

import (
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/x11"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (s *service) restrict(m *ipcpb.Restrict) {
	s.t.Helper()
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Restrict{Restrict: m}}); err != nil {
		s.t.Fatal(err)
	}
}

// restricted waits for the answer to a wish, and for nothing that was said before it.
func (s *service) restricted(serial uint32) *ipcpb.Restricted {
	s.t.Helper()
	return await(s, func(m *ipcpb.FromHelper) *ipcpb.Restricted {
		if r := m.GetRestricted(); r.GetSerial() == serial {
			return r
		}
		return nil
	})
}

// floating lists how many devices of the person's are held.
func floating(t *testing.T, display string) (n int) {
	t.Helper()
	c, err := x11.Open(t.Context(), x11.Target{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	i, err := c.Devices()
	if err != nil {
		t.Fatal(err)
	}
	all, err := i.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Name != "Virtual core pointer" && d.Name != "Virtual core keyboard" && !d.Attached() {
			n++
		}
	}
	return n
}

// The helper says what it holds, goes on saying so, holds nothing again in a session whose
// person took control back, and gives everything back when its pipe ends.
func TestX15_WhatIsHeldIsSaidUntilItIsTakenBack(t *testing.T) {
	x, person := x11test.StartSeat(t, "640x480")
	s := start(t, x.Display)
	s.restrict(&ipcpb.Restrict{Serial: 1, Input: true, Session: []byte("one")})
	for range 3 {
		if r := s.restricted(1); !r.Input || r.Code != 0 || r.TakenBack {
			t.Fatalf("holds %v", r)
		}
	}
	if n := floating(t, x.Display); n != 2 {
		t.Errorf("%d devices are held", n)
	}
	person.Press(x11test.KeyControl, x11test.KeyAlt, x11test.KeyDelete)
	for {
		r := s.restricted(1)
		if r.TakenBack && !r.Input {
			break
		}
	}
	if n := floating(t, x.Display); n != 0 {
		t.Errorf("%d devices are held when it is told", n)
	}
	s.restrict(&ipcpb.Restrict{Serial: 2, Input: true, Session: []byte("one")})
	if r := s.restricted(2); !r.TakenBack || r.Input {
		t.Errorf("again: %v", r)
	}
	s.restrict(&ipcpb.Restrict{Serial: 3, Input: true, Session: []byte("two")})
	if r := s.restricted(3); r.TakenBack || !r.Input {
		t.Errorf("another session: %v", r)
	}
	s.end()
	if n := floating(t, x.Display); n != 0 {
		t.Errorf("%d devices are held at the end", n)
	}
}

// What cannot be held is said before the helper is asked, and when it is.
func TestX15_WhatCannotBeHeldIsSaid(t *testing.T) {
	x := x11test.Start(t, "640x480x24", "-extension", "RANDR")
	s := start(t, x.Display)
	s.restrict(&ipcpb.Restrict{Serial: 1, Screen: true})
	if told := <-s.can; told.Input != 0 || told.Screen != wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE {
		t.Errorf("told %v", told)
	}
	if r := s.restricted(1); r.Screen || r.Code != wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE {
		t.Errorf("holds %v", r)
	}
}
