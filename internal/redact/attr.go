// Package redact keeps what must not be shown out of what a program says of itself: of
// its log, by the names of what is logged, and of its panics, by their place alone. It is
// the second line. The first is that no secret is handed to a log.
package redact

import (
	"log/slog"
	"slices"
	"strings"
)

// Shown stands in the place of what is not shown.
const Shown = "[redacted]"

// secret are names of what is never shown, and last words of longer names.
var secret = []string{
	"password", "passphrase", "secret", "secrets", "token", "cookie", "authorization", "credentials", "otp", "totp", "apikey", "sealed",
}

// keys are those that are secret as a whole: "key" alone is most often a name.
var keys = []string{"api_key", "private_key", "session_key", "signing_key", "recovery_code", "recovery_codes"}

// Attr is a slog.HandlerOptions.ReplaceAttr: it keeps the names of secrets, and not them.
func Attr(groups []string, a slog.Attr) slog.Attr {
	if named(a.Key) || slices.ContainsFunc(groups, named) {
		return slog.String(a.Key, Shown)
	}
	return a
}

func named(name string) bool {
	name = strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(strings.ToLower(name))
	last := name[strings.LastIndexByte(name, '_')+1:]
	return slices.Contains(secret, last) || slices.ContainsFunc(keys, func(k string) bool { return name == k || strings.HasSuffix(name, "_"+k) })
}
