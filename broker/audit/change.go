package audit

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// longestValue is how much of one value stands in a record, in bytes, so that
// what changes at once stays below what a record holds.
const longestValue = 400

// Changes tells what a change changes: "key: old → new", for a record's detail.
// The zero Changes has none.
type Changes struct {
	// Longest is how much of one value is told, in bytes; 0 is for changes of some
	// values. More is cut, and told with its hash.
	Longest int
	all     []string
}

// Add notes a value, unless it stays as it is.
func (c *Changes) Add(key, old, now string) {
	if old != now {
		c.all = append(c.all, key+": "+c.value(old)+" → "+c.value(now))
	}
}

// AddText is Add for a text that may hold anything: it is quoted.
func (c *Changes) AddText(key, old, now string) {
	c.Add(key, strconv.Quote(old), strconv.Quote(now))
}

// AddReplaced notes that a value is another one, which no log tells: a secret, a picture.
func (c *Changes) AddReplaced(key string) { c.all = append(c.all, key+": replaced") }

// Change is what changes where one value does.
func Change(key, old, now string) string {
	var c Changes
	c.Add(key, old, now)
	return c.String()
}

// String is everything that was added.
func (c *Changes) String() string {
	if len(c.all) == 0 {
		return "nothing changed"
	}
	return strings.Join(c.all, "; ")
}

// value cuts a long value and tells its hash, by which what was cut can be proved.
func (c *Changes) value(s string) string {
	cut := c.Longest
	if cut == 0 {
		cut = longestValue
	}
	switch {
	case s == "":
		return "none"
	case len(s) <= cut:
		return s
	}
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes, SHA-256 %x)", s[:cut], len(s), sha256.Sum256([]byte(s)))
}
