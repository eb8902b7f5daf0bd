package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fields are what a support request says, byte for byte as it was typed.
type Fields struct {
	Name, Email, Phone, Reason string
}

// MinReason is the shortest reason, in letters or digits; the agent and the
// broker may ask for more.
const MinReason = 3

// MaxField is the longest entry in bytes: room for a paragraph, far below what
// a control message holds.
const MaxField = 2000

// field is one entry of the form.
type field struct {
	label string
	value func(*Fields) *string
}

func formFields() []field {
	return []field{
		{"Your name", func(f *Fields) *string { return &f.Name }},
		{"E-mail", func(f *Fields) *string { return &f.Email }},
		{"Phone", func(f *Fields) *string { return &f.Phone }},
		{"What is it about?", func(f *Fields) *string { return &f.Reason }},
	}
}

// Problem is an entry that cannot be sent as it is.
type Problem struct {
	Field int    // in the order name, e-mail, phone, reason
	Text  string // what to do, to be shown to the person
}

// Validate lists what is missing. It changes nothing: what is sent is what was
// typed.
func (f Fields) Validate() []Problem {
	var out []Problem
	if strings.TrimSpace(f.Name) == "" {
		out = append(out, Problem{0, "Please tell us your name."})
	}
	email, phone := strings.TrimSpace(f.Email), strings.TrimSpace(f.Phone)
	switch {
	case email == "" && phone == "":
		out = append(out, Problem{1, "Please give an e-mail address or a phone number."})
	case email != "" && !emailLike(email):
		out = append(out, Problem{1, "This does not look like an e-mail address."})
	}
	if phone != "" && count(phone, unicode.IsDigit) < 3 {
		out = append(out, Problem{2, "This does not look like a phone number."})
	}
	if count(f.Reason, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < MinReason {
		out = append(out, Problem{3, "Please say in a few words what you need."})
	}
	for i, e := range formFields() {
		v := *e.value(&f)
		if len(v) > MaxField {
			out = append(out, Problem{i, "This is too long."})
		} else if !utf8.ValidString(v) {
			out = append(out, Problem{i, "This has characters that cannot be sent."})
		}
	}
	return out
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
