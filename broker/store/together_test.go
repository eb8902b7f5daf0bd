package store

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// A broker that starts again knows who is in a session and who is invited.
func TestO20_InvitationsAndParticipantsAreKept(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	at := time.UnixMilli(1_000)
	want := support.Session{
		ID: wire.SessionID{1}, Device: "d", Rep: support.Rep{ID: "r", Name: "Rob"}, Phase: support.Active, StartedAt: at, JoinedAt: at,
		Participants: []support.Participant{{Rep: support.Rep{ID: "q", Name: "Ria"}, JoinedAt: at}, {Rep: support.Rep{ID: "x", Name: "Guest"}, External: true, JoinedAt: at}},
		Control:      "q", Taken: []string{"i0"}, FirstQueue: "q1", LastQueue: "q2", OwnerLostAt: at,
		Invitations: []support.Invitation{
			{ID: "i2", Team: "t", ToName: "Team", Issue: "printer", From: support.Rep{ID: "r", Name: "Rob"}, SentAt: at, Declined: []string{"a", "b"}},
			{ID: "i1", To: "z", ToName: "Zoe", Transfer: true, From: support.Rep{ID: "r", Name: "Rob"}, SentAt: at},
		},
	}
	want.Invitations[1].Declined = []string{}
	if err := s.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(
			tx.AddAccount(Account{ID: "r", Name: "rob"}), tx.AddToken(Token{ID: "k", Hash: "h", Uses: 1}),
			tx.AddDevice(Device{ID: "d", Pin: "p", Token: "k"}), tx.AddSession(want), tx.PutTogether(want), tx.SeeOwner(want.ID, "r"),
		)
	}); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		got, err := s.Session(t.Context(), want.ID)
		if err != nil || !reflect.DeepEqual(got.Participants, want.Participants) || !reflect.DeepEqual(got.Invitations, want.Invitations) ||
			!reflect.DeepEqual(got.Taken, want.Taken) || got.Control != want.Control || got.FirstQueue != want.FirstQueue ||
			got.LastQueue != want.LastQueue || !got.OwnerLostAt.Equal(at) || !got.JoinedAt.Equal(at) {
			t.Fatalf("%v\n%+v\n%+v", err, got, want)
		}
		open, err := s.OpenSessions(t.Context())
		if err != nil || len(open) != 1 || !reflect.DeepEqual(open[0], got) {
			t.Fatalf("%v, %v", open, err)
		}
	}
	check()
	want.Participants, want.Invitations, want.Control = want.Participants[1:], want.Invitations[:1], ""
	if err := s.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.PutSession(want), tx.PutTogether(want)) }); err != nil {
		t.Fatal(err)
	}
	check()
	if seen, err := s.SeenOwner(t.Context(), want.ID); err != nil || seen != "r" {
		t.Fatal(seen, err)
	}
}
