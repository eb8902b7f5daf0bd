package support

import (
	"errors"
	"fmt"
)

// Refusals of a command. Each says what to do about it.
var (
	// ErrOver says that the session has ended: take up the new state.
	ErrOver = errors.New("session is over")
	// ErrIllegal says that the command does not fit the session's state: take up
	// the new state.
	ErrIllegal = errors.New("command does not fit the session's phase")
	// ErrNotOwner says that only the owner may: ask the owner.
	ErrNotOwner = errors.New("only the owner of the session may")
	// ErrNotParticipant says that a rep is not in the session beside its owner, not
	// any more or never was: take up the new state.
	ErrNotParticipant = errors.New("not a participant of the session")
	// ErrDuplicateInvitation says that a rep is invited already, or in the session:
	// wait for the answer, or take the invitation back first.
	ErrDuplicateInvitation = errors.New("the rep is invited or in the session already")
	// ErrInvitationGone says that no such invitation stands for the one who acts:
	// ask for another.
	ErrInvitationGone = errors.New("the invitation is gone")
	// ErrAlreadyTaken says that another rep was first: nothing is left to do.
	ErrAlreadyTaken = errors.New("another rep was first")
	// ErrNotInMode says that the session is a chat and nothing else: have the
	// customer run the client first.
	ErrNotInMode = errors.New("only chat is available in the session")
	// ErrFull says that there are as many participants or invitations as there may
	// be: try again when one is gone.
	ErrFull = errors.New("the session has as many as it may")
)

// refusal is one of them with what was refused. It is put into words only when
// somebody reads it: most commands that come late are refused, and nobody does.
type refusal struct {
	verb  Verb
	phase Phase
	err   error
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s a session that is %s: %v", r.verb, r.phase, r.err)
}

func (r *refusal) Unwrap() error { return r.err }
