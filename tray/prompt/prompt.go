// Package prompt asks the person at the screen, in windows of the system's own
// look where there are such, and otherwise in one that we draw.
//
// A prompt is a question that only a person may answer: whoever uses the package
// must have remote input suspended before it calls a [Prompter] and until the
// call has returned. [Open] gives the Prompter of this system, which tries its
// backends in order, so that one that cannot be started or dies is never taken
// for a No; the package prompttest has a scripted fake and the conformance suite.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// Prompter shows one kind of window each. Methods block until the window is
// closed and may be called from any goroutine, one call at a time.
//
// When ctx ends the window is closed and the error is context.Cause(ctx).
// [ErrUnsupported] and [ErrFailed] mean that nobody has answered: another
// backend may be tried. All texts in the arguments may come from strangers;
// a backend passes them through [Clean] and shows them as plain text.
type Prompter interface {
	// Consent asks for a Yes or No. The default is No, and so is closing the
	// window; no answer within Timeout is TimedOut.
	Consent(ctx context.Context, r ConsentRequest) (Answer, error)

	// Form asks for the contact and reason of a support request until they are
	// valid (see FormRequest.Validate). ok is false when the person gave up.
	Form(ctx context.Context, r FormRequest) (f Fields, ok bool, err error)

	// Ask asks a question to which the default is No, and so is closing the window
	// or no answer within MaxTimeout.
	Ask(ctx context.Context, q Question) (yes bool, err error)

	// File lets the person choose a file of theirs, whose path it returns. ok is false
	// when the person gave up, or MaxTimeout was over.
	File(ctx context.Context, r FileRequest) (path string, ok bool, err error)

	// Notice shows a text until it is dismissed or Timeout is over.
	Notice(ctx context.Context, n Notice) error
}

// Answer is what became of a consent prompt.
type Answer int

// Answers. The zero Answer is No.
const (
	No Answer = iota
	Yes
	TimedOut
)

func (a Answer) String() string {
	switch a {
	case No:
		return "no"
	case Yes:
		return "yes"
	case TimedOut:
		return "timed out"
	}
	return fmt.Sprintf("Answer(%d)", int(a))
}

// Errors.
var (
	// ErrUnsupported means that this backend does not exist here.
	ErrUnsupported = errors.New("prompt unsupported")
	// ErrFailed means that the window could not be shown or vanished without an
	// answer.
	ErrFailed = errors.New("prompt failed")
)

// Timeouts.
const (
	// DefaultTimeout is for a consent request that names none.
	DefaultTimeout = time.Minute
	// MaxTimeout keeps a wrong number from blocking all prompts for a day.
	MaxTimeout = 10 * time.Minute
	// NoticeTimeout is long enough to read MaxNotice characters.
	NoticeTimeout = 30 * time.Second
)

// AtEnd is what happens to the person's login when the session is over.
type AtEnd uint8

// What may happen.
const (
	AtEndNothing AtEnd = iota
	AtEndLock
	AtEndLogOff
)

// ConsentRequest says who wants to do what.
type ConsentRequest struct {
	Rep          string
	Organisation string
	Reason       string // why; may be empty
	Control      bool   // false: view only
	Recorded     bool
	Clipboard    Exchange
	Files        Exchange
	Restrict     bool // their own keyboard and mouse may be switched off
	Darken       bool // their screen may be made dark
	AtEnd        AtEnd
	// SilenceAllows says that no answer will count as a Yes. What becomes of
	// TimedOut is the caller's, all the same.
	SilenceAllows bool
	Timeout       time.Duration
	// Pin asks instead whether the computer stays reachable after the session.
	Pin *Pin
	// File asks instead whether a file is sent.
	File *File
	// Restart asks instead whether the computer restarts.
	Restart bool
	// Elevate asks instead whether the rep gets an administrator's rights.
	Elevate bool
}

// Exchange says whether something may go to this computer, and from it.
type Exchange struct{ In, Out bool }

// Pin says what is to stay.
type Pin struct {
	Service bool      // of the machine; else of the person who answers
	Place   string    // who may come: a group's name; empty: the rep alone
	Until   time.Time // zero: for ever
}

// File is one that a rep wants to send to this computer, or wants to be sent from it.
type File struct {
	Out  bool   // the person chooses one; it has no name yet
	Name string // as the rep calls it
	Size uint64 // bytes
}

// FileRequest lets the person choose a file.
type FileRequest struct {
	To     string // who gets it
	Folder string // to begin in; empty: the user's own
}

// FormRequest opens the request form.
type FormRequest struct {
	Organisation string   // who will be asked; may be empty
	Fields       Fields   // what to start with
	ReasonMin    int      // characters
	Refused      *Problem // what was wrong with Fields when they were sent; nil: nothing
}

// Question is something to be said Yes or No to, beside consent to a session.
type Question struct {
	Title   string // of the window
	Head    string
	Who     string // set apart; may be empty
	From    string // below Who
	Text    string
	Yes, No string // on the buttons
}

// Notice is something to tell.
type Notice struct {
	Title, Text string
	Timeout     time.Duration // 0: NoticeTimeout
}

// Options configure Open.
type Options struct {
	Display string       // X11: the display; empty: $DISPLAY
	Backend string       // a name from Backends; empty: all of them in order
	Words   words.Words  // the language
	Log     *slog.Logger // required
}

// Backend is one way of showing prompts on this system.
type Backend struct {
	Name string
	// Open reports ErrUnsupported when the backend cannot work here; a backend
	// that is opened may still fail later.
	Open func(o Options) (Prompter, error)
	// InPlace says that its form can begin with values and shows a problem at
	// its field: then it goes before better looking ones.
	InPlace bool
}

// Backends lists the backends of this system, best first.
func Backends() []Backend { return backends() }

// Open returns a Prompter over the backends that exist here, and the name of
// the first. The error joins the reasons of all of them.
func Open(o Options) (p Prompter, name string, err error) {
	var f fallback
	f.log = o.Log
	var reasons []error
	for _, b := range Backends() {
		if o.Backend != "" && o.Backend != b.Name {
			continue
		}
		p, err := b.Open(o)
		if err != nil {
			reasons = append(reasons, fmt.Errorf("%s: %w", b.Name, err))
			continue
		}
		f.steps = append(f.steps, step{b.Name, p})
		if b.InPlace {
			f.forms = append(f.forms, step{b.Name, p})
		}
	}
	if len(f.steps) == 0 {
		if len(reasons) == 0 {
			reasons = append(reasons, fmt.Errorf("no backend %q: %w", o.Backend, ErrUnsupported))
		}
		return nil, "", errors.Join(reasons...)
	}
	for _, s := range f.steps {
		if !slices.ContainsFunc(f.forms, func(o step) bool { return o.name == s.name }) {
			f.forms = append(f.forms, s)
		}
	}
	return &f, f.steps[0].name, nil
}
