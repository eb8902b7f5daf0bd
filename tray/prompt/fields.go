package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/tray/internal/words"
	"github.com/alongside-remote/alongside/wire"
)

// Fields are what a support request says, byte for byte as it was typed.
type Fields struct {
	Name, Email, Phone, Reason string
}

// MinReason is the shortest reason, in letters or digits; the agent and the
// broker may ask for more.
const MinReason = 3

// MaxField is the longest reason in bytes: room for a paragraph, far below what
// a control message holds. The other entries are names.
const MaxField = 2000

// field is one entry of the form.
type field struct {
	name  string // as the protocol calls it
	label words.ID
	value func(*Fields) *string
}

func formFields() []field {
	return []field{
		{"name", words.FieldName, func(f *Fields) *string { return &f.Name }},
		{"email", words.FieldEmail, func(f *Fields) *string { return &f.Email }},
		{"phone", words.FieldPhone, func(f *Fields) *string { return &f.Phone }},
		{"reason", words.FieldReason, func(f *Fields) *string { return &f.Reason }},
	}
}

// Problem is an entry that cannot be sent as it is.
type Problem struct {
	Field int      // in the order name, e-mail, phone, reason
	What  words.ID // what to do
	N     int      // that is named in it; 0: none
}

// ProblemAt is a problem with a field by the protocol's name for it, which the
// broker found; nil where there is no such field.
func ProblemAt(name string) *Problem {
	for i, f := range formFields() {
		if f.name == name {
			return &Problem{Field: i, What: words.PleaseCorrect}
		}
	}
	return nil
}

// Text is what the person is told.
func (p Problem) Text(w words.Words) string {
	if p.N > 0 {
		return w.Say(p.What, p.N)
	}
	return w.Say(p.What)
}

// Validate lists what is missing. It changes nothing: what is sent is what was
// typed.
func (r FormRequest) Validate(f Fields) []Problem {
	var out []Problem
	bad := func(field int, what words.ID) { out = append(out, Problem{Field: field, What: what}) }
	if strings.TrimSpace(f.Name) == "" {
		bad(0, words.NeedName)
	}
	email, phone := strings.TrimSpace(f.Email), strings.TrimSpace(f.Phone)
	switch {
	case email == "" && phone == "":
		bad(1, words.NeedContact)
	case email != "" && !emailLike(email):
		bad(1, words.NotEmail)
	}
	if phone != "" && count(phone, unicode.IsDigit) < 3 {
		bad(2, words.NotPhone)
	}
	switch reason := strings.TrimSpace(f.Reason); {
	case count(reason, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < MinReason:
		bad(3, words.NeedReason)
	case utf8.RuneCountInString(reason) < r.ReasonMin:
		out = append(out, Problem{Field: 3, What: words.ReasonTooFew, N: r.ReasonMin})
	}
	for i, e := range formFields() {
		v := *e.value(&f)
		if len(v) > e.most() {
			bad(i, words.TooLong)
		} else if !utf8.ValidString(v) {
			bad(i, words.CannotBeSent)
		}
	}
	return out
}

// most is the longest value in bytes.
func (f field) most() int {
	if f.name == "reason" {
		return MaxField
	}
	return wire.MaxName
}

func emailLike(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && !strings.ContainsFunc(s, unicode.IsSpace)
}

func count(s string, is func(rune) bool) int {
	n := 0
	for _, r := range s {
		if is(r) {
			n++
		}
	}
	return n
}
