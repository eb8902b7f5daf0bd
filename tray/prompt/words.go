package prompt

import "strings"

// The titles of the windows. They do not change with what is asked, so that a
// window manager's rules and tests can name them.
const (
	ConsentTitle = "Remote support request"
	FormTitle    = "Request support"
	FileTitle    = "Choose a file to send"
)

// columns is where a dialog of the system is broken, which by itself would grow
// to the width of its longest line.
const columns = 68

// wrap breaks the lines of a text at spaces, and words that are too long.
func wrap(s string) string {
	var out []string
	for _, paragraph := range strings.Split(s, "\n") {
		line, n := "", 0
		for _, word := range strings.Fields(paragraph) {
			runes := []rune(word)
			if n > 0 && n+1+len(runes) > columns {
				out = append(out, line)
				line, n = "", 0
			}
			for ; len(runes) > columns; runes = runes[columns:] {
				out = append(out, string(runes[:columns]))
			}
			if n > 0 {
				line += " "
				n++
			}
			line += string(runes)
			n += len(runes)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
