//go:build linux

package bed

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"sync"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

// Rep is a signed-in representative's calls on the console API.
type Rep struct {
	Name, Password string
	HTTP           *http.Client
	SignInAPI      apipbconnect.SignInServiceClient
	Inventory      apipbconnect.InventoryServiceClient
	Sessions       apipbconnect.SessionServiceClient
	Live           apipbconnect.LiveServiceClient
	Audit          apipbconnect.AuditServiceClient
}

// SignIn signs a rep in at the broker.
func (b *Broker) SignIn(ctx context.Context, name, password string) (*Rep, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	r := b.calls(&http.Client{Jar: jar, Transport: &secureOnLoopback{}})
	r.Name, r.Password = name, password
	_, err = r.SignInAPI.SignIn(ctx, connect.NewRequest(&apipb.SignInRequest{Name: name, Password: password}))
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", name, err)
	}
	return r, nil
}

func (b *Broker) calls(c *http.Client) *Rep {
	return &Rep{
		HTTP:      c,
		SignInAPI: apipbconnect.NewSignInServiceClient(c, b.Console),
		Inventory: apipbconnect.NewInventoryServiceClient(c, b.Console),
		Sessions:  apipbconnect.NewSessionServiceClient(c, b.Console),
		Live:      apipbconnect.NewLiveServiceClient(c, b.Console),
		Audit:     apipbconnect.NewAuditServiceClient(c, b.Console),
	}
}

// Tab is the rep with the cookies of now, which what happens to the first does not change.
func (r *Rep) Tab(b *Broker) *Rep {
	var cookies []*http.Cookie
	if s, ok := r.HTTP.Transport.(*secureOnLoopback); ok {
		s.mu.Lock()
		cookies = slices.Clone(s.cookies)
		s.mu.Unlock()
	}
	tab := b.calls(&http.Client{Jar: r.HTTP.Jar, Transport: &secureOnLoopback{cookies: cookies}})
	tab.Name, tab.Password = r.Name, r.Password
	return tab
}

// Device waits for a device whose host name this is to be online.
func (r *Rep) Device(ctx context.Context, hostname string) (*apipb.Device, error) {
	var found *apipb.Device
	err := Until(ctx, "device "+hostname+" online", func() (bool, error) {
		res, err := r.Inventory.ListDevices(ctx, connect.NewRequest(&apipb.ListDevicesRequest{}))
		if err != nil {
			return false, err
		}
		for _, d := range res.Msg.Devices {
			if d.Online && (hostname == "" || d.Info.Hostname == hostname) {
				found = d
				return true, nil
			}
		}
		return false, nil
	})
	return found, err
}

// Start asks for a support session.
func (r *Rep) Start(ctx context.Context, device string) (*apipb.Session, error) {
	res, err := r.Sessions.Start(ctx, connect.NewRequest(&apipb.StartRequest{DeviceId: device, Path: "inventory"}))
	if err != nil {
		return nil, err
	}
	return res.Msg.Session, nil
}

// Phase waits until a session is in one of the phases.
func (r *Rep) Phase(ctx context.Context, id string, phases ...apipb.SessionPhase) (*apipb.Session, error) {
	var s *apipb.Session
	err := Until(ctx, fmt.Sprintf("session in %v", phases), func() (bool, error) {
		res, err := r.Sessions.Get(ctx, connect.NewRequest(&apipb.GetRequest{Id: id}))
		if err != nil {
			return false, err
		}
		s = res.Msg.Session
		for _, p := range phases {
			if s.Phase == p {
				return true, nil
			}
		}
		return false, fmt.Errorf("it is in %v", s.Phase)
	})
	return s, err
}

// secureOnLoopback sends cookies marked Secure over plain HTTP on loopback, as
// browsers do, which Go's cookie jar does not.
type secureOnLoopback struct {
	mu      sync.Mutex
	cookies []*http.Cookie
}

func (s *secureOnLoopback) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	cookies := slices.Clone(s.cookies)
	s.mu.Unlock()
	for _, c := range cookies {
		if _, err := req.Cookie(c.Name); err != nil {
			req.AddCookie(c)
		}
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	for _, c := range res.Cookies() {
		if c.Secure {
			s.keep(c)
		}
	}
	return res, nil
}

func (s *secureOnLoopback) keep(c *http.Cookie) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies = slices.DeleteFunc(s.cookies, func(old *http.Cookie) bool { return old.Name == c.Name })
	if c.MaxAge >= 0 && c.Value != "" {
		s.cookies = append(s.cookies, c)
	}
}

// ticket fetches a viewer's ticket, and the header that goes with it.
func (r *Rep) ticket(ctx context.Context, session string) (string, http.Header, error) {
	res, err := r.Sessions.Attach(ctx, connect.NewRequest(&apipb.AttachRequest{Id: session}))
	if err != nil {
		return "", nil, fmt.Errorf("ticket: %w", err)
	}
	req := &http.Request{Header: http.Header{}}
	if s, ok := r.HTTP.Transport.(*secureOnLoopback); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.cookies {
			req.AddCookie(c)
		}
	}
	return res.Msg.Ticket, req.Header, nil
}
