package support

// Event is what has to happen because of a transition, in this order.
type Event uint8

// Events.
const (
	Recorded Event = iota + 1 // a fact for the audit log, nothing to do
	Ask                       // send the offer to the endpoint, which asks its user
	Open                      // consent is given: create the relay slot
	Pause                     // disconnect viewers; the session stands
	Park                      // tell the endpoint that nobody looks any more, or that somebody does again: [Session.Runs]
	Warn                      // tell both sides that the session ends soon, and why
	TearDown                  // free slot, tickets and streams; tell the endpoint
	Closed                    // the one terminal record of the session

	Own         // the owner is another one, or nobody while it waits in a queue
	Admit       // a rep may attach now whom [Session.Attends] did not name before
	Expel       // viewers and tickets of all whom [Session.Attends] does not name go, at once
	Introduce   // tell the endpoint who is in the session and who has the control token
	Invitations // the set of invitations may be another one
	Dismiss     // the client of a chat goes, the chat does not
)

var eventNames = [...]string{
	Recorded: "recorded", Ask: "ask", Open: "open", Pause: "pause", Park: "park", Warn: "warn", TearDown: "tear_down", Closed: "closed",
	Own: "own", Admit: "admit", Expel: "expel", Introduce: "introduce", Invitations: "invitations", Dismiss: "dismiss",
}

// String is the event's stable name.
func (e Event) String() string {
	if int(e) < len(eventNames) && eventNames[e] != "" {
		return eventNames[e]
	}
	return "unknown"
}
