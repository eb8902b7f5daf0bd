//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"image"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// maxViewers is how many a session may have, as many as an agent serves.
const maxViewers = 8

// rep is a signed-in rep at a broker.
type rep struct {
	base     string
	tls      *tls.Config
	http     *http.Client
	sessions apipbconnect.SessionServiceClient
	viewers  sync.WaitGroup

	mu     sync.Mutex
	failed []error
}

func signIn(ctx context.Context, n *node) (*rep, error) { return signInAs(ctx, n, repName) }

func signInAs(ctx context.Context, n *node, name string) (*rep, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	// The broker has made the certificate itself; it stands beside its data.
	content, err := os.ReadFile(filepath.Join(n.data, "web.pem"))
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(content) {
		return nil, errors.New("the broker's certificate cannot be read")
	}
	r := &rep{base: "https://" + n.listen, tls: &tls.Config{RootCAs: trusted}}
	r.http = &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: r.tls.Clone(), ForceAttemptHTTP2: true}}
	r.sessions = apipbconnect.NewSessionServiceClient(r.http, r.base)
	_, err = apipbconnect.NewSignInServiceClient(r.http, r.base).SignIn(ctx, connect.NewRequest(&apipb.SignInRequest{Name: name, Password: repPassword}))
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return r, nil
}

// pollEvery is how often is looked at what no event tells here.
const pollEvery = 20 * time.Millisecond

// start asks for a session and waits for the consent.
func (r *rep) start(ctx context.Context, device string) (string, error) {
	s, err := r.sessions.Start(ctx, connect.NewRequest(&apipb.StartRequest{DeviceId: device, Path: "inventory"}))
	if err != nil {
		return "", fmt.Errorf("start: %w", err)
	}
	id := s.Msg.Session.Id
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	late := time.After(patience)
	for {
		a, err := r.sessions.Get(ctx, connect.NewRequest(&apipb.GetRequest{Id: id}))
		if err != nil {
			return "", fmt.Errorf("session: %w", err)
		}
		if a.Msg.Session.Phase == apipb.SessionPhase_SESSION_PHASE_ACTIVE {
			return id, nil
		}
		if over := a.Msg.Session; over.EndedAt != nil {
			return "", fmt.Errorf("session is %v: %v %s", over.Phase, over.Code, over.Detail)
		}
		select {
		case <-tick.C:
		case <-late:
			return "", fmt.Errorf("session is in %v", a.Msg.Session.Phase)
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// end ends a session.
func (r *rep) end(ctx context.Context, id string) error {
	_, err := r.sessions.End(ctx, connect.NewRequest(&apipb.EndRequest{Id: id}))
	return err
}

// view attaches a viewer to a session and watches until ctx ends. The first
// picture has come when it returns.
func (r *rep) view(ctx context.Context, id string, m *meter, t *tally) error {
	a, err := r.sessions.Attach(ctx, connect.NewRequest(&apipb.AttachRequest{Id: id}))
	if err != nil {
		return fmt.Errorf("ticket: %w", err)
	}
	u, err := url.Parse(r.base)
	if err != nil {
		return err
	}
	h := http.Header{}
	for _, c := range r.http.Jar.Cookies(u) {
		h.Add("Cookie", c.String())
	}
	stream, accepted, err := viewer.Dial(ctx, r.base, a.Msg.Ticket, h, r.tls)
	if err != nil {
		return err
	}
	n, err := wire.ParseSessionID(accepted.Session)
	if err != nil {
		return err
	}
	s := &stamped{ReadWriteCloser: stream}
	shown := make(chan struct{})
	var once sync.Once
	mark := markNow()
	v := viewer.NewSession(s, viewer.Options{OnUpdate: func(c *viewer.Canvas, u viewer.Update) {
		now := time.Now()
		once.Do(func() { close(shown) })
		took, seen := m.arrived(passage{n, accepted.Viewer, u.Epoch, u.Seq}, s.at)
		at := markOn(c)
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.on {
			mark = at
			return
		}
		t.updates++
		t.bytes += int64(u.Bytes + wire.MediaHeaderSize)
		if seen {
			t.relay = append(t.relay, took)
		}
		if at != mark {
			mark = at
			t.frames++
			now := uint32(now.UnixMicro()/markUnit.Microseconds()) & 0xffffff
			t.age = append(t.age, time.Duration((now-at)&0xffffff)*markUnit)
		}
	}})
	r.viewers.Go(func() {
		if err := v.Run(ctx); ctx.Err() == nil {
			r.mu.Lock()
			r.failed = append(r.failed, err)
			r.mu.Unlock()
		}
	})
	select {
	case <-shown:
		return nil
	case <-time.After(patience):
		return errors.New("no picture")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// markOn is the mark that a canvas shows.
func markOn(c *viewer.Canvas) uint32 {
	m := c.Image()
	if !image.Pt(markSide/2, markSide/2).In(m.Rect) {
		return 0
	}
	p := m.RGBAAt(markSide/2, markSide/2)
	return uint32(p.B) | uint32(p.G)<<8 | uint32(p.R)<<16
}

// lost are the viewers that ended by themselves.
func (r *rep) lost() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.failed...)
}
