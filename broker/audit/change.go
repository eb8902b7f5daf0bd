package audit

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"
)

// longestValue is how much of one value stands in a record, in bytes, so that
// what changes at once stays below what a record holds.
const longestValue = 400

// Changes tells what a change changes: "key: old → new", for a record's detail.
// The zero Changes has none.
type Changes struct{ all []string }

// Add notes a value, unless it stays as it is.
func (c *Changes) Add(key, old, now string) {
	if old != now {
		c.all = append(c.all, key+": "+value(old)+" → "+value(now))
	}
}

// String is everything that was added.
func (c *Changes) String() string {
	if len(c.all) == 0 {
		return "nothing changed"
	}
	return strings.Join(c.all, "; ")
}

// value cuts a long value and tells its hash, by which what was cut can be proved.
func value(s string) string {
	switch {
	case s == "":
		return "none"
	case len(s) <= longestValue:
		return s
	}
	cut := longestValue
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes, SHA-256 %x)", s[:cut], len(s), sha256.Sum256([]byte(s)))
}
