package support

import (
	"errors"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// at applies commands at times after t0 and fails when one is refused.
type step struct {
	after time.Duration
	c     Command
}

func run(t *testing.T, steps ...step) Session {
	t.Helper()
	var s Session
	for _, p := range steps {
		if p.c.Verb == Start {
			s.Rep = rob
		}
		p.c.At = t0.Add(p.after)
		var err error
		if s, _, err = s.Apply(p.c); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func start() step { return step{0, Command{Verb: Start, Terms: terms()}} }

func allow(after time.Duration) step {
	return step{after, Command{Verb: Allow, Terms: Terms{Permissions: []wirepb.Permission{view}}}}
}

// due checks that a command comes out of Tick exactly at a time.
func due(t *testing.T, s Session, at time.Time, want Verb, code wirepb.ErrorCode) {
	t.Helper()
	if c, ok := s.Tick(at.Add(-1)); ok {
		t.Fatalf("%s comes early", c.Verb)
	}
	c, ok := s.Tick(at)
	if !ok || c.Verb != want || c.Code != code {
		t.Fatalf("at the time: %v %s %s, want %s %s", ok, c.Verb, c.Code, want, code)
	}
	if _, _, err := s.Apply(c); err != nil {
		t.Fatal(err)
	}
}

func TestQ2_SilenceIsANo(t *testing.T) {
	s := run(t, start())
	if _, _, err := s.Apply(Command{Verb: Allow, At: s.AnswerBy}); !errors.Is(err, ErrIllegal) {
		t.Fatalf("a late yes: %v", err)
	}
	due(t, s, s.AnswerBy, Timeout, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT)
}

func TestL3_A9_ExpiryIsExact(t *testing.T) {
	s := run(t, start(), allow(time.Second))
	if want := t0.Add(time.Second + time.Hour); s.ExpiresAt != want || s.Deadline() != want {
		t.Fatalf("expires at %v", s.ExpiresAt)
	}
	due(t, s, s.ExpiresAt, Expire, wirepb.ErrorCode_ERROR_CODE_EXPIRED)
	// The endpoint's clock counts: what it says is taken a moment earlier too.
	if _, _, err := s.Apply(Command{Verb: Expire, At: s.ExpiresAt.Add(-time.Second), Told: true}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Apply(Command{Verb: Expire, At: s.ExpiresAt.Add(-time.Second)}); !errors.Is(err, ErrIllegal) {
		t.Fatalf("the broker's own, early: %v", err)
	}
}

func TestL5_NoExpiryNoEnd(t *testing.T) {
	c := start()
	c.c.Terms.MaxDuration = 0
	s := run(t, c, allow(0))
	if c, ok := s.Tick(t0.Add(1000 * time.Hour)); ok || !s.Deadline().IsZero() {
		t.Fatalf("%s is due", c.Verb)
	}
}

func TestQ7_HoldKeepsTheExpiryRunning(t *testing.T) {
	s := run(t, start(), allow(0), step{time.Minute, Command{Verb: Hold, Actor: rob}})
	due(t, s, t0.Add(time.Hour), Expire, wirepb.ErrorCode_ERROR_CODE_EXPIRED)
	s = run(t, start(), allow(0), step{time.Minute, Command{Verb: Hold, Actor: rob}}, step{30 * time.Minute, Command{Verb: Resume, Actor: rob}})
	due(t, s, t0.Add(time.Hour), Expire, wirepb.ErrorCode_ERROR_CODE_EXPIRED)
	// Nor does it run before the Yes.
	if s := run(t, start()); !s.ExpiresAt.IsZero() {
		t.Fatal("the expiry runs before the Yes")
	}
}

func TestQ1_RevocationHasItsNotice(t *testing.T) {
	s := run(t, start(), allow(0), step{time.Minute, Command{Verb: Revoke}})
	due(t, s, t0.Add(time.Minute+RevokeNotice), CutOff, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	for _, v := range []Verb{Revoke, Spare} {
		if _, _, err := s.Apply(Command{Verb: v, At: t0.Add(time.Minute + time.Second)}); !errors.Is(err, ErrIllegal) {
			t.Errorf("a second notice by %s: %v", v, err)
		}
	}
	if s.Deadline() != s.EndsBy {
		t.Errorf("the sooner end counts: %v", s.Deadline())
	}
	kept := run(t, start(), allow(0), step{time.Minute, Command{Verb: Spare}})
	if c, ok := kept.Tick(t0.Add(time.Hour - 1)); ok {
		t.Errorf("spared, and %s is due", c.Verb)
	}
	if _, _, err := kept.Apply(Command{Verb: Revoke, At: t0.Add(2 * time.Minute)}); err != nil {
		t.Errorf("the rule may turn: %v", err)
	}
}

func TestQ3_YesHoldsOverLostLinksWhileItIsValid(t *testing.T) {
	yes := allow(0)
	yes.c.ValidUntil = t0.Add(valid)
	lost := run(t, start(), yes, step{10 * time.Second, Command{Verb: Lose}})
	if _, _, err := lost.Apply(Command{Verb: Regain, At: t0.Add(valid - 1)}); err != nil {
		t.Fatalf("inside the validity: %v", err)
	}
	if _, _, err := lost.Apply(Command{Verb: Regain, At: t0.Add(valid)}); !errors.Is(err, ErrIllegal) {
		t.Fatalf("after it: %v", err)
	}
	due(t, lost, t0.Add(valid), Void, wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED)
	// While the link stands nothing ends by it.
	if c, ok := run(t, start(), yes).Tick(t0.Add(valid)); ok {
		t.Fatalf("%s is due on a link that stands", c.Verb)
	}
	// Unbounded: only the grace counts.
	lost = run(t, start(), allow(0), step{time.Minute, Command{Verb: Lose}})
	due(t, lost, t0.Add(time.Minute+ClaimGrace), Unclaimed, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
}

// A machine that said that it restarts is waited for longer, within the Yes, and only
// this once.
func TestX7_ARestartIsWaitedForLonger(t *testing.T) {
	allowed := func(valid time.Time) step {
		return step{0, Command{Verb: Allow, Terms: Terms{Permissions: []wirepb.Permission{view}}, ValidUntil: valid}}
	}
	away := step{0, Command{Verb: Lose, Away: RestartGrace}}
	lost := run(t, start(), allowed(time.Time{}), away)
	if c, ok := lost.Tick(t0.Add(RestartGrace - 1)); ok {
		t.Fatalf("%s is due before", c.Verb)
	}
	due(t, lost, t0.Add(RestartGrace), Unclaimed, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
	due(t, run(t, start(), allowed(t0.Add(5*time.Minute)), away), t0.Add(5*time.Minute), Void, wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED)
	again := run(t, start(), allowed(time.Time{}), away, step{0, Command{Verb: Regain}}, step{0, Command{Verb: Lose}})
	due(t, again, t0.Add(ClaimGrace), Unclaimed, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
}

func TestUndecidedRequestLapses(t *testing.T) {
	s := run(t, step{0, Command{Verb: Request}})
	due(t, s, t0.Add(DecisionTime), Lapse, wirepb.ErrorCode_ERROR_CODE_EXPIRED)
	if _, _, err := s.Apply(Command{Verb: Approve, At: t0.Add(DecisionTime), Rep: Rep{ID: "r"}}); !errors.Is(err, ErrIllegal) {
		t.Fatalf("approved too late: %v", err)
	}
	s = run(t, step{0, Command{Verb: Request}}, step{time.Hour, Command{Verb: Approve, Rep: Rep{ID: "r"}}})
	due(t, s, t0.Add(time.Hour+ApprovalTime), Lapse, wirepb.ErrorCode_ERROR_CODE_EXPIRED)
}

func TestWishFollowsTheSession(t *testing.T) {
	request, by := step{0, Command{Verb: Request}}, Rep{"r", "Rob"}
	approve, offer := step{1, Command{Verb: Approve, Rep: by}}, step{2, Command{Verb: Offer, Terms: terms()}}
	denied := func(code wirepb.ErrorCode, v Verb) step { return step{3, Command{Verb: v, Code: code}} }
	for _, c := range []struct {
		name   string
		steps  []step
		wish   Wish
		status wirepb.RequestState
	}{
		{"asked", []step{request}, WishPending, wirepb.RequestState_REQUEST_STATE_PENDING},
		{"approved", []step{request, approve}, WishApproved, wirepb.RequestState_REQUEST_STATE_APPROVED},
		{"offered", []step{request, approve, offer}, WishApproved, wirepb.RequestState_REQUEST_STATE_APPROVED},
		{"connected", []step{request, approve, offer, allow(3)}, WishDone, wirepb.RequestState_REQUEST_STATE_DONE},
		{"over", []step{request, approve, offer, allow(3), {4, Command{Verb: End}}}, WishDone, wirepb.RequestState_REQUEST_STATE_DONE},
		{
			"denied by IT",
			[]step{request, denied(wirepb.ErrorCode_ERROR_CODE_DENIED_BY_IT, Reject)},
			WishDenied, wirepb.RequestState_REQUEST_STATE_DENIED,
		},
		{
			"denied at the prompt",
			[]step{request, approve, offer, denied(wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, Decline)},
			WishDenied, wirepb.RequestState_REQUEST_STATE_DONE,
		},
		{
			"nobody there",
			[]step{request, approve, offer, denied(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, Refuse)},
			WishDenied, wirepb.RequestState_REQUEST_STATE_CANCELLED,
		},
		{"taken back", []step{request, {3, Command{Verb: Cancel}}}, WishCancelled, wirepb.RequestState_REQUEST_STATE_CANCELLED},
		{"undecided", []step{request, {DecisionTime, Command{Verb: Lapse}}}, WishExpired, wirepb.RequestState_REQUEST_STATE_EXPIRED},
	} {
		s := run(t, c.steps...)
		s.Request = "q"
		if s.Wish() != c.wish || s.Status() != c.status {
			t.Errorf("%s: %s, %s", c.name, s.Wish(), s.Status())
		}
		if s.Request = ""; s.Wish() != WishNone {
			t.Errorf("%s: a wish without a request", c.name)
		}
	}
}

func TestC10_OutcomesPerPhase(t *testing.T) {
	for _, p := range Phases() {
		s := Session{Phase: p, Rep: Rep{ID: "r"}}
		if got := append(s.Outcomes("x"), s.Outcomes("")...); len(got) > 0 {
			t.Errorf("%s offers %v to a stranger", p, got)
		}
		for _, o := range s.Outcomes("r") {
			if !standard().has(p, o.Verb()) {
				t.Errorf("%s is offered in %s and not legal", o, p)
			}
		}
		if open := p != Requested && !p.Final(); (len(s.Outcomes("r")) > 0) != open {
			t.Errorf("%s offers %v", p, s.Outcomes("r"))
		}
	}
}
