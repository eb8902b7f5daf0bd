package mail

import (
	"log/slog"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/support"
)

// TestR6_WhatCameBeforeAnybodyWasToBeToldIsNoNews: neither what waited when the notifier
// began, nor what came while nobody was to be told, whatever becomes of it.
func TestR6_WhatCameBeforeAnybodyWasToBeToldIsNoNews(t *testing.T) {
	v := newServer(t, false)
	s, db := post(t, v)
	n, err := NewNotifier(t.Context(), NotifierConfig{
		Sender: s, Store: db, Hub: live.New(), Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now,
		Requests: func() string { return "https://broker.example/requests" }, Organisation: func() string { return "Example" },
	})
	if err != nil {
		t.Fatal(err)
	}
	early := store.Request{ID: "1", Name: "Early", DeviceName: "ws-1", State: support.WishPending}
	n.changed(t.Context(), early)
	set, p := v.settings(STARTTLS), password
	set.Notify = []string{"a@example.com", "b@example.com"}
	if _, err := s.Save(t.Context(), ada, set, &p); err != nil {
		t.Fatal(err)
	}
	early.Reason = "again"
	n.changed(t.Context(), early)
	if len(s.queue) != 0 {
		t.Errorf("mailed: %+v", <-s.queue)
	}
	n.changed(t.Context(), store.Request{ID: "2", Name: "Late", DeviceName: "ws-1", State: support.WishPending})
	for _, to := range set.Notify {
		if m := <-s.queue; m.To != to || m.Subject != "Support request: ws-1, Late" {
			t.Errorf("mailed: %+v, want it to %s", m, to)
		}
	}
}
