package transfer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxName is the longest name that is made, in bytes: what is put behind one, so that
	// it is the only one of its kind or not finished, fits into a file system's 255.
	maxName = 180
	// maxExtension is the longest end of a name that is kept when it is cut.
	maxExtension = 20
	// nameless is what a file is called of whose name nothing is left.
	nameless = "file"
)

// SafeName makes a name for a file out of a text that a stranger sent. It is one
// element of a path, visible, and a plain name on every system: no separator, control
// or formatting character, no device of Windows, nothing that a shell or a program
// takes for an option.
func SafeName(text string) string {
	const most = 4 * maxName * utf8.UTFMax // so that work is bounded
	if len(text) > most {
		text = text[len(text)-most:] // its extension is at its end
	}
	text = strings.ToValidUTF8(text, "_")
	// What stands before a separator is somebody else's folder.
	text = text[strings.LastIndexAny(text, `/\`)+1:]
	text = norm.NFC.String(text)
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r), r == utf8.RuneError:
			return '_'
		default:
			return r
		}
	}, text)
	text = trim(text)
	text = trim(cut(text, maxName))
	if text == "" {
		return nameless
	}
	if device(text) {
		return "_" + text
	}
	return text
}

// trim drops from the ends what hides a file, looks like an option or is lost on Windows.
func trim(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, " .-~"), " .")
}

// cut shortens a name to so many bytes and keeps its extension.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := ""
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= maxExtension {
		s, end = s[:i], s[i:]
	}
	s = s[:limit-len(end)]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + end
}

// device says whether Windows takes a name for one of its devices, whatever its
// extension.
func device(name string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if rest, ok := strings.CutPrefix(base, "COM"); ok {
		return numbered(rest)
	}
	rest, ok := strings.CutPrefix(base, "LPT")
	return ok && numbered(rest)
}

func numbered(s string) bool {
	return utf8.RuneCountInString(s) == 1 && strings.ContainsAny(s, "0123456789¹²³")
}
