package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"anna-pc", "anna-pc"},
		{"  a\tb\r\nc ", "a b  c"},
		{"pay\u202Efdp.exe", "payfdp.exe"},
		{"zero\u200Bwidth\u2066x\uFEFF", "zerowidthx"},
		{"\x00\x1b[31mred\x7f", "[31mred"},
		{"bad\xff\xfeutf8", "badutf8"},
		{"Žofie 東京 👍", "Žofie 東京 👍"},
		{"tag\U000E0041s", "tags"},
		{"\u3164\u115F", ""},
		{strings.Repeat("é", 20), strings.Repeat("é", 5)},
	} {
		if got := Line(c.in, 10+len(c.want)*boolInt(len(c.want) > 10)); got != c.want {
			t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func FuzzBody(f *testing.F) {
	f.Add("a\u202eb\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Body(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return r != '\n' && hidden(r) }) {
			t.Fatalf("%q", got)
		}
		if Body(got) != got {
			t.Fatalf("not stable: %q", got)
		}
	})
}
