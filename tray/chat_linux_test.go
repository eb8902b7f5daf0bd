package tray_test

import (
	"fmt"
	"image"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/internal/desktest"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// chatter is a tray with a chat, and the person in front of it.
type chatter struct {
	*service
	d *desktest.Desktop
}

func startChat(t *testing.T, manager bool) chatter {
	d := desktest.Start(t, manager)
	s := chatter{startOn(t, d.Display), d}
	s.status(func(*ipcpb.TrayStatus) {})
	s.send(banner(true, 0))
	s.wantShown()
	return s
}

func (s chatter) said(from, text string) {
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Chat{Chat: &wirepb.Chat{Session: []byte("session"), From: from, Text: text, AtUnixMs: time.Now().UnixMilli()}}})
}

// paused expects that the person begins to write, and says that input is suspended.
func (s chatter) paused() {
	s.t.Helper()
	m := s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil })
	if !m.GetPrompt().Open {
		s.t.Fatalf("%v, want open", m)
	}
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Quiet{Quiet: &ipcpb.Quiet{Serial: m.GetPrompt().Serial}}})
}

// until skips news of the banner, which is redrawn when it says something new.
func (s chatter) until(what string, is func(*ipcpb.FromTray) bool) *ipcpb.FromTray {
	s.t.Helper()
	for {
		m := s.next()
		if is(m) {
			return m
		}
		if m.GetBannerShown() == nil && m.GetChatTyping() == nil {
			s.t.Fatalf("%v, want %s", m, what)
		}
	}
}

func (s chatter) wantSaid(text string) {
	s.t.Helper()
	if m := s.until("Chat", func(m *ipcpb.FromTray) bool { return m.GetChat() != nil }); m.GetChat().Text != text || string(m.GetChat().Session) != "session" {
		s.t.Fatalf("%v, want %q", m, text)
	}
}

// ready waits until the entry has a cursor: it takes keys.
func (s chatter) ready(id string, is bool) {
	s.t.Helper()
	desktest.Until(s.t, fmt.Sprint("the entry to take keys: ", is), func() bool {
		r := s.d.Place(id)
		img := s.d.Screen(s.t, "chat-entry")
		// The ring around an entry that takes keys.
		at := image.Pt(r.Min.X+100, r.Max.Y-78+16)
		for y := at.Y; y < at.Y+4; y++ {
			if c := img.RGBAAt(at.X, y); c.R == 0x0b && c.G == 0x6b && c.B == 0x6b {
				return is
			}
		}
		return !is
	})
}

func (s chatter) click(id string) {
	r := s.d.Place(id)
	s.d.Click(s.t, image.Pt(r.Min.X+100, r.Max.Y-50))
}

// The first message opens the window, which takes nobody's keyboard away; what the
// person writes goes to the service with Enter.
func TestC6_ChatOpensWithTheFirstMessageAndAnswers(t *testing.T) {
	for _, manager := range []bool{true, false} {
		t.Run("manager="+strconv.FormatBool(manager), func(t *testing.T) {
			s := startChat(t, manager)
			if manager {
				s.d.Program(t, "xterm", "-T", "typing", "-geometry", "40x10+100+300")
				s.d.Focused(t, s.d.Window(t, "typing"))
			}
			s.said("Anna Nováková", "Hello! I can see the dialog now.")
			id := s.d.Window(t, chat.Title)
			if manager {
				s.d.Focused(t, s.d.Window(t, "typing"))
			}
			s.silent()
			s.click(id)
			s.paused()
			s.ready(id, true)
			s.d.Xdotool(t, "type", "--delay", "20", "It is the second one")
			s.d.Key(t, "Return")
			s.wantSaid("It is the second one")
			// The service shows it as said; another click sends, too.
			s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Chat{Chat: &wirepb.Chat{
				Session: []byte("session"), From: "me", FromCustomer: true, Text: "It is the second one", AtUnixMs: time.Now().UnixMilli(),
			}}})
			s.said("Ben", "Thank you. Please do not close it: https://example.com/help?id=1 has more,\nand I look at the log meanwhile.")
			s.d.Xdotool(t, "type", "--delay", "20", "Fine")
			r := s.d.Place(id)
			desktest.Until(t, "the text in the entry", func() bool { s.d.Screen(t, "chat-"+strconv.FormatBool(manager)); return true })
			s.d.Click(t, image.Pt(r.Max.X-40, r.Max.Y-45))
			s.wantSaid("Fine")
			// It goes with its session, and remote input goes on.
			s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
			s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil && !m.GetPrompt().Open })
			s.d.Gone(t, chat.Title)
		})
	}
}

// D12: nothing that is typed before the service says that nothing is injected any
// more is the person's, not even what came in one go with the click.
func TestD12_KeysFromBeforeInputIsSuspendedSayNothing(t *testing.T) {
	s := startChat(t, true)
	s.said("Anna", "Do you agree?")
	id := s.d.Window(t, chat.Title)
	r := s.d.Place(id)
	s.d.Xdotool(t, "mousemove", strconv.Itoa(r.Min.X+100), strconv.Itoa(r.Max.Y-50), "click", "1", "type", "--delay", "1", "I agree")
	s.d.Key(t, "Return")
	open := s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil })
	s.d.Xdotool(t, "type", "--delay", "1", "and more")
	s.d.Key(t, "Return")
	// An answer to another question is none.
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Quiet{Quiet: &ipcpb.Quiet{Serial: open.GetPrompt().Serial + 1}}})
	s.d.Xdotool(t, "type", "--delay", "1", "still not")
	s.d.Key(t, "Return")
	s.ready(id, false)
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Quiet{Quiet: &ipcpb.Quiet{Serial: open.GetPrompt().Serial}}})
	s.ready(id, true)
	s.d.Xdotool(t, "type", "--delay", "20", "No")
	s.d.Key(t, "Return")
	s.wantSaid("No")
	// Elsewhere is not here: remote input goes on as soon as the focus is gone.
	s.d.Program(t, "xterm", "-T", "typing", "-geometry", "40x10+100+300")
	s.d.Focused(t, s.d.Window(t, "typing"))
	if m := s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil }); m.GetPrompt().Open {
		t.Errorf("%v", m)
	}
	s.ready(id, false)
}

// After the person closed it, messages are counted on the banner, whose button opens
// it again; so does a tray that begins anew and is told the history.
func TestO27_ChatIsReopenedWithItsHistory(t *testing.T) {
	s := startChat(t, true)
	s.said("Anna", "Are you there?")
	id := s.d.Window(t, chat.Title)
	s.click(id)
	s.paused()
	s.ready(id, true)
	s.d.Key(t, "Escape")
	s.d.Gone(t, chat.Title)
	s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil && !m.GetPrompt().Open })
	before := s.d.Place(s.d.Window(t, bannerTitle))
	s.said("Anna", "Hello?")
	s.said("Anna", "Take your time.")
	desktest.Until(t, "the banner to count", func() bool { return s.d.Place(s.d.Window(t, bannerTitle)).Dx() > before.Dx() })
	if s.d.Find(chat.Title) != "" {
		t.Error("opened by itself after it was closed")
	}
	s.d.Screen(t, "banner-unread")
	b := s.d.Place(s.d.Window(t, bannerTitle))
	s.d.Click(t, image.Pt(b.Max.X-130, b.Min.Y+21))
	s.d.Focused(t, s.d.Window(t, chat.Title))
	s.d.Screen(t, "chat-again")

	var said []*wirepb.Chat
	for i := range 30 {
		said = append(said, &wirepb.Chat{Session: []byte("session"), From: "Anna", FromCustomer: i%3 == 2, Text: fmt.Sprintf("Message %d of those from before. %s", i, strings.Repeat("And so on. ", i%5)), AtUnixMs: time.Now().UnixMilli()})
	}
	other := startOn(t, s.d.Display)
	other.status(func(*ipcpb.TrayStatus) {})
	s.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	s.d.Gone(t, chat.Title)
	other.send(banner(true, 0))
	other.wantShown()
	other.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_ChatHistory{ChatHistory: &ipcpb.ChatHistory{Session: []byte("another"), Said: said}}})
	other.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_ChatHistory{ChatHistory: &ipcpb.ChatHistory{Session: []byte("session"), Said: said}}})
	var r image.Rectangle
	var end string
	desktest.Until(t, "the history to be drawn", func() bool {
		if r = s.d.Place(s.d.Find(chat.Title)); r.Empty() {
			return false // it is on its way, or the one before still goes
		}
		before := end
		end = part(s.d.Screen(t, "chat-history"), r)
		return end == before && end != strings.Repeat(end[:4], len(end)/4)
	})
	s.d.Xdotool(t, "mousemove", strconv.Itoa(r.Min.X+100), strconv.Itoa(r.Min.Y+200), "click", "--repeat", "40", "--delay", "5", "4")
	desktest.Until(t, "the history to scroll", func() bool { return part(s.d.Screen(t, "chat-top"), r) != end })
	s.d.Xdotool(t, "click", "--repeat", "60", "--delay", "5", "5")
	desktest.Until(t, "the end of the history", func() bool { return part(s.d.Screen(t, "chat-end"), r) == end })
	other.silent()
}

// part is a rectangle of a picture, to be compared.
func part(img *image.RGBA, r image.Rectangle) string {
	var b strings.Builder
	for y := r.Min.Y; y < r.Max.Y; y++ {
		b.Write(img.Pix[img.PixOffset(r.Min.X, y):img.PixOffset(r.Max.X, y)])
	}
	return b.String()
}

// Where nothing can be shown a message is told like other news.
func TestChatWithoutADisplayIsANotice(t *testing.T) {
	s := startScripted(t)
	s.send(banner(true, 0))
	s.said("Anna\n\u202e", "<b>Hello</b>\x1b]0;x\a")
	s.until("PromptState", func(m *ipcpb.FromTray) bool { return m.GetPrompt() != nil })
	n := s.opened()
	if got := fmt.Sprint(n); !strings.Contains(got, "Message from Anna") || !strings.Contains(got, "<b>Hello</b>]0;x") {
		t.Errorf("%+v", n)
	}
}

func (s scripted) said(from, text string) { chatter{service: s.service}.said(from, text) }

func (s scripted) until(what string, is func(*ipcpb.FromTray) bool) *ipcpb.FromTray {
	for {
		m := s.next()
		if is(m) {
			return m
		}
		if m.GetBannerLost() == nil {
			s.t.Fatalf("%v, want %s", m, what)
		}
	}
}
