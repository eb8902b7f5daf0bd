// Package text makes texts of agents, customers and reps safe to keep and to
// show: they are hostile until they went through here, once, where they come in.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/wire"
)

// Line is s as one line of at most limit bytes: valid UTF-8, without control
// characters, line breaks and characters that change the direction or hide.
func Line(s string, limit int) string { return strings.TrimSpace(clean(s, limit, false)) }

// Name is Line for names.
func Name(s string) string { return Line(s, wire.MaxName) }

// Body is like Line for chat and reasons, and keeps line breaks.
func Body(s string) string { return strings.TrimSpace(clean(s, wire.MaxText, true)) }

func clean(s string, limit int, lines bool) string {
	// Cut first: what follows costs by length.
	if len(s) > 4*limit {
		s = s[:4*limit]
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' && lines:
		case r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case r == utf8.RuneError || hidden(r):
			continue
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden are the characters that nobody sees and that change what is seen:
// controls, bidi overrides and isolates, zero-width ones, fillers, tags, private
// use.
func hidden(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point)
}
