package support

// Verb is what a command does to a session.
type Verb uint8

// Verbs. Timeout, Expire, Unclaimed, Void, Lapse, LapseInvitation and CutOff come out of
// [Session.Tick]; the endpoint, whose clock is the one that counts, may say
// Expire as well.
const (
	Start     Verb = iota + 1 // a rep asks for a session on a device
	Request                   // the customer asks for one
	Visit                     // a customer comes to the portal page
	Approve                   // IT accepts the request
	Reject                    // IT refuses the request
	Lapse                     // nobody decided in time, or the endpoint of an approved request is not there
	RunClient                 // the rep of a chat asks the customer to run the client
	Offer                     // the approved request, or the chat whose client came, goes to the endpoint
	Allow                     // the person at the endpoint said yes, or a rule did
	Decline                   // the person at the endpoint said no
	Refuse                    // the endpoint cannot ask (nobody there, no prompt, grant invalid)
	Cancel                    // the one who asked takes it back
	Lose                      // the link to the endpoint is gone, in a chat the customer's page
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

	Invite            // the owner offers a place in the session, or its ownership
	Uninvite          // the owner takes an invitation back
	Join              // the one who was invited comes in
	DeclineInvitation // the one who was invited does not want to
	LapseInvitation   // a guest did not come in time
	TakeOver          // a rep becomes the owner: of what was offered, or of what waits in a queue
	Leave             // a participant goes
	Remove            // the owner sends a participant away
	Pass              // the control token goes to somebody else, or to nobody
	Vanish            // the owner's console is gone
	Return            // it is back
	Orphan            // the owner did not come back: somebody else takes over, a queue, or it ends
)

var verbNames = [...]string{
	Start: "start", Request: "request", Visit: "visit", RunClient: "run_client", Approve: "approve", Reject: "reject", Lapse: "lapse", Offer: "offer", Allow: "allow",
	Decline: "decline", Refuse: "refuse", Cancel: "cancel", Lose: "lose", Regain: "regain", Hold: "hold",
	Resume: "resume", Revoke: "revoke", Spare: "spare", End: "end", Timeout: "timeout", Expire: "expire",
	Unclaimed: "unclaimed", Void: "void", CutOff: "cut_off", Invite: "invite", Uninvite: "uninvite", Join: "join",
	DeclineInvitation: "decline_invitation", LapseInvitation: "lapse_invitation", TakeOver: "take_over", Leave: "leave", Remove: "remove", Pass: "pass",
	Vanish: "vanish", Return: "return", Orphan: "orphan",
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
	for v := Start; v <= Orphan; v++ {
		vs = append(vs, v)
	}
	return vs
}
