package policybook

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/policy"
)

// longest is how much of one value stands in the audit log, in bytes: what all
// fields of a scope together may need stays below what a record holds.
const longest = 200

// difference tells what changes between two scopes: "key: old → new". A setting
// that is not there is inherited.
func difference(old, s policy.Scope) string {
	var all []string
	add := func(key, a, b string) {
		if a != b {
			all = append(all, change(key, a, b))
		}
	}
	add("name", old.Name, s.Name)
	for _, c := range policy.Catalogue() {
		add(string(c.Key), value(old, c.Key), value(s, c.Key))
	}
	add("devices.names", list(old.Devices.Names), list(s.Devices.Names))
	add("devices.groups", list(old.Devices.Groups), list(s.Devices.Groups))
	add("devices.tags", list(old.Devices.Tags), list(s.Devices.Tags))
	add("users.names", list(old.Users.Names), list(s.Users.Names))
	if len(all) == 0 {
		return "nothing changed"
	}
	return strings.Join(all, "; ")
}

func value(s policy.Scope, k policy.Key) string {
	if v, ok := s.Settings[k]; ok {
		return strings.ReplaceAll(v, "\n", ", ")
	}
	return "inherited"
}

func list(l []string) string { return strings.Join(l, ", ") }

// change is one line of the audit log.
func change(key, old, now string) string { return key + ": " + short(old) + " → " + short(now) }

// short cuts a long value and tells its hash, so that what was cut can be proved.
func short(s string) string {
	if s == "" {
		return "none"
	}
	if len(s) <= longest {
		return s
	}
	cut := longest
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes, SHA-256 %x)", s[:cut], len(s), sha256.Sum256([]byte(s)))
}
