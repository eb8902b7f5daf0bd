package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of texts from elsewhere, in runes: what a window can show and a person
// can read.
const (
	MaxName   = 64
	MaxTitle  = 80
	MaxWho    = 96 // an address
	MaxNotice = 600
	MaxReason = 200
)

// Clean makes a text from elsewhere fit to be shown on one line: valid UTF-8,
// composed, without control, formatting and bidirectional characters, with
// single spaces, and at most limit runes long. It keeps letters of every script.
func Clean(s string, limit int) string {
	// The cut comes first, so that work is bounded; a rune has at most
	// utf8.UTFMax bytes and a name may be padded by what is dropped.
	if most := limit * utf8.UTFMax * 8; len(s) > most {
		s = s[:most]
	}
	s = norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD"))
	var b strings.Builder
	n, space, marks := 0, false, 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			space = b.Len() > 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			continue
		case unicode.Is(unicode.M, r):
			// Marks stack on the letter before; a few are language, many are a mess.
			if marks++; marks > 2 {
				continue
			}
		default:
			marks = 0
		}
		if n >= limit {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// CleanText is Clean for a notice of several lines: line breaks stay.
func CleanText(s string, limit int) string { return CleanLines(s, limit, maxLines) }

// CleanLines is Clean for a text of at most so many lines.
func CleanLines(s string, limit, count int) string {
	if most := limit * utf8.UTFMax * 8; len(s) > most {
		s = s[:most]
	}
	var lines []string
	left := limit
	for line := range strings.SplitSeq(s, "\n") {
		if left <= 0 || len(lines) == count {
			break
		}
		line = Clean(line, left)
		left -= utf8.RuneCountInString(line)
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// maxLines keeps a notice from growing over the edge of a small screen.
const maxLines = 12
