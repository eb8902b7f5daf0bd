// Package chat is the window in which the person at the screen and the reps of a
// session write to each other.
//
// It is an ordinary window that stands beside what is worked on, so a rep who
// controls the desktop can click into it. What they type there must not be taken for
// the person's words, and a key does not say who pressed it. So the window takes keys
// and the Send button only while remote input is suspended:
//
//	resting ──focus, key, click: Write──▶ asked ──State.Quiet, then the mark──▶ writing
//	   ▲                                    │                                      │
//	   └────── focus lost, idle for RestAfter, closed: Rest ◀──────────────────────┘
//
// The mark is a change of a property of the window, which the display reports behind
// every event from before it: whatever was injected until then arrives while the
// window still takes nothing.
package chat

import (
	"log/slog"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
)

// Title is the window's, for window managers and tests.
const Title = "Alongside chat"

// Limits of the window.
const (
	// MaxSaid is how many messages it keeps. When full, the oldest goes.
	MaxSaid = 200
	// MaxText is the longest message that it shows, in letters, and MaxLines in lines
	// of its own; MaxEntry the longest that can be written, in bytes.
	MaxText  = 2000
	MaxLines = 60
	MaxEntry = 1000
	// RestAfter is how long the person may think before remote input goes on.
	RestAfter = 15 * time.Second
	// typesEvery is how often it is said that the person goes on writing, and TypingFor
	// how long others are shown to write who do not say it again.
	typesEvery = 2 * time.Second
	TypingFor  = 6 * time.Second
	// MaxTypists is how many others can be shown to write: as many as fit in a session.
	MaxTypists = 17
)

// Typist is a rep who writes.
type Typist struct {
	From  string // cleaned
	Until time.Time
}

// Message is something that was said.
type Message struct {
	Seq  uint64 // by the broker; 0: it has none
	From string // cleaned
	Own  bool   // the person said it
	Text string // cleaned; nothing in it is more than text
	At   time.Time
}

// Said makes a Message of what came from elsewhere.
func Said(seq uint64, from string, own bool, text string, at time.Time) Message {
	return Message{Seq: seq, From: prompt.Clean(from, prompt.MaxName), Own: own, Text: prompt.CleanLines(text, MaxText, MaxLines), At: at}
}

// State is what the window is to show. It is not changed once it is handed over.
type State struct {
	Open   bool
	With   string // the reps, in one line
	Said   []Message
	Typing []Typist
	Online bool
	Front  uint32 // grows whenever the person asks for the window
	Quiet  uint32 // the Write behind which nothing is injected any more; 0: none
}

// Kind is what a Sign says.
type Kind int

// Kinds of signs.
const (
	Write  Kind = iota // the person wants to write: remote input has to be suspended
	Rest               // they do not write any more
	Say                // they said something
	Close              // they closed the window
	Lost               // the window cannot be shown
	Typing             // the person begins to write something, goes on, or stops
	Shown              // messages can be seen
)

// Sign is what the window reports.
type Sign struct {
	Kind  Kind
	Write uint32   // of Write and Rest: counts them, never 0
	Text  string   // of Say
	Err   error    // of Lost
	Types bool     // of Typing: false when they stop
	Seen  []uint64 // of Shown: their numbers
}

// Options configure Run.
type Options struct {
	Display string // X11: the display; empty: $DISPLAY
	Words   words.Words
	Log     *slog.Logger // required
}
