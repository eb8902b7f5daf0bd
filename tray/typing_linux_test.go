package tray_test

import (
	"image"
	"slices"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// What is drawn in the open window was shown; what comes while it is closed was not,
// until it is opened again. Typing is told while there is something written.
func TestO17_WhatThePersonSeesAndThatTheyWrite(t *testing.T) {
	s := startChat(t, true)
	say := func(seq uint64, text string) {
		s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Chat{Chat: &wirepb.Chat{Session: []byte("session"), Seq: seq, From: "Anna", Text: text, AtUnixMs: time.Now().UnixMilli()}}})
	}
	shown := func(want ...uint64) {
		t.Helper()
		m := s.until("ChatShown", func(m *ipcpb.FromTray) bool { return m.GetChatShown() != nil }).GetChatShown()
		if !slices.Equal(m.Seq, want) || string(m.Session) != "session" {
			t.Fatalf("%v, want %v", m, want)
		}
	}
	types := func(want bool) {
		t.Helper()
		for {
			if m := s.next(); m.GetChatTyping() != nil {
				if m.GetChatTyping().Typing == want {
					return
				}
			} else if m.GetBannerShown() == nil {
				t.Fatalf("%v, want typing=%t", m, want)
			}
		}
	}
	say(1, "Are you there?")
	shown(1)
	id := s.d.Window(t, chat.Title)
	s.click(id)
	s.paused()
	s.ready(id, true)
	s.d.Xdotool(t, "type", "--delay", "20", "Y")
	types(true)
	s.d.Key(t, "BackSpace")
	types(false)
	s.d.Xdotool(t, "type", "--delay", "20", "Yes")
	types(true)
	s.d.Key(t, "Return")
	s.wantSaid("Yes")
	// A rep who writes is named until their message comes.
	r := s.d.Place(id)
	foot := image.Rect(r.Min.X, r.Max.Y-24, r.Max.X, r.Max.Y-2)
	before := part(s.d.Screen(t, "chat-nobody-types"), foot)
	typing := func(now bool) {
		s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: []byte("session"), From: "Anna", Typing: now}}})
	}
	again := func() string { typing(true); return part(s.d.Screen(t, "chat-types"), foot) }
	desktest.Until(t, "the rep who writes", func() bool { return again() != before })
	say(2, "Good.")
	shown(2)
	desktest.Until(t, "nobody to write", func() bool { return part(s.d.Screen(t, "chat-types-no-more"), foot) == before })
	s.d.Key(t, "Escape")
	s.d.Gone(t, chat.Title)
	s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil && !m.GetPrompt().Open })
	closed := s.d.Place(s.d.Window(t, bannerTitle))
	say(3, "Hello?")
	desktest.Until(t, "the banner to count", func() bool { return s.d.Place(s.d.Window(t, bannerTitle)).Dx() > closed.Dx() })
	b := s.d.Place(s.d.Window(t, bannerTitle))
	s.d.Click(t, image.Pt(b.Max.X-130, b.Min.Y+21))
	// A window that is opened anew says of all of them that they are seen; the service knows.
	// That the window is open may be told before or after it.
	var m *wirepb.ChatReceipt
	for m == nil {
		m = s.until("ChatShown", func(m *ipcpb.FromTray) bool { return m.GetChatShown() != nil || m.GetPrompt().GetOpen() }).GetChatShown()
	}
	if !slices.Contains(m.Seq, 3) {
		t.Fatalf("%v", m)
	}
}
