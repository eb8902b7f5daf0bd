package wire

import (
	"fmt"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of ElevationCredentials.
const (
	credentialsUser     = 1
	credentialsPassword = 2
)

// parseCredentials reads ElevationCredentials without making a string of the password,
// which nobody could clear.
func parseCredentials(b []byte) (user string, password []byte, err error) {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return "", nil, fmt.Errorf("%w: credentials", ErrElevateContent)
		}
		b = b[n:]
		if kind != protowire.BytesType || field > credentialsPassword {
			if n = protowire.ConsumeFieldValue(field, kind, b); n < 0 {
				return "", nil, fmt.Errorf("%w: credentials", ErrElevateContent)
			}
			b = b[n:]
			continue
		}
		value, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return "", nil, fmt.Errorf("%w: credentials", ErrElevateContent)
		}
		b = b[n:]
		if field == credentialsUser {
			user = string(value)
			continue
		}
		clear(password)
		password = append([]byte(nil), value...)
	}
	if !isLine(user) || user == "" || !isPassword(password) {
		clear(password)
		return "", nil, fmt.Errorf("%w: credentials", ErrElevateContent)
	}
	return user, password, nil
}

// isLine: one line that another program reads from its input.
func isLine(s string) bool {
	if len(s) > MaxName || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	return true
}

func isPassword(b []byte) bool {
	if len(b) == 0 || len(b) > MaxName {
		return false
	}
	for _, c := range b {
		if c == 0 || c == '\n' || c == '\r' {
			return false
		}
	}
	return true
}
