package support

import "slices"

// Verb is what a command does to a session.
type Verb uint8

// Verbs. Timeout, Expire, Unclaimed, Void, Lapse and CutOff come out of
// [Session.Tick]; the endpoint, whose clock is the one that counts, may say
// Expire as well.
const (
	Start     Verb = iota + 1 // a rep asks for a session on a device
	Request                   // the customer asks for one
	Approve                   // IT accepts the request
	Reject                    // IT refuses the request
	Lapse                     // nobody decided in time, or the endpoint of an approved request is not there
	Offer                     // the approved request goes to the endpoint
	Allow                     // the person at the endpoint said yes, or a rule did
	Decline                   // the person at the endpoint said no
	Refuse                    // the endpoint cannot ask (nobody there, no prompt, grant invalid)
	Cancel                    // the one who asked takes it back
	Lose                      // the link to the endpoint is gone
	Regain                    // it is back and the endpoint still has the session
	Hold                      // the owner parks the session
	Resume                    // the owner takes it up again
	Revoke                    // policy takes the session away, after a notice
	Spare                     // policy is against the session now, and lets it go on to its end
	End                       // anyone who may ends it
	Timeout                   // nobody answered the prompt in time: a no
	Expire                    // the session's time is over
	Unclaimed                 // the endpoint did not come back in time
	Void                      // the link is lost and the Yes does not hold any more
	CutOff                    // the notice of a revocation is over
)

var verbNames = [...]string{
	Start: "start", Request: "request", Approve: "approve", Reject: "reject", Lapse: "lapse", Offer: "offer", Allow: "allow",
	Decline: "decline", Refuse: "refuse", Cancel: "cancel", Lose: "lose", Regain: "regain", Hold: "hold",
	Resume: "resume", Revoke: "revoke", Spare: "spare", End: "end", Timeout: "timeout", Expire: "expire",
	Unclaimed: "unclaimed", Void: "void", CutOff: "cut_off",
}

// String is the verb's stable name.
func (v Verb) String() string {
	if int(v) < len(verbNames) && verbNames[v] != "" {
		return verbNames[v]
	}
	return "unknown"
}

// Verbs lists every verb.
func Verbs() []Verb {
	vs := make([]Verb, 0, len(verbNames))
	for v := Start; v <= CutOff; v++ {
		vs = append(vs, v)
	}
	return vs
}

// Event is what has to happen because of a transition, in this order.
type Event uint8

// Events.
const (
	Recorded Event = iota + 1 // a fact for the audit log, nothing to do
	Ask                       // send the offer to the endpoint, which asks its user
	Open                      // consent is given: create the relay slot
	Pause                     // disconnect viewers; the session stands
	Warn                      // tell both sides that the session ends soon, and why
	TearDown                  // free slot, tickets and streams; tell the endpoint
	Closed                    // the one terminal record of the session
)

var eventNames = [...]string{
	Recorded: "recorded", Ask: "ask", Open: "open", Pause: "pause", Warn: "warn", TearDown: "tear_down", Closed: "closed",
}

// String is the event's stable name.
func (e Event) String() string {
	if int(e) < len(eventNames) && eventNames[e] != "" {
		return eventNames[e]
	}
	return "unknown"
}

// Transition is one row of the machine's table.
type Transition struct {
	From   Phase
	Verb   Verb
	To     Phase
	Events []Event
}

var end = []Event{TearDown, Closed}

// table is only read.
var table = [...]Transition{
	{None, Start, AwaitingConsent, []Event{Recorded, Ask}},
	{None, Request, Requested, []Event{Recorded}},

	{Requested, Approve, Approved, []Event{Recorded}},
	{Requested, Reject, Denied, end},
	{Requested, Cancel, Cancelled, end},
	{Requested, Lapse, Expired, end},
	{Approved, Offer, AwaitingConsent, []Event{Recorded, Ask}},
	{Approved, Cancel, Cancelled, end},
	{Approved, Lapse, Expired, end},

	{AwaitingConsent, Allow, Active, []Event{Recorded, Open}},
	{AwaitingConsent, Decline, Denied, end},
	{AwaitingConsent, Refuse, Denied, end},
	{AwaitingConsent, Timeout, Denied, end},
	{AwaitingConsent, Cancel, Cancelled, end},
	{AwaitingConsent, Lose, Cancelled, end},

	{Active, Lose, Active, []Event{Recorded, Pause}},
	{Active, Regain, Active, []Event{Recorded}},
	{Active, Hold, Held, []Event{Recorded, Pause}},
	{Active, Revoke, Active, []Event{Recorded, Warn}},
	{Active, Spare, Active, []Event{Recorded}},
	{Active, End, Ended, end},
	{Active, Expire, Expired, end},
	{Active, CutOff, Ended, end},
	{Active, Void, Ended, end},
	{Active, Unclaimed, Ended, end},

	{Held, Lose, Held, []Event{Recorded}},
	{Held, Regain, Held, []Event{Recorded}},
	{Held, Resume, Active, []Event{Recorded}},
	{Held, Revoke, Held, []Event{Recorded, Warn}},
	{Held, Spare, Held, []Event{Recorded}},
	{Held, End, Ended, end},
	{Held, Expire, Expired, end},
	{Held, CutOff, Ended, end},
	{Held, Void, Ended, end},
	{Held, Unclaimed, Ended, end},
}

// Transitions is the whole machine. What is not in it is refused.
func Transitions() []Transition { return slices.Clone(table[:]) }

func find(from Phase, v Verb) (Transition, bool) {
	for i := range table {
		if table[i].From == from && table[i].Verb == v {
			return table[i], true
		}
	}
	return Transition{}, false
}
