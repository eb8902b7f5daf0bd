package policybook

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fleet is endpoints that are all online and keep what they are told.
type fleet struct {
	mu   sync.Mutex
	told map[string][]*wirepb.SignedPolicy
}

func (f *fleet) Linked(string) bool { return true }

func (f *fleet) Send(device string, m *wirepb.BrokerMessage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told[device] = append(f.told[device], m.GetPolicy())
	return nil
}

type bench struct {
	t     testing.TB
	book  *Book
	store *store.Store
	audit *audit.Log
	fleet *fleet
	key   ed25519.PublicKey
	now   time.Time
}

func newBench(t testing.TB, devices int) *bench {
	t.Helper()
	b := &bench{t: t, fleet: &fleet{told: map[string][]*wirepb.SignedPolicy{}}, now: time.UnixMilli(1_800_000_000_000)}
	var err error
	if b.store, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "broker.db")); err != nil {
		t.Fatal(err)
	}
	b.audit = audit.Open(b.store, func(store.Record) {})
	t.Cleanup(func() {
		b.audit.Close()
		_ = b.store.Close()
	})
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.key = public
	if err := b.store.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.AddToken(store.Token{ID: "t", Hash: "h", Uses: 1}); err != nil {
			return err
		}
		for i := range devices {
			d := store.Device{ID: id(i), Pin: fmt.Sprintf("%x", pin(i)), Token: "t", Hostname: fmt.Sprintf("pc-%d", i), Entitled: true}
			if err := tx.AddDevice(d); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if b.book, err = Open(t.Context(), Config{
		Store: b.store, Audit: b.audit, Hub: live.New(), Agents: b.fleet, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return b.now }, GrantKey: key, Base: policy.Defaults(),
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func id(i int) string { return fmt.Sprintf("d%d", i) }

func pin(i int) [sha256.Size]byte { return sha256.Sum256([]byte(id(i))) }

// last is what a device was told last, and how many times it was told.
func (b *bench) last(i int) (*wirepb.DevicePolicy, int) {
	b.t.Helper()
	b.fleet.mu.Lock()
	defer b.fleet.mu.Unlock()
	all := b.fleet.told[id(i)]
	if len(all) == 0 {
		return nil, 0
	}
	s := all[len(all)-1]
	p, err := wire.VerifyPolicy(b.key, pin(i), s.Policy, s.Signature)
	if err != nil {
		b.t.Fatal(err)
	}
	return p, len(all)
}

var ada = account.Principal{ID: "ada", DisplayName: "Ada"}

func (b *bench) save(s policy.Scope) policy.Scope {
	b.t.Helper()
	s, _, err := b.book.Save(b.t.Context(), ada, s, b.book.Scopes().Version)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func TestEveryDeviceIsToldWhatChangedForIt(t *testing.T) {
	const devices = batch + 10
	b := newBench(t, devices)
	var news []string
	b.book.OnChange(func(d string) { news = append(news, d) })
	b.book.mu.Lock()
	b.book.tellAll(t.Context())
	b.book.mu.Unlock()
	b.save(policy.Scope{Name: "Some", Devices: policy.Matcher{Names: []string{"pc-1*"}}, Settings: map[policy.Key]string{policy.ViewOnlyKey: "true"}})
	for i := range devices {
		held := strings.HasPrefix(fmt.Sprint(i), "1")
		p, n := b.last(i)
		if p.ViewOnly != held || (n == 2) != held {
			t.Fatalf("device %d was told %d times, at last %v", i, n, p)
		}
	}
	// Names of settings that a device does not enforce are none of its business.
	b.save(policy.Scope{Name: "Other", Settings: map[policy.Key]string{"recording": "on", "mfa_at_start": "true"}})
	if _, n := b.last(0); n != 1 {
		t.Errorf("told %d times", n)
	}
	if len(news) != 2 || news[0] != "" {
		t.Errorf("news: %q", news)
	}
}

func TestPoliciesAreRenewed(t *testing.T) {
	b := newBench(t, 1)
	b.book.Connected(t.Context(), id(0))
	first, _ := b.last(0)
	renew := func() (*wirepb.DevicePolicy, int) {
		b.book.mu.Lock()
		b.book.tellAll(t.Context())
		b.book.mu.Unlock()
		return b.last(0)
	}
	b.now = b.now.Add(Renewal - time.Minute)
	if _, n := renew(); n != 1 {
		t.Errorf("renewed after less than a day")
	}
	b.now = b.now.Add(time.Minute)
	p, n := renew()
	if n != 2 || p.Version <= first.Version || p.ExpiresUnixMs != b.now.Add(Life).UnixMilli() {
		t.Errorf("after a day: %v", p)
	}
	// The broker's clock goes back: versions still grow.
	b.now = b.now.Add(-48 * time.Hour)
	if back, n := renew(); n != 3 || back.Version != p.Version+1 {
		t.Errorf("with a clock that went back: %v", back)
	}
	// A database from a backup: the clock is ahead of what was told.
	if b.now = b.now.Add(72 * time.Hour); b.now.UnixMilli() <= int64(p.Version) {
		t.Fatal("the test's clock")
	}
	if later, _ := renew(); later.Version != uint64(b.now.UnixMilli()) {
		t.Errorf("%v is not numbered by the clock", later)
	}
}

func TestNothingChangesWithoutItsRecord(t *testing.T) {
	b := newBench(t, 1)
	b.book.Connected(t.Context(), id(0))
	b.book.conf.Audit = broken{}
	_, _, err := b.book.Save(t.Context(), ada, policy.Scope{Name: "x"}, b.book.Scopes().Version)
	if !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	tags := []string{"x"}
	if _, err := b.book.UpdateDevice(t.Context(), ada, id(0), DeviceChange{Tags: &tags}); !errors.Is(err, audit.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if l, err := b.store.Scopes(t.Context()); err != nil || len(l.List) != 1 || l.Version != 1 || len(b.book.Scopes().List) != 1 {
		t.Errorf("%+v %v", l, err)
	}
	if d, err := b.store.Device(t.Context(), id(0)); err != nil || len(d.Tags) != 0 {
		t.Errorf("%+v %v", d, err)
	}
}

type broken struct{}

func (broken) Append(context.Context, store.Record, ...func(*store.Tx) error) (store.Record, error) {
	return store.Record{}, audit.ErrUnavailable
}

func TestDifferenceFitsARecord(t *testing.T) {
	long := make([]string, policy.MaxMatchers)
	for i := range long {
		long[i] = strings.Repeat("ü", policy.MaxName/2)
	}
	m := policy.Matcher{Names: long, Groups: long, Tags: long}
	s := policy.Scope{Name: long[0], Devices: m, Users: m, Settings: map[policy.Key]string{}}
	for _, c := range policy.Catalogue() {
		s.Settings[c.Key] = strings.Repeat("ü", 32)
	}
	s.Settings[policy.HoursKey] = strings.Repeat("Mon-Fri 08:00-18:00 Europe/Berlin\n", 100)
	if d := difference(s, policy.Scope{}); len(d) > 4<<10 || !strings.Contains(d, "SHA-256") || strings.Contains(d, "\n") {
		t.Errorf("%d bytes: %s", len(d), d)
	}
}

// BenchmarkSave is a change that every one of 10,000 devices has to be told.
func BenchmarkSave(b *testing.B) {
	const devices = 10_000
	n := newBench(b, devices)
	s := n.book.Scopes().List[0]
	for i := 0; b.Loop(); i++ {
		s.Settings = map[policy.Key]string{policy.RemoteSupportKey: "true", policy.ViewOnlyKey: fmt.Sprint(i%2 == 0)}
		n.save(s)
	}
}
