package x11test

import (
	"encoding/binary"
	"os"
	"testing"
)

// WriteCookie writes an authority file with one cookie of 16 bytes that is good
// for a display number, or for any when the number is empty, at any address.
func WriteCookie(t testing.TB, file, number string, cookie []byte) {
	t.Helper()
	const anyAddress = 65535
	b := binary.BigEndian.AppendUint16(nil, anyAddress)
	for _, field := range []string{"", number, "MIT-MAGIC-COOKIE-1", string(cookie)} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(field)))
		b = append(b, field...)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
