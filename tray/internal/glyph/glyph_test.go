package glyph

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func TestScriptsHavePictures(t *testing.T) {
	for _, text := range []string{"Añejo Łódź Ğış", "Ελληνικά", "Служба поддержки Її", "“–…·€"} {
		for _, r := range text {
			for s := range styles {
				if r != ' ' && !s.Has(r) {
					t.Errorf("style %d has no %q", s, r)
				}
				if _, ok := loadDouble().faces[s%Title].glyphs[r]; r != ' ' && !ok {
					t.Errorf("style %d has no %q that is twice as large", s%Title, r)
				}
			}
		}
	}
}

func TestUnknownRuneIsABox(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 40, 24))
	Body.Draw(img, image.Pt(2, 2), "字", color.Black)
	n := 0
	for i := 3; i < len(img.Pix); i += 4 {
		if img.Pix[i] != 0 {
			n++
		}
	}
	b := load().faces[Body].box()
	if want := 2*(b.Dx()+b.Dy()) - 4; n != want {
		t.Errorf("%d pixels drawn, the outline of the box has %d", n, want)
	}
}

func TestWrapKeepsToWidth(t *testing.T) {
	text := "one two three " + strings.Repeat("x", 300) + " four\nfive"
	lines := Body.Wrap(text, 120, 100)
	for _, l := range lines {
		if Body.Width(l) > 120 {
			t.Errorf("%q is %d wide", l, Body.Width(l))
		}
	}
	if got := strings.Join(strings.Fields(strings.Join(lines, "")), ""); got != strings.Join(strings.Fields(text), "") {
		// Spaces at breaks go; nothing else may.
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "\n", "") {
			t.Errorf("text changed: %q", got)
		}
	}
	short := Body.Wrap(text, 120, 2)
	if len(short) != 2 || !strings.HasSuffix(short[1], "…") || Body.Width(short[1]) > 120 {
		t.Errorf("limited to 2 lines: %q", short)
	}
}
