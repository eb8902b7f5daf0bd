package policy

import "testing"

func TestCan(t *testing.T) {
	none, rep, admin := Principal{}, Principal{Rep: "r"}, Principal{Rep: "a", Admin: true}
	own, other := Object{Owner: "r"}, Object{Owner: "x"}
	allowed := map[Action]struct{ own, other, admin bool }{
		ListDevices:      {true, true, true},
		RevokeDevice:     {false, false, true},
		CreateToken:      {false, false, true},
		StartSession:     {true, true, true},
		SeeSession:       {true, true, true},
		AttachSession:    {true, false, false},
		EndSession:       {true, false, false},
		TerminateSession: {false, false, true},
		Chat:             {true, false, false},
		ReadAudit:        {true, true, true},
		"made.up":        {false, false, false},
	}
	for _, a := range append(Actions(), "made.up") {
		want, ok := allowed[a]
		if !ok {
			t.Errorf("%s has no row", a)
		}
		for _, c := range []struct {
			who  string
			p    Principal
			o    Object
			want bool
		}{
			{"nobody", none, own, false},
			{"nobody", Principal{Admin: true}, own, false},
			{"owner", rep, own, want.own},
			{"rep", rep, other, want.other},
			{"admin", admin, other, want.admin},
		} {
			if got := Can(c.p, a, c.o) == nil; got != c.want {
				t.Errorf("%s %s: %v, want %v", c.who, a, got, c.want)
			}
		}
	}
}
