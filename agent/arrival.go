package agent

import (
	"time"

	"golang.org/x/time/rate"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// News that somebody writes is said every two seconds while they do, and once when
// they stop; sixteen reps may be in a session.
const (
	typesEvery = 500 * time.Millisecond
	typesBurst = 4
	typedEvery = 100 * time.Millisecond
	typedBurst = 32
)

// repTypes tells the person that a rep writes. What comes too often is dropped: it is
// said again.
func (a *agent) repTypes(s *session, t *wirepb.ChatTyping) {
	if len(t.From) > wire.MaxName || !often(&s.chat.typed, typedEvery, typedBurst) {
		return
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: s.id[:], From: t.From, Typing: t.Typing}}})
}

// personTypes tells the reps that the person writes.
func (a *agent) personTypes(s *session, typing bool) {
	if often(&s.chat.types, typesEvery, typesBurst) {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ChatTyping{ChatTyping: &wirepb.ChatTyping{Session: s.id[:], Typing: typing}}})
	}
}

// arrived says that a message is here, and whether the person could see it.
func (a *agent) arrived(s *session, seq uint64) {
	if seq == 0 {
		return
	}
	arrival := wirepb.ChatArrival_CHAT_ARRIVAL_DELIVERED
	if s.chat.shown[seq] {
		arrival = wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN
	}
	a.acknowledge(s, arrival, seq)
}

// shownToPerson notes what was drawn, and says so: of reps' messages, once.
func (a *agent) shownToPerson(s *session, all []uint64) {
	var news []uint64
	for _, seq := range all {
		if s.chat.has(seq) && !s.chat.shown[seq] {
			if s.chat.shown == nil {
				s.chat.shown = make(map[uint64]bool)
			}
			s.chat.shown[seq] = true
			news = append(news, seq)
		}
	}
	if len(news) > 0 {
		a.acknowledge(s, wirepb.ChatArrival_CHAT_ARRIVAL_SHOWN, news...)
	}
}

func (a *agent) acknowledge(s *session, how wirepb.ChatArrival, seq ...uint64) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ChatReceipt{ChatReceipt: &wirepb.ChatReceipt{Session: s.id[:], Seq: seq, Arrival: how}}})
}

// often takes one from a bucket, which is made when it is needed first.
func often(l **rate.Limiter, every time.Duration, burst int) bool {
	if *l == nil {
		*l = rate.NewLimiter(rate.Every(every), burst)
	}
	return (*l).Allow()
}
