package support

import "slices"

// Transition is one row of the machine's table.
type Transition struct {
	From   Phase
	Verb   Verb
	If     Guard
	To     Phase
	Events []Event
}

var (
	end    = []Event{TearDown, Closed}
	asked  = []Event{Recorded, Invitations}
	joined = []Event{Recorded, Admit, Introduce, Invitations}
	taken  = []Event{Recorded, Own, Admit, Introduce, Invitations}
	stayed = []Event{Recorded, Dismiss}
)

// table is only read. Of the rows of a phase and a verb the first one counts
// whose guard is true.
var table = [...]Transition{
	{None, Start, Always, AwaitingConsent, []Event{Recorded, Ask}},
	{None, Request, Always, Requested, []Event{Recorded}},
	{None, Visit, Always, Waiting, []Event{Recorded}},

	{Waiting, Resume, Always, Chatting, []Event{Recorded}},
	{Waiting, TakeOver, Always, Chatting, []Event{Recorded, Own}},
	{Waiting, Cancel, Always, Cancelled, end},
	{Waiting, Lapse, Always, Expired, end},
	{Waiting, Lose, Always, Waiting, []Event{Recorded}},
	{Waiting, Regain, Always, Waiting, []Event{Recorded}},
	{Waiting, Unclaimed, Always, Cancelled, end},

	{Chatting, RunClient, Always, Chatting, []Event{Recorded}},
	{Chatting, Decline, Always, Chatting, []Event{Recorded}},
	{Chatting, Lapse, Always, Chatting, []Event{Recorded}},
	{Chatting, Offer, Always, AwaitingConsent, []Event{Recorded, Ask}},
	{Chatting, End, Always, Ended, end},
	{Chatting, Lose, Always, Chatting, []Event{Recorded}},
	{Chatting, Regain, Always, Chatting, []Event{Recorded}},
	{Chatting, Unclaimed, Always, Ended, end},
	{Chatting, Vanish, Always, Chatting, []Event{Recorded}},
	{Chatting, Return, Always, Chatting, []Event{Recorded}},
	{Chatting, Orphan, ToQueue, Waiting, []Event{Recorded, Own}},
	{Chatting, Orphan, ToNobody, Ended, end},

	{Requested, Approve, Always, Approved, []Event{Recorded}},
	{Requested, Reject, Always, Denied, end},
	{Requested, Cancel, Always, Cancelled, end},
	{Requested, Lapse, Always, Expired, end},
	{Approved, Offer, Always, AwaitingConsent, []Event{Recorded, Ask}},
	{Approved, Cancel, Always, Cancelled, end},
	{Approved, Lapse, Always, Expired, end},
	{Approved, Vanish, Always, Approved, []Event{Recorded}},
	{Approved, Return, Always, Approved, []Event{Recorded}},

	{AwaitingConsent, Allow, Always, Active, []Event{Recorded, Open}},
	{AwaitingConsent, Decline, Chat, Chatting, stayed},
	{AwaitingConsent, Decline, Always, Denied, end},
	{AwaitingConsent, Refuse, Chat, Chatting, stayed},
	{AwaitingConsent, Refuse, Always, Denied, end},
	{AwaitingConsent, Timeout, Chat, Chatting, stayed},
	{AwaitingConsent, Timeout, Always, Denied, end},
	{AwaitingConsent, Cancel, Chat, Chatting, stayed},
	{AwaitingConsent, Cancel, Always, Cancelled, end},
	{AwaitingConsent, Lose, Chat, Chatting, stayed},
	{AwaitingConsent, Lose, Always, Cancelled, end},
	{AwaitingConsent, End, Chat, Ended, end},
	{AwaitingConsent, Vanish, Always, AwaitingConsent, []Event{Recorded}},
	{AwaitingConsent, Return, Always, AwaitingConsent, []Event{Recorded}},

	{Active, Lose, Always, Active, []Event{Recorded, Pause}},
	{Active, Regain, Always, Active, []Event{Recorded}},
	{Active, Hold, Alone, Held, []Event{Recorded, Pause, Park}},
	{Active, Hold, Guests, Held, []Event{Recorded, Expel, Pause, Park, Introduce}},
	{Active, Hold, Shared, Held, []Event{Recorded, Expel, Introduce}},
	{Active, Revoke, Always, Active, []Event{Recorded, Warn}},
	{Active, Spare, Always, Active, []Event{Recorded}},
	{Active, End, Always, Ended, end},
	{Active, Expire, Always, Expired, end},
	{Active, CutOff, Always, Ended, end},
	{Active, Void, Always, Ended, end},
	{Active, Unclaimed, Always, Ended, end},
	{Active, Invite, Always, Active, asked},
	{Active, Uninvite, Always, Active, asked},
	{Active, DeclineInvitation, Always, Active, asked},
	{Active, LapseInvitation, Always, Active, asked},
	{Active, Join, Always, Active, joined},
	{Active, TakeOver, Always, Active, taken},
	{Active, Leave, Always, Active, []Event{Recorded, Expel, Introduce}},
	{Active, Remove, Always, Active, []Event{Recorded, Expel, Introduce, Invitations}},
	{Active, Pass, Always, Active, []Event{Recorded, Introduce}},
	{Active, Vanish, Always, Active, []Event{Recorded}},
	{Active, Return, Always, Active, []Event{Recorded}},
	{Active, Orphan, ToHeir, Active, []Event{Recorded, Own, Expel, Introduce, Invitations}},
	{Active, Orphan, ToQueue, Held, []Event{Recorded, Own, Expel, Pause, Park, Invitations}},
	{Active, Orphan, ToNobody, Ended, end},

	{Held, Lose, Parked, Held, []Event{Recorded}},
	{Held, Lose, Shared, Held, []Event{Recorded, Pause}},
	{Held, Regain, Always, Held, []Event{Recorded}},
	{Held, Resume, Parked, Active, []Event{Recorded, Admit, Park}},
	{Held, Resume, Shared, Active, []Event{Recorded, Admit, Introduce}},
	{Held, Revoke, Always, Held, []Event{Recorded, Warn}},
	{Held, Spare, Always, Held, []Event{Recorded}},
	{Held, End, Always, Ended, end},
	{Held, Expire, Always, Expired, end},
	{Held, CutOff, Always, Ended, end},
	{Held, Void, Always, Ended, end},
	{Held, Unclaimed, Always, Ended, end},
	{Held, Invite, Always, Held, asked},
	{Held, Uninvite, Always, Held, asked},
	{Held, DeclineInvitation, Always, Held, asked},
	{Held, LapseInvitation, Always, Held, asked},
	{Held, Join, Parked, Held, []Event{Recorded, Admit, Park, Introduce, Invitations}},
	{Held, Join, Shared, Held, joined},
	{Held, TakeOver, Parked, Active, []Event{Recorded, Own, Admit, Park, Introduce, Invitations}},
	{Held, TakeOver, Shared, Active, taken},
	{Held, Leave, Last, Held, []Event{Recorded, Expel, Pause, Park, Introduce}},
	{Held, Leave, Shared, Held, []Event{Recorded, Expel, Introduce}},
	{Held, Remove, Last, Held, []Event{Recorded, Expel, Pause, Park, Introduce, Invitations}},
	{Held, Remove, Shared, Held, []Event{Recorded, Expel, Introduce, Invitations}},
	{Held, Pass, Always, Held, []Event{Recorded, Introduce}},
	{Held, Vanish, Always, Held, []Event{Recorded}},
	{Held, Return, Always, Held, []Event{Recorded}},
	{Held, Orphan, ToHeir, Active, []Event{Recorded, Own, Expel, Introduce, Invitations}},
	{Held, Orphan, ToQueue, Held, []Event{Recorded, Own, Invitations}},
	{Held, Orphan, ToNobody, Ended, end},
}

// Transitions is the whole machine. What is not in it is refused.
func Transitions() []Transition { return slices.Clone(table[:]) }
