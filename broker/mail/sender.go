// Package mail sends the broker's mail: one message at a time, from a bounded
// queue, over TLS that is never given up for a weaker way.
package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
)

// Limits of sending.
const (
	// queued messages wait while the server is away; what comes beyond is refused.
	queued = 256
	// tries of one message, retryAfter apart and each time twice as long.
	tries      = 4
	retryAfter = 15 * time.Second
	// sendTimeout bounds one try, from the connection to the server's last word.
	sendTimeout = 30 * time.Second
	maxPassword = 1024
)

// Errors of sending. ErrOff and ErrFull tell the caller that nobody will get
// the message.
var (
	ErrOff  = errors.New("mail is not set up")
	ErrFull = errors.New("too many messages wait for the mail server")
)

// Message is one mail, in plain text.
type Message struct {
	To, Subject, Text string
}

// Passwords keeps the one password beside the database; package keyring does.
type Passwords interface {
	// MailPassword is empty when none was set.
	MailPassword() (string, error)
	SetMailPassword(password string) error
}

// Config is what a sender needs.
type Config struct {
	Store     *store.Store
	Audit     account.Log
	Hub       *live.Hub
	Passwords Passwords
	Log       *slog.Logger
	Now       func() time.Time
	// Roots are the authorities that mail servers are believed by; nil is the
	// system's.
	Roots *x509.CertPool
}

// Sender sends mail. Its methods may be called from any goroutine.
type Sender struct {
	conf  Config
	queue chan Message

	mu   sync.Mutex
	last string // why the last message did not go out; empty: it did
}

// New makes a sender. Run sends.
func New(c Config) *Sender { return &Sender{conf: c, queue: make(chan Message, queued)} }

// Settings are the settings that stand, whether a password is set, and why the
// last message did not go out.
func (s *Sender) Settings(ctx context.Context) (m store.Mail, password bool, last string, err error) {
	m, err = s.conf.Store.Mail(ctx)
	if errors.Is(err, store.ErrNotFound) {
		m, err = store.Mail{Security: STARTTLS, Port: 587}, nil
	}
	if err != nil {
		return m, false, "", fmt.Errorf("mail settings: %w", err)
	}
	p, err := s.conf.Passwords.MailPassword()
	s.mu.Lock()
	defer s.mu.Unlock()
	return m, p != "", s.last, err
}

// Save replaces the settings and, unless it is nil, the password. A password is
// for the server that it was given for: with another host it has to be given
// again.
func (s *Sender) Save(ctx context.Context, p account.Principal, m store.Mail, password *account.Secret) (store.Mail, error) {
	m, err := check(m)
	if err != nil {
		return m, err
	}
	if password != nil && len(*password) > maxPassword {
		return m, &account.FieldError{Field: "password", Detail: "too long"}
	}
	old, had, _, err := s.Settings(ctx)
	if err != nil {
		return m, err
	}
	moved := old.Host != m.Host || old.Security != m.Security
	if password == nil && had && m.User != "" && moved {
		return m, &account.FieldError{Field: "password", Detail: "give the password again: it was for another server"}
	}
	r := store.Record{
		At: s.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mail.save", Object: "mail", Result: audit.OK,
		Detail: changes(old, m, password != nil),
	}
	if _, err := s.conf.Audit.Append(ctx, r, func(tx *store.Tx) error {
		if password != nil {
			if err := s.conf.Passwords.SetMailPassword(password.Reveal()); err != nil {
				return fmt.Errorf("keep mail password: %w", err)
			}
		}
		return tx.PutMail(m)
	}); err != nil {
		return m, err
	}
	s.note(nil)
	s.conf.Hub.Publish(live.Change{List: "mail"})
	return m, nil
}

// Send queues a message. It does not wait for the server.
func (s *Sender) Send(ctx context.Context, m Message) error {
	set, _, _, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	if !set.Enabled {
		return ErrOff
	}
	if _, err := address("to", m.To); err != nil {
		return err
	}
	select {
	case s.queue <- m:
		return nil
	default:
		return ErrFull
	}
}

// Test sends one message now and returns what the server said.
func (s *Sender) Test(ctx context.Context, p account.Principal, to string) error {
	if _, err := address("to", to); err != nil {
		return err
	}
	if _, err := s.conf.Audit.Append(ctx, store.Record{
		At: s.conf.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "mail.test", Object: "mail", Result: audit.OK,
		Detail: fmt.Sprintf("to=%q", to),
	}); err != nil {
		return err
	}
	err := s.try(ctx, Message{To: to, Subject: "Alongside can send mail", Text: "This is a test message. " + p.DisplayName + " asked for it."})
	s.note(err)
	return err
}

// Run sends what is queued until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-s.queue:
			s.send(ctx, m)
		}
	}
}

func (s *Sender) send(ctx context.Context, m Message) {
	wait := retryAfter
	for n := range tries {
		err := s.try(ctx, m)
		s.note(err)
		if err == nil || errors.Is(err, ErrOff) || refused(err) {
			if err != nil {
				s.conf.Log.WarnContext(ctx, "mail not sent", "error", err)
			}
			return
		}
		s.conf.Log.WarnContext(ctx, "mail not sent yet", "try", n+1, "of", tries, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
			wait *= 2
		}
	}
}

// note remembers how the last message fared and tells the consoles of a change.
func (s *Sender) note(err error) {
	what := ""
	if err != nil {
		what = err.Error()
	}
	s.mu.Lock()
	changed := what != s.last
	s.last = what
	s.mu.Unlock()
	if changed {
		s.conf.Hub.Publish(live.Change{List: "mail"})
	}
}
