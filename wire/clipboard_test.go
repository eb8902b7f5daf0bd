package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestX1_AClipboardIsTextWithinItsLimit(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		good    bool
	}{
		"empty": {"", true}, "text": {"Grüße\n🙂", true}, "largest": {strings.Repeat("x", MaxClipboard), true},
		"too long": {strings.Repeat("x", MaxClipboard+1), false}, "not UTF-8": {"a\xff", false}, "cut in a letter": {"a\xc3", false}, "NUL": {"a\x00b", false},
	} {
		text, err := ParseClipboard([]byte(c.payload))
		if (err == nil) != c.good || err != nil && !errors.Is(err, ErrMalformed) || err == nil && text != c.payload {
			t.Errorf("%s: %d bytes, %v", name, len(text), err)
		}
	}
}

func FuzzParseClipboard(f *testing.F) {
	f.Add([]byte("text"))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if text, err := ParseClipboard(b); err == nil && text != string(b) {
			t.Fatal("another text")
		}
	})
}
