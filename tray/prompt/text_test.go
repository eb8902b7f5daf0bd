package prompt

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

func TestF_CleanTakesTheTeethOut(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"Anna Nováková", "Anna Nováková"},
		{"Ελένη Служба", "Ελένη Служба"},
		{"山田 太郎", "山田 太郎"},
		{"a\nb\r\n\tc", "a b c"},
		{"evil\u202egpj.exe", "evilgpj.exe"},
		{"\u2066x\u2069\u200b\ufeff", "x"},
		{"nul\x00 esc\x1b[31m", "nul esc[31m"},
		{"Nova\u0301k", "Novák"},
		{"bad\xffutf8", "bad\uFFFDutf8"},
		{"  a   b  ", "a b"},
		{"\u2028line\u2029", "line"},
		{"tag\U000e0041s", "tags"},
	} {
		if got := Clean(tc.in, MaxName); got != tc.want {
			t.Errorf("Clean(%q) = %q, want %q", tc.in, got, tc.want)
		}
	}
	if got := Clean(strings.Repeat("x", 10<<10), MaxName); utf8.RuneCountInString(got) != MaxName+1 || !strings.HasSuffix(got, "…") {
		t.Errorf("10 kB became %q", got)
	}
	if got := Clean("e"+strings.Repeat("\u0301\u0302\u0303", 50), MaxName); utf8.RuneCountInString(got) > 4 {
		t.Errorf("a tower of marks stayed: %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Anna", "a\u202eb", "x\xff\x00\n", strings.Repeat("é ", 100), "<b>--x</b>"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + (limit&0x7fffffff)%200
		got := Clean(s, limit)
		if !utf8.ValidString(got) {
			t.Errorf("%q is not UTF-8", got)
		}
		if n := utf8.RuneCountInString(got); n > limit+2 {
			t.Errorf("%d runes, the limit is %d", n, limit)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
				t.Errorf("%q has %U", got, r)
			}
		}
	})
}

func TestR4_ContactIsAskedFor(t *testing.T) {
	good := Fields{Name: " Ann ", Email: "ann@example.org", Reason: "My printer\tis on fire  "}
	if p := (FormRequest{}).Validate(good); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	for _, tc := range []struct {
		change func(*Fields)
		field  int
	}{
		{func(f *Fields) { f.Name = " \t" }, 0},
		{func(f *Fields) { f.Email = "" }, 1},
		{func(f *Fields) { f.Email = "ann" }, 1},
		{func(f *Fields) { f.Email = "ann@" }, 1},
		{func(f *Fields) { f.Email = "a b@c" }, 1},
		{func(f *Fields) { f.Phone = "call me" }, 2},
		{func(f *Fields) { f.Name = strings.Repeat("x", MaxField+1) }, 0},
		{func(f *Fields) { f.Name = "\xff" }, 0},
	} {
		f := good
		tc.change(&f)
		if p := (FormRequest{}).Validate(f); len(p) != 1 || p[0].Field != tc.field || p[0].Text(words.Words{}) == "" {
			t.Errorf("%+v: %+v", f, p)
		}
	}
	phone := good
	phone.Email, phone.Phone = "", "+420 123 456"
	if p := (FormRequest{}).Validate(phone); len(p) > 0 {
		t.Errorf("a phone number is enough: %+v", p)
	}
}

func TestR5_ReasonIsAskedFor(t *testing.T) {
	f := Fields{Name: "Ann", Phone: "123456"}
	for _, reason := range []string{"", "  ", "a", "...", "a b"} {
		f.Reason = reason
		if p := (FormRequest{}).Validate(f); len(p) != 1 || p[0].Field != 3 {
			t.Errorf("reason %q: %+v", reason, p)
		}
	}
	f.Reason = "VPN"
	if p := (FormRequest{}).Validate(f); len(p) > 0 {
		t.Errorf("%+v", p)
	}
	for reason, good := range map[string]bool{"Drücker": false, " Drücker    ": false, "Drücker!": true} {
		f.Reason = reason
		p := FormRequest{ReasonMin: 8}.Validate(f)
		if good != (len(p) == 0) || !good && p[0].Text(words.Of("de_DE.UTF-8")) != "Bitte etwas ausführlicher: mindestens 8 Zeichen." {
			t.Errorf("reason %q: %+v", reason, p)
		}
	}
}

func TestWrapKeepsEveryLetter(t *testing.T) {
	in := "short\n" + strings.Repeat("word ", 40) + strings.Repeat("x", 150)
	got := wrap(in)
	for _, l := range strings.Split(got, "\n") {
		if utf8.RuneCountInString(l) > columns {
			t.Errorf("%q is too long", l)
		}
	}
	strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if strip(got) != strip(in) {
		t.Errorf("%q", got)
	}
}
