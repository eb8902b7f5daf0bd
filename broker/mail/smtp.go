package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"github.com/wneessen/go-mail"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/internal/redact"
)

// try hands one message to the server.
func (s *Sender) try(ctx context.Context, m Message) (err error) {
	defer redact.Contain(&err) // it has the password
	set, _, _, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	if !set.Enabled {
		return ErrOff
	}
	client, err := s.client(set)
	if err != nil {
		return err
	}
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(set.From), msg.To(m.To)); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("mail server %s: %w", set.Host, err)
	}
	return nil
}

func (s *Sender) client(set store.Mail) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(int(set.Port)), mail.WithTimeout(sendTimeout),
		mail.WithTLSConfig(&tls.Config{ServerName: set.Host, RootCAs: s.conf.Roots, MinVersion: tls.VersionTLS12}),
	}
	switch set.Security {
	case TLS:
		options = append(options, mail.WithSSL())
	case Plain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if set.User != "" {
		password, err := s.conf.Passwords.MailPassword()
		if err != nil {
			return nil, fmt.Errorf("mail password: %w", err)
		}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(set.User), mail.WithPassword(password))
	}
	c, err := mail.NewClient(set.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return c, nil
}

// refused reports whether the server will say the same the next time.
func refused(err error) bool {
	var e *mail.SendError
	return errors.As(err, &e) && !e.IsTemp()
}
