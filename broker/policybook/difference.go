package policybook

import (
	"strings"

	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/policy"
)

// longest is how much of one value stands in the audit log, in bytes: what all
// fields of a scope together may need stays below what a record holds.
const longest = 200

// difference tells what changes between two scopes. A setting that is not there is
// inherited.
func difference(old, s policy.Scope) string {
	c := audit.Changes{Longest: longest}
	c.Add("name", old.Name, s.Name)
	for _, e := range policy.Catalogue() {
		c.Add(string(e.Key), value(old, e.Key), value(s, e.Key))
	}
	c.Add("devices.names", list(old.Devices.Names), list(s.Devices.Names))
	c.Add("devices.groups", list(old.Devices.Groups), list(s.Devices.Groups))
	c.Add("devices.tags", list(old.Devices.Tags), list(s.Devices.Tags))
	c.Add("users.names", list(old.Users.Names), list(s.Users.Names))
	return c.String()
}

func value(s policy.Scope, k policy.Key) string {
	if v, ok := s.Settings[k]; ok {
		return strings.ReplaceAll(v, "\n", ", ")
	}
	return "inherited"
}

func list(l []string) string { return strings.Join(l, ", ") }
