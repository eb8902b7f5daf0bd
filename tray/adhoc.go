package tray

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// AdhocTitle is the title of the window with which an ad-hoc client begins.
const AdhocTitle = "Start remote support"

// farewellTimeout is how long the last word of an ad-hoc client stays on the screen: nothing
// of it is left but this window.
const farewellTimeout = 10 * time.Second

// Adhoc is what a client that is run once, for one session, says to the person who
// started it, outside of the session. It is no process of its own: its methods open
// one window and return when that is closed.
type Adhoc struct {
	p prompt.Prompter
	w words.Words
}

// NewAdhoc finds the windows of this system. Without any, nobody can be asked.
func NewAdhoc(o Options) (Adhoc, error) {
	p := o.Prompter
	if p == nil {
		var err error
		if p, _, err = prompt.Open(prompt.Options{Display: o.Display, Backend: o.Backend, Log: o.Log, Words: o.Words}); err != nil {
			return Adhoc{}, err
		}
	}
	return Adhoc{p, o.Words}, nil
}

// Agree asks whether to connect. The address stands first: the name of the
// organisation is what the server at that address calls itself.
func (a Adhoc) Agree(ctx context.Context, origin, organisation string) (bool, error) {
	from := a.w.Say(words.FromNobody)
	if name := prompt.Clean(organisation, prompt.MaxName); name != "" {
		from = a.w.Say(words.AdhocFrom, name)
	}
	return a.p.Ask(ctx, prompt.Question{
		Title: AdhocTitle, Head: a.w.Say(words.AdhocHead), Who: origin, From: from, Text: a.w.Say(words.AdhocText),
		Yes: a.w.Say(words.AdhocYes), No: a.w.Say(words.AdhocNo),
	})
}

// Trouble is why an ad-hoc client could not begin.
type Trouble int

// Troubles. The zero Trouble is one that has no words of its own.
const (
	NoIdea Trouble = iota
	BadBundle
	ExpiredBundle
	UsedBundle
	Unreachable // the server
	WrongServer
)

// Tell says why an ad-hoc client could not begin with the server of an origin.
func (a Adhoc) Tell(ctx context.Context, t Trouble, origin string) error {
	var text string
	origin = prompt.Clean(origin, prompt.MaxWho)
	switch t {
	case BadBundle:
		text = a.w.Say(words.AdhocBadBundle)
	case ExpiredBundle:
		text = a.w.Say(words.AdhocExpired)
	case UsedBundle:
		text = a.w.Say(words.AdhocUsed)
	case Unreachable:
		text = a.w.Say(words.AdhocUnreachable, origin)
	case WrongServer:
		text = a.w.Say(words.AdhocWrongServer, origin)
	case NoIdea:
		text = a.w.Say(words.AdhocFailed)
	}
	return a.p.Notice(ctx, prompt.Notice{Title: a.w.Say(words.AdhocFailedTitle), Text: text})
}

// End is how an ad-hoc client ended.
type End struct {
	By      wirepb.EndedBy
	Code    wirepb.ErrorCode
	Rep     string
	Removed bool // nothing is left of the program
}

// Farewell says how it ended, and that nothing is left.
func (a Adhoc) Farewell(ctx context.Context, e End) error {
	text := a.w.Say(words.Ended)
	switch {
	case e.Code == wirepb.ErrorCode_ERROR_CODE_NOT_OFFERED:
		text = a.w.Say(words.AdhocNobody)
	case e.By == wirepb.EndedBy_ENDED_BY_UNSPECIFIED:
		text = a.w.Say(words.AdhocStopped)
	case e.By == wirepb.EndedBy_ENDED_BY_CUSTOMER:
		text = a.w.Say(words.EndedByYou)
	case e.By == wirepb.EndedBy_ENDED_BY_EXPIRY:
		text = a.w.Say(words.EndedByExpiry)
	case e.By == wirepb.EndedBy_ENDED_BY_REP && e.Rep != "":
		text = a.w.Say(words.EndedBy, prompt.Clean(e.Rep, prompt.MaxName))
	}
	rest := words.AdhocStays
	if e.Removed {
		rest = words.AdhocGone
	}
	return a.p.Notice(ctx, prompt.Notice{Title: a.w.Say(words.EndedTitle), Text: text + "\n" + a.w.Say(rest), Timeout: farewellTimeout})
}
