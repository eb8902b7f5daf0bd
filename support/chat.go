package support

import "time"

// RunTime is how long the question to run the client stands: a download over a
// slow line and the questions of a browser fit in.
const RunTime = 15 * time.Minute

// ChatOnly reports whether the session is one of the portal page in which chat is
// all there is: nobody said Yes to more.
func (s Session) ChatOnly() bool {
	return s.Chat && !s.Phase.Final() && s.ConsentAt.IsZero()
}

// Chats reports whether somebody may write. On the portal page the customer may
// before a rep is there, and while nobody looks.
func (s Session) Chats() bool { return s.Runs() || s.Chat && !s.Phase.Final() }

// Asked reports whether the customer of a chat is asked to run the client.
func (s Session) Asked() bool { return s.Phase == Chatting && !s.LapsesAt.IsZero() }

// EndVerb is the command that takes the session to its end, by whoever may: what
// was not answered is taken back.
func (s Session) EndVerb() Verb {
	if s.Phase < Active && (!s.Chat || s.Phase != AwaitingConsent) {
		return Cancel
	}
	return End
}

// chat is what commands do to a chat beyond what they do to every session. Whoever
// had the chat keeps it when the client goes; nothing is left of the question.
func (s Session) chat(c Command) Session {
	switch c.Verb {
	case RunClient:
		s.LapsesAt = c.At.Add(RunTime)
	case Resume, TakeOver:
		if s.Phase == Chatting {
			s.JoinedAt, s.Control, s.LapsesAt = c.At, "", time.Time{}
		}
	case Decline, Refuse, Timeout, Cancel, Lapse:
		if s.Phase == Chatting {
			s = s.unasked()
		}
	case Lose:
		if s.Phase == Chatting && !s.AnswerBy.IsZero() { // the client's link, not the page's
			s = s.unasked()
		}
	default:
	}
	return s
}

func (s Session) unasked() Session {
	s.Terms, s.AnswerBy, s.LapsesAt, s.LostAt, s.Away = Terms{}, time.Time{}, time.Time{}, time.Time{}, 0
	return s
}
