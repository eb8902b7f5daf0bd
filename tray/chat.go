package tray

import (
	"bytes"
	"context"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// talk is the chat of the session that the banner is for.
type talk struct {
	said   []chat.Message
	typing []chat.Typist
	open   bool
	closed bool   // by the person: then messages are counted, and open nothing
	unread int    // messages since
	front  uint32 // grows when the person asks for the window
	write  uint32 // that the window waits for or has; 0: nobody writes
}

// chatting says whether a message is of the session that the banner is for.
func (c *core) chatting(session []byte) bool {
	return c.banner != nil && bytes.Equal(session, c.banner.session)
}

// heard shows a message. The first of a rep's opens the window; after the person has
// closed it the banner counts.
func (c *core) heard(m *wirepb.Chat) {
	if !c.chatting(m.Session) {
		return
	}
	c.keep(m)
	if !m.FromCustomer {
		c.stops(prompt.Clean(m.From, prompt.MaxName))
	}
	switch {
	case c.talk.open, m.FromCustomer:
	case c.talk.closed:
		c.talk.unread++
		c.renotch()
	default:
		c.talk.open = true
	}
	c.showChat()
}

// heardBefore shows what was said before this process began.
func (c *core) heardBefore(h *ipcpb.ChatHistory) {
	if !c.chatting(h.Session) {
		return
	}
	c.talk.said = nil
	for _, m := range h.Said {
		c.keep(m)
	}
	c.talk.open = len(c.talk.said) > 0 && !c.talk.closed
	c.showChat()
}

func (c *core) keep(m *wirepb.Chat) {
	said := chat.Said(m.Seq, m.From, m.FromCustomer, m.Text, time.UnixMilli(m.AtUnixMs))
	if said.Text == "" {
		return
	}
	all := append(c.talk.said, said)
	c.talk.said = all[max(0, len(all)-chat.MaxSaid):]
}

// openChat brings the window to the front, for a person who asked for it.
func (c *core) openChat() {
	if c.banner == nil {
		return
	}
	c.talk.open, c.talk.closed, c.talk.unread = true, false, 0
	c.talk.front++
	c.renotch()
	c.showChat()
}

// endChat forgets the chat with its session.
func (c *core) endChat() error {
	c.talk = talk{front: c.talk.front}
	c.showChat()
	return c.pauseFor(c.pause.prompt, false)
}

// showChat tells the window what to show; what it has not yet taken is replaced.
func (c *core) showChat() {
	s := &chat.State{
		Open: c.talk.open, Said: c.talk.said, Typing: c.talk.typing, Front: c.talk.front,
		Online: c.status.GetLink() == ipcpb.LinkState_LINK_STATE_ONLINE,
	}
	if c.banner != nil {
		s.With = crowd(c.words, c.banner.reps, c.banner.org, prompt.MaxName, false)
	}
	if c.pause.quiet {
		s.Quiet = c.talk.write
	}
	select {
	case <-c.chats:
	default:
	}
	c.chats <- s
}

// renotch puts the number of unread messages on the banner.
func (c *core) renotch() {
	if c.banner == nil || c.banner.unread == c.talk.unread {
		return
	}
	n := *c.banner
	n.unread = c.talk.unread
	c.banner = &n
	c.want(c.banner)
}

// chatted acts on what the window reports.
func (c *core) chatted(ctx context.Context, s chat.Sign) error {
	switch s.Kind {
	case chat.Write:
		c.talk.write = s.Write
		err := c.pauseFor(c.pause.prompt, true)
		c.showChat()
		return err
	case chat.Rest:
		if c.talk.write != s.Write {
			return nil // of a session that is over
		}
		c.talk.write = 0
		return c.pauseFor(c.pause.prompt, false)
	case chat.Say:
		if c.banner == nil {
			return nil
		}
		return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Chat{Chat: &wirepb.Chat{Session: c.banner.session, Text: s.Text}}})
	case chat.Close:
		c.talk.open, c.talk.closed = false, true
		c.showChat()
	case chat.Lost:
		return c.chatLost(ctx, s.Err)
	case chat.Typing:
		return c.types(s.Types)
	case chat.Shown:
		return c.seen(s.Seen)
	}
	return nil
}

// chatLost tells the newest message of a rep's where the window cannot.
func (c *core) chatLost(ctx context.Context, cause error) error {
	c.log.Warn("chat window", "err", cause)
	if !c.talk.open {
		return nil
	}
	c.talk.open = false
	for i := len(c.talk.said) - 1; i >= 0; i-- {
		if m := c.talk.said[i]; !m.Own {
			return c.notice(ctx, c.words.Say(words.MessageFrom, m.From), m.Text)
		}
	}
	return nil
}

// pause is what keeps remote input suspended.
type pause struct {
	prompt, chat bool
	serial       uint32 // of the last PromptState that opened
	quiet        bool   // the service has said that nothing is injected behind it
}

func (p pause) open() bool { return p.prompt || p.chat }

// pauseFor tells the service when the first reason for it comes and the last goes.
func (c *core) pauseFor(prompt, chat bool) error {
	was := c.pause.open()
	c.pause.prompt, c.pause.chat = prompt, chat
	now := c.pause.open()
	if was == now {
		return nil
	}
	c.pause.quiet = false
	if now {
		c.pause.serial++
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{Open: now, Serial: c.pause.serial}}})
}

// quieted is the service's word that remote input is suspended.
func (c *core) quieted(q *ipcpb.Quiet) {
	if c.pause.open() && q.Serial == c.pause.serial && !c.pause.quiet {
		c.pause.quiet = true
		c.showChat()
	}
}
