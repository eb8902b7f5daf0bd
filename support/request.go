package support

import "github.com/alongside-remote/alongside/wire/wirepb"

// Wish is how a customer's request stands. It follows from its session.
type Wish uint8

// Wishes. Those from WishDenied on are final.
const (
	WishNone      Wish = iota // the session is no customer's request
	WishPending               // nobody has decided
	WishApproved              // the prompt is on its way, or shown
	WishDenied                // by IT, or by the person at the prompt
	WishCancelled             // taken back, or it did not come about
	WishExpired               // nobody decided in time
	WishDone                  // it became a session
)

var wishNames = [...]string{
	WishNone: "none", WishPending: "pending", WishApproved: "approved", WishDenied: "denied",
	WishCancelled: "cancelled", WishExpired: "expired", WishDone: "done",
}

// String is the stable name, as in the audit log and the store.
func (w Wish) String() string {
	if int(w) < len(wishNames) {
		return wishNames[w]
	}
	return "unknown"
}

// Wishes lists every state of a request that exists.
func Wishes() []Wish {
	return []Wish{WishPending, WishApproved, WishDenied, WishCancelled, WishExpired, WishDone}
}

// ParseWish reads what String wrote.
func ParseWish(s string) (Wish, bool) {
	for w, name := range wishNames {
		if name == s {
			return Wish(w), true
		}
	}
	return WishNone, false
}

// Wish is how the request of the session stands.
func (s Session) Wish() Wish {
	switch {
	case s.Request == "":
		return WishNone
	case !s.ConsentAt.IsZero():
		return WishDone
	}
	switch s.Phase {
	case Requested:
		return WishPending
	case Approved, AwaitingConsent:
		return WishApproved
	case Denied:
		return WishDenied
	case Expired:
		return WishExpired
	default:
		return WishCancelled
	}
}

// Status is what the customer is told of the request.
func (s Session) Status() wirepb.RequestState {
	switch w := s.Wish(); {
	case w == WishPending:
		return wirepb.RequestState_REQUEST_STATE_PENDING
	case w == WishApproved:
		return wirepb.RequestState_REQUEST_STATE_APPROVED
	case w == WishExpired:
		return wirepb.RequestState_REQUEST_STATE_EXPIRED
	case w == WishDone:
		return wirepb.RequestState_REQUEST_STATE_DONE
	case w == WishDenied && s.Code == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_IT:
		return wirepb.RequestState_REQUEST_STATE_DENIED
	case w == WishDenied && s.Code == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		return wirepb.RequestState_REQUEST_STATE_DONE // the customer answered it
	case w == WishDenied || w == WishCancelled:
		return wirepb.RequestState_REQUEST_STATE_CANCELLED
	default:
		return wirepb.RequestState_REQUEST_STATE_UNSPECIFIED
	}
}
