package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// pair is one line of a TOML file without tables; value is a bool, an int or a
// string.
type pair struct {
	line  int
	key   string
	value any
}

// parseTOML reads the part of TOML that a flat file of settings needs: bare keys
// with booleans, decimal numbers and basic strings without escapes, and comments.
// Everything else is an error, as is a key that stands there twice.
func parseTOML(s string) ([]pair, error) {
	var all []pair
	seen := make(map[string]bool)
	n := 0
	for line := range strings.Lines(s) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		if !ok || !bareKey(key) {
			return nil, &FloorError{Line: n, Detail: "write key = value"}
		}
		if seen[key] {
			return nil, &FloorError{Line: n, Detail: key + " stands there twice"}
		}
		seen[key] = true
		v, err := parseValue(strings.TrimSpace(text))
		if err != nil {
			return nil, &FloorError{Line: n, Detail: err.Error()}
		}
		all = append(all, pair{n, key, v})
	}
	return all, nil
}

func bareKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
}

func parseValue(s string) (any, error) {
	if text, ok := strings.CutPrefix(s, `"`); ok {
		text, rest, closed := strings.Cut(text, `"`)
		if !closed || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
			return nil, errors.New("a text stands between two quotes, without escapes")
		}
		return text, onlyComment(rest)
	}
	word, _, _ := strings.Cut(s, "#")
	switch word = strings.TrimSpace(word); word {
	case "true", "false":
		return word == "true", nil
	}
	v, err := strconv.Atoi(word)
	if err != nil || len(word) > 1 && (word[0] == '0' || word[0] == '+') {
		return nil, fmt.Errorf("%q is neither true, false, a whole number nor a text in quotes", word)
	}
	return v, nil
}

func onlyComment(s string) error {
	if s = strings.TrimSpace(s); s != "" && s[0] != '#' {
		return fmt.Errorf("%q follows the value", s)
	}
	return nil
}
