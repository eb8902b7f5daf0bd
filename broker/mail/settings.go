package mail

import (
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
)

// Ways to protect the connection to the mail server.
const (
	STARTTLS = "starttls" // in plain until the server has shown its certificate; nothing is sent before
	TLS      = "tls"
	Plain    = "none" // for a server on a loopback address
)

// Limits of the settings.
const (
	maxNotify  = 20
	maxAddress = 254 // RFC 5321, 4.5.3.1.3
)

// check returns settings in their own form, or what is wrong with them.
func check(m store.Mail) (store.Mail, error) {
	m.Host, m.User = strings.TrimSpace(m.Host), strings.TrimSpace(m.User)
	if m.Security == "" {
		m.Security = STARTTLS
	}
	var err error
	switch {
	case !slices.Contains([]string{STARTTLS, TLS, Plain}, m.Security):
		return m, &account.FieldError{Field: "security", Detail: "choose starttls, tls or none"}
	case m.Security == Plain && !loopback(m.Host):
		return m, &account.FieldError{Field: "security", Detail: "without TLS mail goes to a server on this machine only"}
	case m.Enabled && m.Host == "", m.Host != text.Line(m.Host, maxAddress):
		return m, &account.FieldError{Field: "host", Detail: "give the name of the mail server"}
	case m.Enabled && m.Port == 0:
		return m, &account.FieldError{Field: "port", Detail: "give the port, most often 587 or 465"}
	case m.User != text.Line(m.User, maxAddress):
		return m, &account.FieldError{Field: "user", Detail: "it has characters that do not print, or is too long"}
	case len(m.Notify) > maxNotify:
		return m, &account.FieldError{Field: "notify", Detail: fmt.Sprintf("at most %d addresses", maxNotify)}
	}
	if m.From, err = address("from", m.From); err != nil && (m.Enabled || m.From != "") {
		return m, err
	}
	m.Notify = slices.Clone(m.Notify)
	for i := range m.Notify {
		if m.Notify[i], err = address("notify", m.Notify[i]); err != nil {
			return m, err
		}
	}
	return m, nil
}

// address is one bare address. What net/mail takes has no line break in it.
func address(field, s string) (string, error) {
	s = strings.TrimSpace(s)
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > maxAddress {
		return s, &account.FieldError{Field: field, Detail: fmt.Sprintf("%q is no mail address", text.Line(s, maxAddress))}
	}
	return s, nil
}

func loopback(host string) bool {
	if host == "" || host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// changes says what is different, for the audit log.
func changes(old, now store.Mail, password bool) string {
	var c audit.Changes
	note := func(name string, before, after any) { c.AddText(name, fmt.Sprint(before), fmt.Sprint(after)) }
	note("enabled", old.Enabled, now.Enabled)
	note("host", old.Host, now.Host)
	note("port", old.Port, now.Port)
	note("security", old.Security, now.Security)
	note("user", old.User, now.User)
	note("from", old.From, now.From)
	note("notify", strings.Join(old.Notify, " "), strings.Join(now.Notify, " "))
	if password {
		c.AddReplaced("password")
	}
	return c.String()
}
