package broker

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) portal() apipbconnect.PortalServiceClient {
	return apipbconnect.NewPortalServiceClient(c.http, c.base)
}

func (c *client) desk() apipbconnect.PortalDeskServiceClient {
	return apipbconnect.NewPortalDeskServiceClient(c.http, c.base)
}

// newPortal is a bench with an open portal page, a team with Rob and Ria, its queue
// "first" and the issue "printing", and a client to download.
func newPortal(t *testing.T) (n *bench, queueID, issueID string) {
	t.Helper()
	n = newBench(t)
	n.offerClient()
	ada := n.rep("ada")
	first := ada.object(t, queue("first", ada.object(t, team("support", n.rep("rob").id(t), n.rep("ria").id(t))).Id))
	printing := ada.object(t, issue("printing", first.Id, false))
	must[apipb.SavePortalResponse](t)(ada.desk().SavePortal(t.Context(), connect.NewRequest(&apipb.SavePortalRequest{
		Settings: &apipb.PortalSettings{Open: true, Title: "Help", Greeting: "Hello", Accent: "#1A5FB4", Queues: []string{first.Id}, Issues: []string{printing.Id}},
	})))
	return n, first.Id, printing.Id
}

// offerClient lets the broker have a client to download.
func (n *bench) offerClient() {
	n.t.Helper()
	folder := n.t.TempDir()
	must1(n.t, os.WriteFile(filepath.Join(folder, "alongside-linux-amd64"), []byte("the client"), 0o600))
	n.conf = func(c *Config) { c.Clients = folder }
	n.restart()
}

// page is a customer's portal page.
type page struct {
	t      *testing.T
	c      *client
	token  string
	got    chan *apipb.WatchChatResponse // closed with the stream
	close  context.CancelFunc
	state  *apipb.VisitState
	said   []*wirepb.Chat
	typing []*apipb.VisitTyping
}

// begin starts a chat and opens its page.
func (n *bench) begin(r *apipb.BeginChatRequest) *page {
	n.t.Helper()
	p := &page{t: n.t, c: n.visitor()}
	p.token = must[apipb.BeginChatResponse](n.t)(p.c.portal().BeginChat(n.t.Context(), connect.NewRequest(r))).Token
	p.open()
	return p
}

// open opens the page, as a reload does.
func (p *page) open() {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	w, err := p.c.portal().WatchChat(ctx, connect.NewRequest(&apipb.WatchChatRequest{Token: p.token}))
	if err != nil {
		p.t.Fatal(err)
	}
	got, done := make(chan *apipb.WatchChatResponse, 1024), make(chan struct{})
	p.got, p.state, p.said = got, nil, nil
	p.close = func() { cancel(); <-done }
	p.t.Cleanup(p.close)
	go func() {
		defer close(done)
		defer close(got)
		for w.Receive() {
			got <- w.Msg()
		}
	}()
	p.until("its state", func() bool { return p.state != nil })
}

// until takes what the page is told until a condition holds.
func (p *page) until(what string, cond func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	for !cond() {
		select {
		case m, ok := <-p.got:
			if !ok {
				p.t.Fatalf("the stream ended before %s", what)
			}
			if s := m.GetState(); s != nil {
				p.state = s
			}
			if s := m.GetChat(); s != nil {
				p.said = append(p.said, s)
			}
			if s := m.GetTyping(); s != nil {
				p.typing = append(p.typing, s)
			}
		case <-deadline:
			p.t.Fatalf("never: %s; the page shows %v", what, p.state)
		}
	}
}

func (p *page) phase(want apipb.SessionPhase) {
	p.t.Helper()
	p.until(want.String(), func() bool { return p.state.Phase == want })
}

func (p *page) say(text string) {
	p.t.Helper()
	if _, err := p.c.portal().SayChat(p.t.Context(), connect.NewRequest(&apipb.SayChatRequest{Token: p.token, Text: text})); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) fetch() (*apipb.FetchClientResponse, error) {
	r, err := p.c.portal().FetchClient(p.t.Context(), connect.NewRequest(&apipb.FetchClientRequest{Token: p.token}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

// client runs what the page has the customer download, up to its hello.
func (p *page) client(n *bench) *agent {
	p.t.Helper()
	f, err := p.fetch()
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := transport.ParseBundle([]byte(f.Bundle), time.Now())
	if err != nil || b.Adhoc == nil || b.Adhoc.FileName() != f.BundleName {
		p.t.Fatal(err, f.BundleName)
	}
	a := n.agent()
	if e := a.tryEnroll(b.Token); e.GetEnrolled() == nil {
		p.t.Fatalf("enroll: %v", e)
	}
	a.connect()
	return a
}

// waits is the chat that waits for a rep.
func (c *client) waits(t *testing.T) *apipb.Session {
	t.Helper()
	var found *apipb.Session
	eventually(t, "a chat waits", func() bool {
		o := c.open(t)
		defer o.close()
		for _, s := range o.snap.Sessions {
			if s.Phase == apipb.SessionPhase_SESSION_PHASE_WAITING {
				found = s
			}
		}
		return found != nil
	})
	return found
}

func (c *client) newKey(t *testing.T, life time.Duration) *apipb.CreateSessionKeyResponse {
	t.Helper()
	return must[apipb.CreateSessionKeyResponse](t)(c.desk().CreateSessionKey(t.Context(), connect.NewRequest(&apipb.CreateSessionKeyRequest{
		ValidS: uint32(life.Seconds()),
	})))
}

func (c *client) runClient(t *testing.T, session string) error {
	t.Helper()
	_, err := c.desk().RunClient(t.Context(), connect.NewRequest(&apipb.RunClientRequest{SessionId: session}))
	return err
}

func (c *client) tell(t *testing.T, session, text string) {
	t.Helper()
	if _, err := c.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: session, Text: text})); err != nil {
		t.Fatal(err)
	}
}

func withKey(code string) *apipb.BeginChatRequest {
	return &apipb.BeginChatRequest{Name: "Cora Customer", To: &apipb.BeginChatRequest_Key{Key: code}}
}

func withQueue(id string) *apipb.BeginChatRequest {
	return &apipb.BeginChatRequest{Name: "Cora Customer", To: &apipb.BeginChatRequest_QueueId{QueueId: id}}
}

func withIssue(id string) *apipb.BeginChatRequest {
	return &apipb.BeginChatRequest{Name: "Cora Customer", To: &apipb.BeginChatRequest_IssueId{IssueId: id}}
}

func must1(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustBundle(t *testing.T, content string) *transport.Bundle {
	t.Helper()
	b, err := transport.ParseBundle([]byte(content), time.Now())
	must1(t, err)
	return b
}
