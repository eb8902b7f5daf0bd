package wire

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// ParseClipboard reads the payload of a Clipboard message, which is text and nothing
// else: UTF-8 without NUL, at most MaxClipboard bytes.
func ParseClipboard(payload []byte) (string, error) {
	switch {
	case len(payload) > MaxClipboard:
		return "", fmt.Errorf("%w: clipboard of %d bytes", ErrMalformed, len(payload))
	case !utf8.Valid(payload) || bytes.IndexByte(payload, 0) >= 0:
		return "", fmt.Errorf("%w: clipboard that is no text", ErrMalformed)
	}
	return string(payload), nil
}
