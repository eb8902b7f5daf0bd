package tray

import (
	"slices"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/chat"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// repTypes shows that a rep writes, until that is long ago. It opens nothing.
func (c *core) repTypes(t *wirepb.ChatTyping) {
	if !c.chatting(t.Session) {
		return
	}
	now := time.Now()
	from := prompt.Clean(t.From, prompt.MaxName)
	c.stops(from)
	c.talk.typing = slices.DeleteFunc(c.talk.typing, func(o chat.Typist) bool { return !o.Until.After(now) })
	if t.Typing && len(c.talk.typing) < chat.MaxTypists {
		c.talk.typing = append(c.talk.typing, chat.Typist{From: from, Until: now.Add(chat.TypingFor)})
	}
	c.showChat()
}

// stops forgets that a rep writes. A State that was handed over keeps its own.
func (c *core) stops(from string) {
	c.talk.typing = slices.DeleteFunc(slices.Clone(c.talk.typing), func(o chat.Typist) bool { return o.From == from })
}

// types tells the service that the person writes.
func (c *core) types(now bool) error {
	if c.banner == nil {
		return nil
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: c.banner.session, Typing: now}}})
}

// seen tells the service what the person can see.
func (c *core) seen(seq []uint64) error {
	if c.banner == nil {
		return nil
	}
	return c.send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_ChatShown{ChatShown: &wirepb.ChatReceipt{
		Session: c.banner.session, Seq: seq, Arrival: wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN,
	}}})
}
