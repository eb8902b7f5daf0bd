package support

import "slices"

// Role is what somebody is in a session.
type Role uint8

// Roles.
const (
	RoleNone        Role = iota // no rep: the endpoint, its user, IT, the broker, or a rep in the name of one of them
	RoleOwner                   // exactly one rep, or none while the session waits in a queue
	RoleParticipant             // a rep with an account in the session beside its owner
	RoleExternal                // a rep without an account, in the session or invited
	RoleOther                   // every other rep
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleNone, RoleOwner, RoleParticipant, RoleExternal, RoleOther} }

var roleNames = [...]string{
	RoleNone: "no rep", RoleOwner: "owner", RoleParticipant: "participant", RoleExternal: "external", RoleOther: "other rep",
}

// String is the role's name in the document.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "unknown"
}

// Claim is what a role has to a verb.
type Claim uint8

// Claims.
const (
	Refused Claim = iota
	Allowed
	Invited // to whom an invitation says so, or the queue where the session waits
	Holder  // of the control token, who gives it back to the owner
)

var claimNames = [...]string{Refused: "–", Allowed: "yes", Invited: "invited", Holder: "holder"}

// String is the claim's name in the document.
func (c Claim) String() string {
	if int(c) < len(claimNames) {
		return claimNames[c]
	}
	return "unknown"
}

// Claims are those of the roles; what is not said is refused.
type Claims [RoleOther + 1]Claim

// Right says who may use a verb, and with which error everybody else is refused.
type Right struct {
	Verb  Verb
	Roles Claims
	Err   error
}

// rights are only read.
var rights = [...]Right{
	{Start, Claims{RoleNone: Allowed, RoleOwner: Allowed}, ErrIllegal},
	{Request, Claims{RoleNone: Allowed}, ErrIllegal},
	{Visit, Claims{RoleNone: Allowed}, ErrIllegal},
	{RunClient, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Approve, Claims{RoleNone: Allowed, RoleOther: Allowed}, ErrIllegal},
	{Reject, Claims{RoleNone: Allowed, RoleOther: Allowed}, ErrIllegal},
	{Lapse, Claims{RoleNone: Allowed}, ErrIllegal},
	{Offer, Claims{RoleNone: Allowed}, ErrIllegal},
	{Allow, Claims{RoleNone: Allowed}, ErrIllegal},
	{Decline, Claims{RoleNone: Allowed}, ErrIllegal},
	{Refuse, Claims{RoleNone: Allowed}, ErrIllegal},
	{Cancel, Claims{RoleNone: Allowed, RoleOwner: Allowed}, ErrNotOwner},
	{Lose, Claims{RoleNone: Allowed}, ErrIllegal},
	{Regain, Claims{RoleNone: Allowed}, ErrIllegal},
	{Hold, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Resume, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Revoke, Claims{RoleNone: Allowed}, ErrIllegal},
	{Spare, Claims{RoleNone: Allowed}, ErrIllegal},
	{End, Claims{RoleNone: Allowed, RoleOwner: Allowed}, ErrNotOwner},
	{Timeout, Claims{RoleNone: Allowed}, ErrIllegal},
	{Expire, Claims{RoleNone: Allowed}, ErrIllegal},
	{Unclaimed, Claims{RoleNone: Allowed}, ErrIllegal},
	{Void, Claims{RoleNone: Allowed}, ErrIllegal},
	{CutOff, Claims{RoleNone: Allowed}, ErrIllegal},

	{Invite, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Uninvite, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Join, Claims{RoleExternal: Invited, RoleOther: Invited}, ErrInvitationGone},
	{DeclineInvitation, Claims{RoleParticipant: Invited, RoleExternal: Invited, RoleOther: Invited}, ErrInvitationGone},
	{LapseInvitation, Claims{RoleNone: Allowed}, ErrIllegal},
	{TakeOver, Claims{RoleParticipant: Invited, RoleOther: Invited}, ErrInvitationGone},
	{Leave, Claims{RoleParticipant: Allowed, RoleExternal: Allowed}, ErrNotParticipant},
	{Remove, Claims{RoleOwner: Allowed}, ErrNotOwner},
	{Pass, Claims{RoleOwner: Allowed, RoleParticipant: Holder, RoleExternal: Holder}, ErrNotOwner},
	{Vanish, Claims{RoleNone: Allowed, RoleOwner: Allowed}, ErrNotOwner},
	{Return, Claims{RoleNone: Allowed, RoleOwner: Allowed}, ErrNotOwner},
	{Orphan, Claims{RoleNone: Allowed}, ErrIllegal},
}

// Rights says for every verb who may use it.
func Rights() []Right { return slices.Clone(rights[:]) }

// role is what the one who acts is in the session.
func (s Session) role(c Command) Role {
	i := s.place(c.Actor.ID)
	switch {
	case c.Actor.ID == "":
		return RoleNone
	case c.Actor.ID == s.Rep.ID:
		return RoleOwner
	case c.External, i >= 0 && s.Participants[i].External:
		return RoleExternal
	case i >= 0:
		return RoleParticipant
	default:
		return RoleOther
	}
}
