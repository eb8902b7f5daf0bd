package broker

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net"
	stdmail "net/mail"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/emersion/go-smtp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// letter is a mail as a server got it.
type letter struct{ to, data string }

// postbox is a session of a real SMTP server.
type postbox struct {
	got chan letter
	m   letter
}

func (p *postbox) Mail(string, *smtp.MailOptions) error      { return nil }
func (p *postbox) Rcpt(to string, _ *smtp.RcptOptions) error { p.m.to = to; return nil }
func (p *postbox) Reset()                                    {}
func (p *postbox) Logout() error                             { return nil }

func (p *postbox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.m.data = string(b)
	p.got <- p.m
	return err
}

// post starts a mail server and has the broker notify some addresses through it.
func (n *bench) post(c *client, notify ...string) <-chan letter {
	n.t.Helper()
	got := make(chan letter, 256)
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &postbox{got: got}, nil }))
	s.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	var lc net.ListenConfig
	l, err := lc.Listen(n.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	n.t.Cleanup(func() {
		_ = s.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			n.t.Error(err)
		}
	})
	must[apipb.SaveMailResponse](n.t)(apipbconnect.NewMailServiceClient(c.http, c.base).SaveMail(n.t.Context(), connect.NewRequest(&apipb.SaveMailRequest{
		Settings: &apipb.MailSettings{
			Enabled: true, Host: "127.0.0.1", Port: uint32(l.Addr().(*net.TCPAddr).Port), Security: "none", From: "support@example.com", Notify: notify,
		},
	})))
	return got
}

// read waits for a mail and returns it decoded.
func read(t *testing.T, got <-chan letter) (to, subject, text string) {
	t.Helper()
	select {
	case l := <-got:
		m, err := stdmail.ReadMessage(strings.NewReader(l.data))
		if err != nil {
			t.Fatal(err)
		}
		if kind := m.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") {
			t.Errorf("it is %s", kind)
		}
		body := m.Body
		if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(body)
		}
		b, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Error(err)
		}
		return l.to, subject, string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
	case <-time.After(patience):
		t.Fatal("no mail came")
		return "", "", ""
	}
}

func TestR6_NewRequestsAreMailedOnce(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	a, b := n.online(), n.online()
	waiting := b.asked() // before the broker began, and before anybody was to be told
	n.restart()
	a.connect()
	b.connect()
	got := n.post(ada, "desk@example.com", "night@example.com")

	q := a.asked()
	for _, want := range []string{"desk@example.com", "night@example.com"} {
		to, subject, text := read(t, got)
		if to != want || !strings.Contains(subject, "ws-1") || !strings.Contains(subject, "Cora") {
			t.Errorf("to %s: %q", to, subject)
		}
		for _, line := range []string{
			"https://" + n.b.public() + "/requests", "Device: ws-1", "Name: Cora O’Neil", "E-mail: cora@example.org", "Phone: +49 (0)30 4711-12",
			"Reason: Der Drucker spinnt – <b>sehr</b>",
		} {
			if !strings.Contains(text, "\n"+line+"\n") {
				t.Errorf("no line %q in:\n%s", line, text)
			}
		}
	}
	// Neither the same request again nor what becomes of it or of another is news.
	if r := a.request(q); r.Code != 0 {
		t.Fatal(r)
	}
	if _, err := ada.deny(t, q.Id, "not today"); err != nil {
		t.Fatal(err)
	}
	if _, err := ada.approve(t, waiting.Id); err != nil {
		t.Fatal(err)
	}
	a.told(wirepb.RequestState_REQUEST_STATE_DENIED)
	second := wish()
	second.Name = "Second"
	if r := a.request(second); r.Code != 0 {
		t.Fatal(r)
	}
	if _, subject, _ := read(t, got); !strings.Contains(subject, "Second") {
		t.Errorf("a mail that nobody needs: %s", subject)
	}
	read(t, got)
	// A broker that starts again knows what it has mailed.
	n.restart()
	third := n.online()
	third.asked()
	if _, subject, text := read(t, got); strings.Contains(subject, "Second") {
		t.Errorf("mailed again: %s", text)
	}
}

func TestR6_HostileRequestsAreInertInMail(t *testing.T) {
	n := newBench(t)
	got := n.post(n.rep("ada"), "desk@example.com")
	a := n.online()
	q := wish()
	q.Name = "Cora\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>"
	q.Reason = "Hi\n\nName: Somebody Else\nhttps://evil.example/requests\u202e\x00\r\n.\r\nQUIT" + strings.Repeat(" x", 2000)
	if r := a.request(q); r.Code != 0 {
		t.Fatal(r)
	}
	to, subject, text := read(t, got)
	if to != "desk@example.com" || strings.ContainsAny(subject, "\r\n") || len(subject) > 200 {
		t.Errorf("to %s: %q", to, subject)
	}
	if strings.Count(text, "\nName: ") != 1 || strings.Contains(text, "\nhttps://evil") || strings.ContainsAny(text, "\u202e\x00") || strings.Contains(text, "\nBcc") {
		t.Errorf("text:\n%s", text)
	}
	if len(text) > 4000 {
		t.Errorf("%d bytes", len(text))
	}
}

func TestMailsAboutRequestsAreBounded(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	got := n.post(ada, "desk@example.com")
	mails := 0
	for d := range 5 {
		a := n.online()
		for i := range 8 {
			q := wish()
			q.Name = fmt.Sprint("Cora ", d, " ", i)
			if r := a.request(q); r.Code != 0 {
				t.Fatal(r)
			}
			if _, err := ada.deny(t, q.Id, ""); err != nil {
				t.Fatal(err)
			}
			a.told(wirepb.RequestState_REQUEST_STATE_DENIED)
		}
	}
	// A minute later one more is mailed, and says how many were not.
	n.advance(time.Minute)
	a := n.online()
	q := wish()
	q.Name = "The last"
	if r := a.request(q); r.Code != 0 {
		t.Fatal(r)
	}
	for {
		_, subject, text := read(t, got)
		mails++
		if strings.Contains(subject, "The last") {
			if !strings.Contains(text, "too many requests") {
				t.Errorf("it does not say that some were not mailed:\n%s", text)
			}
			break
		}
	}
	if mails > 33 {
		t.Errorf("%d mails about 41 requests", mails)
	}
}
