package support

// Phase is where a support session stands.
type Phase uint8

// Phases. Those from Ended on are final.
const (
	None            Phase = iota // before the first command
	Waiting                      // a customer on the portal page waits for a rep, in a queue or for one by name
	Requested                    // the customer asks; IT has not decided
	Approved                     // IT said yes; nobody at the endpoint was asked yet
	AwaitingConsent              // the endpoint's user sees the prompt
	Active
	Held     // parked by the owner, or it waits in a queue for one; other reps may go on
	Chatting // a rep and the customer on the portal page; there is no endpoint
	Ended
	Denied
	Expired
	Cancelled
)

var phaseNames = [...]string{
	None: "none", Waiting: "waiting", Requested: "requested", Approved: "approved", AwaitingConsent: "awaiting_consent",
	Active: "active", Held: "held", Chatting: "chatting", Ended: "ended", Denied: "denied", Expired: "expired", Cancelled: "cancelled",
}

// String is the stable name, as in the audit log and the store.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}

// ParsePhase reads what String wrote.
func ParsePhase(s string) (Phase, bool) {
	for p, name := range phaseNames {
		if name == s {
			return Phase(p), true
		}
	}
	return None, false
}

// Final reports whether no command leaves the phase.
func (p Phase) Final() bool { return p >= Ended }

// Phases lists every phase of a session that exists.
func Phases() []Phase {
	return []Phase{Waiting, Requested, Approved, AwaitingConsent, Active, Held, Chatting, Ended, Denied, Expired, Cancelled}
}
