package support

// Guard says which of several rows of the table a command takes.
type Guard uint8

// Guards, of the session before the command. Reps are those with an account,
// guests the external ones.
const (
	Always   Guard = iota
	Alone          // nobody is in the session beside its owner
	Guests         // only guests are
	Shared         // reps are
	Parked         // nobody looks: it is held and no rep is in it
	Last           // the one who goes is the last rep in a held session
	ToHeir         // a rep inherits the session
	ToQueue        // a queue does
	ToNobody       // nothing does
	Chat           // it began as a chat
)

var guardNames = [...]string{
	Always: "", Alone: "alone", Guests: "guests", Shared: "shared", Parked: "parked", Last: "last",
	ToHeir: "to a rep", ToQueue: "to a queue", ToNobody: "to nobody", Chat: "chat",
}

// String is the guard's name in the document.
func (g Guard) String() string {
	if int(g) < len(guardNames) {
		return guardNames[g]
	}
	return "unknown"
}

func (s Session) meets(g Guard, c Command) bool {
	reps := s.reps()
	switch g {
	case Always:
		return true
	case Alone:
		return len(s.Participants) == 0
	case Guests:
		return len(s.Participants) > 0 && reps == 0
	case Shared:
		return reps > 0
	case Parked:
		return s.Phase == Held && reps == 0
	case Last:
		i := s.place(c.goes())
		return i >= 0 && !s.Participants[i].External && reps == 1
	case ToHeir:
		return c.Successor.Rep.ID != ""
	case ToQueue:
		return c.Successor.Rep.ID == "" && c.Successor.Queue != ""
	case ToNobody:
		return c.Successor == Successor{}
	case Chat:
		return s.Chat
	default:
		return false
	}
}

// goes is the rep whom a Leave or a Remove takes out of the session.
func (c Command) goes() string {
	if c.Verb == Remove {
		return c.Target
	}
	return c.Actor.ID
}
