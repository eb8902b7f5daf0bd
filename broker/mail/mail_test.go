package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/keyring"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
)

const (
	user     = "alongside"
	password = account.Secret("a canary password")
)

// received is one message as a mail server got it.
type received struct {
	user, from, to, data string
	tls                  bool
}

// server is a real SMTP server with one user.
type server struct {
	*smtp.Server
	port  uint16
	roots *x509.CertPool
	got   chan received
	say   error // to every message; nil takes it
}

func newServer(t *testing.T, implicit bool) *server {
	t.Helper()
	cert, roots := certificate(t)
	v := &server{roots: roots, got: make(chan received, 16)}
	v.Server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: v, conn: c}, nil }))
	v.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	v.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	v.port = uint16(l.Addr().(*net.TCPAddr).Port)
	if implicit {
		l = tls.NewListener(l, v.TLSConfig)
	}
	done := make(chan error, 1)
	go func() { done <- v.Serve(l) }()
	t.Cleanup(func() {
		_ = v.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return v
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, DNSNames: []string{"localhost"}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}, roots
}

type session struct {
	server *server
	conn   *smtp.Conn
	m      received
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, given string) error {
		if name != user || given != password.Reveal() {
			return errors.New("no")
		}
		s.m.user = name
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.m.from = from; return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error   { s.m.to = to; return nil }
func (s *session) Reset()                                      {}
func (s *session) Logout() error                               { return nil }

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.m.data = string(b)
	_, s.m.tls = s.conn.TLSConnectionState()
	s.server.got <- s.m
	return s.server.say
}

// post is a sender on a folder of its own.
func post(t *testing.T, v *server) (*Sender, *store.Store) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	keys, err := keyring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "broker.db"))
	if err != nil {
		t.Fatal(err)
	}
	log := audit.Open(s, func(store.Record) {})
	t.Cleanup(func() {
		log.Close()
		if err := errors.Join(s.Close(), keys.Close()); err != nil {
			t.Error(err)
		}
	})
	return New(Config{
		Store: s, Audit: log, Hub: live.New(), Passwords: keys, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Now: time.Now, Roots: v.roots,
	}), s
}

func (v *server) settings(security string) store.Mail {
	return store.Mail{Enabled: true, Host: "localhost", Port: v.port, Security: security, User: user, From: "support@example.com"}
}

var ada = account.Principal{ID: "1", DisplayName: "Ada Admin"}

func TestMailGoesOverTLSWithThePassword(t *testing.T) {
	for _, security := range []string{STARTTLS, TLS} {
		t.Run(security, func(t *testing.T) {
			v := newServer(t, security == TLS)
			s, db := post(t, v)
			p := password
			if _, err := s.Save(t.Context(), ada, v.settings(security), &p); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); s.Run(ctx) }()
			if err := s.Send(t.Context(), Message{To: "ria@example.com", Subject: "Hello\r\nBcc: x@example.com", Text: "A text.\n.\nQUIT\n"}); err != nil {
				t.Fatal(err)
			}
			m := <-v.got
			cancel()
			<-done
			if m.user != user || m.from != "support@example.com" || m.to != "ria@example.com" || !m.tls {
				t.Errorf("%+v", m)
			}
			if !strings.Contains(m.data, "A text.") || !strings.Contains(m.data, "QUIT") || strings.Contains(m.data, "\nBcc:") {
				t.Errorf("data:\n%s", m.data)
			}
			if err := db.EachRecord(t.Context(), func(r store.Record, err error) error {
				if strings.Contains(r.Detail, password.Reveal()) {
					t.Errorf("the password is in the audit log: %s", r.Detail)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMailIsNotSentInAWeakerWay(t *testing.T) {
	v := newServer(t, false)
	s, _ := post(t, v)
	p := password
	if _, err := s.Save(t.Context(), ada, v.settings(STARTTLS), &p); err != nil {
		t.Fatal(err)
	}
	s.conf.Roots = x509.NewCertPool() // nobody vouches for the server
	if err := s.Test(t.Context(), ada, "ria@example.com"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
	s.conf.Roots = v.roots
	v.TLSConfig = nil // a server, or somebody before it, without STARTTLS
	if err := s.Test(t.Context(), ada, "ria@example.com"); err == nil {
		t.Error("sent without TLS")
	}
	if len(v.got) != 0 {
		t.Error("the server got a message")
	}
	if _, _, last, err := s.Settings(t.Context()); err != nil || last == "" {
		t.Errorf("the failure is not told: %q, %v", last, err)
	}
}

func TestMailSettingsAreChecked(t *testing.T) {
	v := newServer(t, false)
	s, db := post(t, v)
	good := v.settings(STARTTLS)
	for field, change := range map[string]func(*store.Mail){
		"host":     func(m *store.Mail) { m.Host = "" },
		"port":     func(m *store.Mail) { m.Port = 0 },
		"security": func(m *store.Mail) { m.Host, m.Security = "mail.example.com", Plain },
		"from":     func(m *store.Mail) { m.From = "Ada <ada@example.com>" },
		"notify":   func(m *store.Mail) { m.Notify = []string{"a@example.com\r\nb@example.com"} },
		"user":     func(m *store.Mail) { m.User = "a\x00b" },
	} {
		bad := good
		change(&bad)
		var fe *account.FieldError
		if _, err := s.Save(t.Context(), ada, bad, nil); !errors.As(err, &fe) || fe.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	p := password
	if _, err := s.Save(t.Context(), ada, good, &p); err != nil {
		t.Fatal(err)
	}
	// Whoever may change the server must not get the password sent to it.
	moved := good
	moved.Host = "127.0.0.1"
	var fe *account.FieldError
	if _, err := s.Save(t.Context(), ada, moved, nil); !errors.As(err, &fe) || fe.Field != "password" {
		t.Errorf("another server with the old password: %v", err)
	}
	good.Notify = []string{"a@example.com"}
	if _, err := s.Save(t.Context(), ada, good, nil); err != nil {
		t.Error(err)
	}
	records, err := db.Records(t.Context(), store.RecordFilter{Action: "mail.save", Limit: 10})
	if err != nil || len(records) != 2 || records[0].Detail != `notify: "" → "a@example.com"` {
		t.Errorf("%+v, %v", records, err)
	}
}

func TestMailQueueIsBounded(t *testing.T) {
	v := newServer(t, false)
	s, _ := post(t, v)
	m := Message{To: "ria@example.com"}
	if err := s.Send(t.Context(), m); !errors.Is(err, ErrOff) {
		t.Errorf("without settings: %v", err)
	}
	p := password
	if _, err := s.Save(t.Context(), ada, v.settings(STARTTLS), &p); err != nil {
		t.Fatal(err)
	}
	for range queued {
		if err := s.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Send(t.Context(), m); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
}
