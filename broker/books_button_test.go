package broker

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/transport"
)

func TestB7_InstallerByTheCommandLine(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	n.team(ada, "Night", ada.id(t))
	ada.object(t, buttonProfile("Shops", &apipb.ButtonProfile{Title: "Get help", MaxDays: 30}))
	books, err := OpenBooks(t.Context(), n.data, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := books.Close(); err != nil {
			t.Error(err)
		}
	})
	var field *account.FieldError
	if _, err := books.WithButton(t.Context(), fleet.NewToken{}, InstallerButton{Profile: "None"}); !errors.As(err, &field) || field.Field != "profile" {
		t.Error(err)
	}
	if _, err := books.WithButton(t.Context(), fleet.NewToken{}, InstallerButton{Profile: "Shops", Queue: "None"}); err == nil {
		t.Error("a queue that is not there")
	}
	token, err := books.WithButton(t.Context(), fleet.NewToken{}, InstallerButton{Profile: "Shops", Queue: "Night queue", Description: "front desk"})
	if err != nil {
		t.Fatal(err)
	}
	content, _, err := books.CreateEnrollment(t.Context(), token, "127.0.0.1:1", "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := transport.ParseBundle(content, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a := n.agent()
	if e := a.tryEnroll(b.Token); e.GetEnrolled() == nil {
		t.Fatalf("%v", e)
	}
	a.connect()
	if got := a.set(1).Buttons[0]; got.Title != "Get help" || time.UnixMilli(got.ExpiresUnixMs).Sub(n.now()).Round(time.Hour) != 30*24*time.Hour {
		t.Fatalf("%v", got)
	}
}
