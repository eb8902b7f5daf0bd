package desk

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fieldError says which field of a request is wrong.
type fieldError = account.FieldError

// Bounds of a request's fields.
const (
	minDigits = 3   // of the shortest internal telephone number
	maxPhone  = 64  // bytes
	maxEmail  = 254 // bytes, RFC 5321
)

// fill takes the fields of a request over, each filtered, or says which is wrong
// in words for the one who typed it.
func fill(w *store.Request, q *wirepb.SupportRequest, reasonMin int) error {
	w.Name, w.Email = text.Name(q.Name), text.Line(q.Email, maxEmail)
	w.Phone, w.Reason = text.Line(q.Phone, maxPhone), text.Body(q.Reason)
	reasonMin = max(reasonMin, 1)
	switch {
	case len(q.Name) > wire.MaxName:
		return &fieldError{Field: "name", Detail: fmt.Sprintf("use at most %d letters", wire.MaxName)}
	case w.Name == "":
		return &fieldError{Field: "name", Detail: "please tell us your name"}
	case w.Email == "" && w.Phone == "":
		return &fieldError{Field: "email", Detail: "please give an e-mail address or a phone number"}
	case len(q.Email) > maxEmail || w.Email != "" && !emailLike(w.Email):
		return &fieldError{Field: "email", Detail: "this is not an e-mail address"}
	case len(q.Phone) > maxPhone || w.Phone != "" && !phoneLike(w.Phone):
		return &fieldError{Field: "phone", Detail: "this is not a phone number"}
	case len(q.Reason) > wire.MaxText:
		return &fieldError{Field: "reason", Detail: "please say it shorter"}
	case utf8.RuneCountInString(w.Reason) < reasonMin:
		return &fieldError{Field: "reason", Detail: fmt.Sprintf("please say in at least %d characters what you need", reasonMin)}
	}
	return nil
}

func emailLike(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// phoneLike: digits, and what people put between them.
func phoneLike(s string) bool {
	n := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			n++
		case !unicode.IsLetter(r) && !strings.ContainsRune("+-/(). #*,:", r):
			return false
		}
	}
	return n >= minDigits
}
