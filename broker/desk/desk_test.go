package desk

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// rig is a desk on real books, with the endpoint, the relay, the policy and the
// recorder played.
type rig struct {
	*Desk
	mu      sync.Mutex
	now     time.Time
	linked  bool
	online  bool
	sent    []*wirepb.BrokerMessage
	set     policy.Settings
	refuse  error // of policy
	begin   error // of the recorder
	dropped []error
	dev     store.Device
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), linked: true, online: true, set: policy.Defaults()}
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	log := audit.Open(st, func(store.Record) {})
	t.Cleanup(func() {
		log.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.dev = store.Device{ID: "d", Pin: hex.EncodeToString(make([]byte, 32)), PublicKey: pub, Token: "k", Hostname: "ws-1", User: "cora", Entitled: true}
	if err := st.Update(t.Context(), func(tx *store.Tx) error {
		return errors.Join(
			tx.AddAccount(store.Account{ID: "r", Name: "rob"}), tx.AddToken(store.Token{ID: "k", Hash: "h", Uses: 1}), tx.AddDevice(r.dev),
		)
	}); err != nil {
		t.Fatal(err)
	}
	r.Desk, err = New(t.Context(), Config{
		Store: st, Audit: log, Hub: live.New(), Agents: r, Relay: r, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Now: r.clock, Organisation: func() string { return "Example" }, GrantKey: key, Policy: r, Recorder: r, Room: r,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) Send(_ string, m *wirepb.BrokerMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.linked {
		return &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE}
	}
	r.sent = append(r.sent, m)
	return nil
}

func (r *rig) Online(string) bool                        { return r.online }
func (r *rig) Linked(string) bool                        { return r.linked }
func (r *rig) Dismiss(string)                            {}
func (r *rig) Open(wire.SessionID)                       {}
func (r *rig) Close(wire.SessionID, error)               {}
func (r *rig) Detach(wire.SessionID, error)              {}
func (r *rig) DetachViewers(_ wire.SessionID, why error) { r.dropped = append(r.dropped, why) }
func (r *rig) Expel(wire.SessionID, string, error)       {}
func (r *rig) Here(string) bool                          { return false }
func (r *rig) Idle(string) bool                          { return false }
func (r *rig) Gone(string) time.Time                     { return time.Time{} }
func (r *rig) Ticket(wire.SessionID, account.Principal) (account.Secret, error) {
	return "ticket", nil
}
func (r *rig) Settings(store.Device) policy.Settings { return r.set }
func (r *rig) Views(store.Device) []string           { return nil }
func (r *rig) Begin(support.Session) error           { return r.begin }
func (r *rig) End(wire.SessionID)                    {}
func (r *rig) Mask(wire.SessionID, string)           {}
func (r *rig) Unmask(wire.SessionID)                 {}
func (r *rig) Decide(policy.Principal, store.Device, policy.Action, time.Time) policy.Decision {
	return policy.Decision{Err: r.refuse}
}

// rob is a rep who may do everything.
func rob() account.Principal {
	return account.Principal{ID: "r", DisplayName: "Rob", Permissions: policy.AllPermissions()}
}

// offers counts what the endpoint was asked.
func (r *rig) offers() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, m := range r.sent {
		if m.GetOffer() != nil {
			n++
		}
	}
	return n
}

func (r *rig) requested(t *testing.T) string {
	t.Helper()
	id := [16]byte{7}
	r.Message(r.dev, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: &wirepb.SupportRequest{
		Id: id[:], Name: "Cora", Phone: "4711", Reason: "printer",
	}}})
	return hex.EncodeToString(id[:])
}

// An endpoint that was just connecting while its request was approved is asked
// all the same.
func TestR9_OfferFollowsTheEndpoint(t *testing.T) {
	r := newRig(t)
	id := r.requested(t)
	r.online = false
	if _, err := r.Approve(t.Context(), rob(), id, false); err != nil {
		t.Fatal(err)
	}
	r.Tick(t.Context())
	if r.offers() != 0 {
		t.Fatal("an offer to an endpoint that is not there")
	}
	r.online = true
	r.Tick(t.Context())
	r.Tick(t.Context())
	if r.offers() != 1 {
		t.Fatalf("%d offers", r.offers())
	}
}

// What policy forbids by the time the endpoint is there is not offered.
func TestE6_ApprovedAndThenSwitchedOff(t *testing.T) {
	r := newRig(t)
	id := r.requested(t)
	r.online = false
	if _, err := r.Approve(t.Context(), rob(), id, false); err != nil {
		t.Fatal(err)
	}
	r.refuse = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "off in the scope X")
	r.online = true
	r.Tick(t.Context())
	if r.offers() != 0 {
		t.Fatal("offered")
	}
	w, err := r.conf.Store.Request(t.Context(), id)
	if err != nil || w.State != support.WishCancelled {
		t.Fatalf("%v, %v", w, err)
	}
}

// No recording, no picture where it must be; where it need not, the audit log
// says so and the session goes on.
func TestE11_RecordingRequiredOrNot(t *testing.T) {
	for _, c := range []struct {
		rule policy.Recording
		want wirepb.ErrorCode
	}{
		{policy.RecordingRequired, wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE},
		{policy.RecordingOn, 0},
	} {
		r := newRig(t)
		r.set.Recording, r.begin = c.rule, errors.New("disk full")
		s, err := r.Start(t.Context(), rob(), Ask{Device: "d", Path: "device"})
		if err != nil {
			t.Fatal(err)
		}
		e := r.find(s.ID)
		if err := r.step(t.Context(), e, action{Command: support.Command{
			Verb: support.Allow, Terms: support.Terms{Permissions: []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW}},
		}}); err != nil {
			t.Fatal(err)
		}
		check := func(want wirepb.ErrorCode, failed bool) {
			t.Helper()
			_, err := r.Attach(t.Context(), rob(), s.ID)
			if want == 0 && err != nil || want != 0 && !errors.Is(err, &wire.CodeError{Code: want}) {
				t.Errorf("%d: %v, want %v", c.rule, err, want)
			}
			if r.show(e).RecordingFailed != failed {
				t.Errorf("%d: failed %t", c.rule, !failed)
			}
		}
		check(c.want, true)
		r.Recording(s.ID, nil)
		check(0, false)
		before := len(r.dropped)
		r.Recording(s.ID, errors.New("disk full"))
		check(c.want, true)
		if got := len(r.dropped) - before; got > 0 != (c.want != 0) {
			t.Errorf("%d: viewers dropped %d times", c.rule, got)
		}
	}
}

// Requests of one device are few, whatever it sends.
func TestRequestsOfADeviceAreLimited(t *testing.T) {
	r := newRig(t)
	r.refuse = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "off")
	for i := range 100 {
		id := [16]byte{byte(i + 1)}
		r.Message(r.dev, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: &wirepb.SupportRequest{Id: id[:], Name: "x"}}})
	}
	found, err := r.conf.Store.Records(context.Background(), store.RecordFilter{Limit: 200})
	if err != nil || len(found) != requestBurst {
		t.Fatalf("%d records, %v", len(found), err)
	}
}
