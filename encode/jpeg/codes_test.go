package jpeg

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// photos makes TestCodesFitPictures print codes.go's tables, measured on these
// pictures: go test ./encode/jpeg -run CodesFit -v -photos '/usr/share/backgrounds/*/*.jpg'
var photos = flag.String("photos", "", "pictures to measure codes on")

// picture is rows of B, G, R, X.
type picture struct {
	pix  []byte
	w, h int
}

func (p picture) append(e *Encoder) []byte { return e.Append(nil, p.pix, 4*p.w, p.w, p.h) }

// TestCodesFitPictures holds the fixed codes against those of the pictures' own.
func TestCodesFitPictures(t *testing.T) {
	ps := []picture{{noise(320, 200), 320, 200}}
	if *photos != "" {
		ps = load(t, *photos)
	}
	for _, q := range []Quality{Fine, Coarse} {
		var sum [4][256]float64
		fixed, own := 0, 0
		for _, p := range ps {
			e := New(q)
			b := p.append(e)
			counts := count(t, e, b)
			for i := range counts {
				for v, n := range counts[i] {
					sum[i][v] += float64(n) / float64(len(b)) // each picture weighs the same
				}
			}
			for i := range e.codes {
				s := shortest(counts[i], i%2 == 0)
				e.codes[i] = s.codes()
			}
			fixed, own = fixed+len(b), own+len(p.append(e))
		}
		t.Logf("quality %d: %d bytes, %d by codes of each picture's own", q, fixed, own)
		if own > fixed || 10*fixed > 13*own {
			t.Errorf("quality %d: %d bytes, %d by codes of their own", q, fixed, own)
		}
		if *photos != "" {
			for i := range sum {
				var n [256]int
				for v := range n {
					n[v] = int(sum[i][v] * 1e5)
				}
				s := shortest(n, i%2 == 0)
				t.Logf("quality %d, table %d: %v %q", q, i, s.count, s.values)
			}
		}
	}
}

// load reads pictures, and adds to each one of half its size with film grain.
func load(t *testing.T, glob string) (ps []picture) {
	names, err := filepath.Glob(glob)
	if err != nil || len(names) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := image.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for scale := 1; scale <= 2; scale++ {
			p := picture{w: min(m.Bounds().Dx()/scale, 1920), h: min(m.Bounds().Dy()/scale, 1080)}
			for y := range p.h {
				for x := range p.w {
					c := color.RGBAModel.Convert(m.At(m.Bounds().Min.X+x*scale, m.Bounds().Min.Y+y*scale)).(color.RGBA)
					for _, v := range [4]uint8{c.B, c.G, c.R, 0} {
						p.pix = append(p.pix, uint8(min(max(float64(v)+3*rng.NormFloat64()*float64(scale-1), 0), 255)))
					}
				}
			}
			ps = append(ps, p)
		}
	}
	return ps
}

// count reads what values b, which e made, uses of each table.
func count(t *testing.T, e *Encoder, b []byte) (n [4][256]int) {
	t.Helper()
	var decode [4]map[string]int
	for i := range decode {
		decode[i] = map[string]int{}
		for v, c := range e.codes[i] {
			if size := int(c & (1<<lengthBits - 1)); size > 0 {
				decode[i][fmt.Sprintf("%0*b", size, c>>lengthBits)] = v
			}
		}
	}
	scan := b[bytes.Index(b, []byte{0xff, sos})+14 : len(b)-2]
	var text strings.Builder
	for _, v := range bytes.ReplaceAll(scan, []byte{0xff, 0}, []byte{0xff}) {
		fmt.Fprintf(&text, "%08b", v)
	}
	left := text.String()
	value := func(table int) int {
		for size := 1; size <= 16 && size <= len(left); size++ {
			if v, ok := decode[table][left[:size]]; ok {
				n[table][v]++
				left = left[size+v&15:]
				return v
			}
		}
		t.Fatal("no code")
		return 0
	}
	for block := 0; len(left) >= 8 || strings.Contains(left, "0"); block++ {
		table := 0
		if block%6 >= 4 {
			table = 2
		}
		value(table)
		for k := 1; k < 64; k++ {
			v := value(table + 1)
			if v == endOfBlock {
				break
			}
			k += v >> 4
		}
	}
	return n
}

// shortest makes the codes that are shortest for counts, by the procedure of the
// standard's annex K.2. Every value that a block may need gets one.
func shortest(counts [256]int, dc bool) spec {
	var freq, size, next [257]int
	for v := range 256 {
		next[v] = -1
		if dc && v <= 11 || !dc && (v == endOfBlock || v == zeroRun || v&15 >= 1 && v&15 <= 10) {
			freq[v] = counts[v] + 1
		}
	}
	next[256], freq[256] = -1, 1 // so that no code is all ones
	least := func(but int) int {
		at := -1
		for v, f := range freq {
			if f > 0 && v != but && (at < 0 || f <= freq[at]) {
				at = v
			}
		}
		return at
	}
	for {
		a := least(-1)
		b := least(a)
		if b < 0 {
			break
		}
		freq[a], freq[b] = freq[a]+freq[b], 0
		for size[a]++; next[a] >= 0; size[a]++ {
			a = next[a]
		}
		next[a] = b
		for size[b]++; next[b] >= 0; size[b]++ {
			b = next[b]
		}
	}
	var lengths [257]int
	for _, n := range size {
		if n > 0 {
			lengths[n]++
		}
	}
	for n := 256; n > 16; n-- {
		for lengths[n] > 0 {
			m := n - 2
			for lengths[m] == 0 {
				m--
			}
			lengths[n], lengths[n-1] = lengths[n]-2, lengths[n-1]+1
			lengths[m], lengths[m+1] = lengths[m]-1, lengths[m+1]+2
		}
	}
	last := 16
	for lengths[last] == 0 {
		last--
	}
	lengths[last]--
	var s spec
	for n := range s.count {
		s.count[n] = uint8(lengths[n+1])
	}
	for n := 1; n <= 256; n++ {
		for v := range 256 {
			if size[v] == n {
				s.values += string([]byte{byte(v)})
			}
		}
	}
	return s
}
