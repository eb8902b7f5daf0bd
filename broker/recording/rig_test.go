package recording

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/keyring"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const patience = time.Minute

var rob = account.Principal{ID: "rob", DisplayName: "Rob Rep", SignIn: "s"}

// rig is a service over a data folder with one session, whose screen is played.
type rig struct {
	t     testing.TB
	data  string
	mu    sync.Mutex
	skew  time.Duration
	set   policy.Settings
	told  []error // what was reported
	shut  int     // how often viewers were detached
	store *store.Store
	audit *audit.Log
	keys  *keyring.Keyring
	hub   *live.Hub
	s     *Service
	end   func()

	screens chan *screen // as the recorder attaches
	offline error        // what Record answers; nil: a screen
}

// newRig opens a data folder, in which the session is made where it is not. Those
// that the desk resumes begin before the service runs.
func newRig(t testing.TB, data, recordings string, reserve int64, set policy.Settings, resumed ...support.Session) *rig {
	t.Helper()
	r := &rig{t: t, data: data, set: set, hub: live.New(), screens: make(chan *screen, 16)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	r.keys, err = keyring.Open(data)
	must(err)
	r.store, err = store.Open(t.Context(), filepath.Join(data, "broker.db"))
	must(err)
	r.audit = audit.Open(r.store, func(store.Record) {})
	r.s, err = Open(t.Context(), Config{
		Dir: recordings, Reserve: reserve, Store: r.store, Audit: r.audit, Hub: r.hub, Keys: r.keys, Source: r, Report: r.report,
		Settings: func(context.Context, string) (policy.Settings, error) { return r.set, nil },
		Log:      slog.New(slog.NewTextHandler(t.Output(), nil)), Now: r.now,
	})
	must(err)
	if _, err := r.store.Session(t.Context(), theSession.ID); errors.Is(err, store.ErrNotFound) {
		must(r.store.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(
				tx.AddToken(store.Token{ID: "t", Hash: "t", Uses: 1}),
				tx.AddDevice(store.Device{ID: theSession.Device, Pin: "p", Token: "t", Hostname: "ws-1"}),
				tx.AddAccount(store.Account{ID: "rob", Name: "rob", DisplayName: "Rob Rep"}),
				tx.AddSession(theSession))
		}))
	}
	for _, session := range resumed {
		must(r.s.Begin(session))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); r.s.Run(ctx) }()
	r.end = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := r.s.Close(); err != nil {
			t.Error(err)
		}
		r.audit.Close()
		_ = r.store.Close()
		_ = r.keys.Close()
	})
	t.Cleanup(r.end)
	return r
}

var theSession = support.Session{
	ID: wire.SessionID{7}, Device: "dev", DeviceName: "ws-1", User: "cora", Rep: support.Rep{ID: "rob", Name: "Rob Rep"},
	Path: "inventory", Phase: support.Active, StartedAt: time.UnixMilli(1e12), ConsentAt: time.UnixMilli(1e12 + 1),
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.skew)
}

func (r *rig) report(_ wire.SessionID, why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, why)
}

func (r *rig) DetachViewers(wire.SessionID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shut++
}

func (r *rig) said() (times, detached int, last error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.told); n > 0 {
		last = r.told[n-1]
	}
	return len(r.told), r.shut, last
}

func (r *rig) Record(context.Context, wire.SessionID) (io.ReadWriteCloser, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.offline != nil {
		return nil, r.offline
	}
	ours, theirs := net.Pipe()
	s := &screen{t: r.t, Conn: ours, shown: make(chan shown, 1024), views: make(chan *wirepb.ViewSettings, 16), gone: make(chan struct{})}
	go s.read()
	r.screens <- s
	return theirs, nil
}

func (r *rig) screen() *screen {
	r.t.Helper()
	select {
	case s := <-r.screens:
		<-s.views
		return s
	case <-time.After(patience):
		r.t.Fatal("the recorder did not attach")
		return nil
	}
}

// begin begins the session with a rep's viewer and gives its screen.
func (r *rig) begin() *screen {
	r.t.Helper()
	if err := r.s.Begin(theSession); err != nil {
		r.t.Fatal(err)
	}
	if err := r.s.Admit(r.t.Context(), theSession.ID, rob); err != nil {
		r.t.Fatal(err)
	}
	return r.screen()
}

// over is the session's recording, when it has ended.
func (r *rig) over() store.Recording {
	r.t.Helper()
	var all []store.Recording
	eventually(r.t, "the recording has ended", func() bool {
		var err error
		if all, err = r.s.List(r.t.Context(), theSession.ID, 0); err != nil {
			r.t.Fatal(err)
		}
		return len(all) > 0
	})
	return all[0]
}

func (r *rig) open(id string) *Index {
	r.t.Helper()
	_, x, err := r.s.Open(r.t.Context(), rob, id)
	if err != nil {
		r.t.Fatal(err)
	}
	return x
}

// entries are all messages of a recording.
func (r *rig) entries(id string, x *Index) []Entry {
	r.t.Helper()
	keys, err := r.s.identities()
	if err != nil {
		r.t.Fatal(err)
	}
	reel := r.s.newReel(id, x, keys)
	defer reel.close()
	var all []Entry
	for {
		e, err := reel.peek()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			r.t.Fatal(err)
		}
		reel.ahead = nil
		c := *e
		c.Payload = append([]byte(nil), e.Payload...)
		all = append(all, c)
	}
}

func (r *rig) records(action string) []store.Record {
	r.t.Helper()
	all, err := r.store.Records(r.t.Context(), store.RecordFilter{Limit: 10_000})
	if err != nil {
		r.t.Fatal(err)
	}
	var found []store.Record
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Action == action {
			found = append(found, all[i])
		}
	}
	return found
}

func marks(x *Index, kind string) (n int) {
	for _, m := range x.Marks {
		if m.Kind == kind {
			n++
		}
	}
	return n
}

// screen is the endpoint's end of the recorder's stream.
type screen struct {
	net.Conn
	t          testing.TB
	shown      chan shown
	views      chan *wirepb.ViewSettings
	gone       chan struct{}
	epoch, seq uint32
}

func (s *screen) read() {
	defer close(s.gone)
	for {
		m, _, err := wire.ReadMedia(s.Conn, nil)
		if err != nil {
			return
		}
		switch m.Kind {
		case wire.MediaShown:
			s.shown <- shown{m.Epoch, m.Seq}
		case wire.MediaView:
			v := new(wirepb.ViewSettings)
			if proto.Unmarshal(m.Payload, v) == nil {
				s.views <- v
			}
		default:
			s.t.Errorf("the recorder sent a message of kind %d", m.Kind)
		}
	}
}

// key sends the first update of an epoch: a blank screen.
func (s *screen) key() error {
	s.epoch, s.seq = s.epoch+1, 0
	return s.send(wire.AppendOp(nil, &wire.Op{Kind: wire.OpResize, Width: 64, Height: 32}))
}

// fill paints the screen in a grey.
func (s *screen) fill(grey byte) error {
	return s.send(wire.AppendOp(nil, &wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: wire.Rect{W: 64, H: 32}, R: grey, G: grey, B: grey}}}))
}

func (s *screen) send(payload []byte) error {
	s.seq++
	_, err := s.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: s.epoch, Seq: s.seq}, Payload: payload}))
	return err
}

// credited waits for the answer to what was sent last.
func (s *screen) credited() {
	s.t.Helper()
	for {
		select {
		case a := <-s.shown:
			if a == (shown{s.epoch, s.seq}) {
				return
			}
		case <-time.After(patience):
			s.t.Fatalf("no credit for %d of epoch %d", s.seq, s.epoch)
		}
	}
}

func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !cond() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func files(t testing.TB, dir string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != reserveFile {
			names = append(names, path)
		}
		return err
	}))
	return names
}

func hexOf(b []byte) string { return hex.EncodeToString(b) }
