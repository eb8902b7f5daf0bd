package viewer

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/alongside-remote/alongside/wire"
)

var update = flag.Bool("update", false, "write wire/testdata/vectors/canvas.json anew")

const vectorFile = "../wire/testdata/vectors/canvas.json"

// vector is a case of canvas.json; the README beside it tells the shape.
type vector struct {
	Name      string   `json:"name"`
	Updates   []string `json:"updates"`
	Width     int      `json:"width,omitempty"`
	Height    int      `json:"height,omitempty"`
	RGBA      string   `json:"rgba,omitempty"`
	Tolerance int      `json:"tolerance,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func packed(ops ...wire.Op) (b []byte) {
	for i := range ops {
		b = wire.AppendOp(b, &ops[i])
	}
	return b
}

func squeeze(raw []byte) []byte {
	e, err := zstd.NewWriter(nil, zstd.WithSingleSegment(true), zstd.WithEncoderCRC(false), zstd.WithZeroFrames(true))
	if err != nil {
		panic(err)
	}
	return e.EncodeAll(raw, nil)
}

func resize(w, h uint16) wire.Op { return wire.Op{Kind: wire.OpResize, Width: w, Height: h} }

// ramp is n pixels of different colours.
func ramp(n int) (rgb []byte) {
	for i := range n {
		rgb = append(rgb, uint8(i*7), uint8(i*31), uint8(255-i))
	}
	return rgb
}

func lossless(kind wire.OpKind, rgb []byte, rects ...wire.Rect) wire.Op {
	return wire.Op{Kind: kind, Codec: wire.CodecZstdRGB, Rects: rects, Data: squeeze(rgb)}
}

func picture(w, h int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(100 + 4*x), uint8(80 + 5*y), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func photo(b []byte, r wire.Rect) wire.Op {
	return wire.Op{Kind: wire.OpPhoto, Codec: wire.CodecJPEG, Rects: []wire.Rect{r}, Data: b}
}

// abbreviated is a picture apart from its tables, as bytes that image/jpeg makes:
// its DQT and DHT segments in one stream, all others in the other.
func abbreviated(b []byte) (tables, photo []byte) {
	tables, photo = []byte{0xff, 0xd8}, []byte{0xff, 0xd8}
	for b = b[2:]; b[1] != 0xda; {
		n := 2 + int(b[2])<<8 + int(b[3])
		if b[1] == 0xdb || b[1] == 0xc4 {
			tables = append(tables, b[:n]...)
		} else {
			photo = append(photo, b[:n]...)
		}
		b = b[n:]
	}
	return append(tables, 0xff, 0xd9), append(photo, b...)
}

func tables(n uint16, b []byte) wire.Op {
	return wire.Op{Kind: wire.OpTables, Codec: wire.TablesJPEG, Region: n, Data: b}
}

func photoOf(n uint16, b []byte, r wire.Rect) wire.Op {
	return wire.Op{Kind: wire.OpPhoto, Codec: wire.CodecJPEGTables, Region: n, Rects: []wire.Rect{r}, Data: b}
}

func copies(cs ...wire.Copy) wire.Op { return wire.Op{Kind: wire.OpMove, Copies: cs} }

func store(ss ...wire.Slot) wire.Op { return wire.Op{Kind: wire.OpStore, Slots: ss} }

func cached(ss ...wire.Slot) wire.Op { return wire.Op{Kind: wire.OpCached, Slots: ss} }

// cases are what canvas.json is made of: the last payload of a case with an
// error is the one that is refused.
func cases() []struct {
	name  string
	fails bool
	loss  int
	ups   [][]byte
} {
	type row = struct {
		name  string
		fails bool
		loss  int
		ups   [][]byte
	}
	scene := packed(resize(8, 6), lossless(wire.OpLossless, ramp(48), wire.Rect{W: 8, H: 6}))
	good := func(name string, ups ...[]byte) row { return row{name, false, 0, ups} }
	bad := func(name string, ops ...wire.Op) row { return row{name, true, 0, [][]byte{scene, packed(ops...)}} }
	fill := wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: wire.Rect{X: 1, Y: 2, W: 3, H: 4}, R: 10, G: 20, B: 30}, {Rect: wire.Rect{X: 7, Y: 5, W: 1, H: 1}, R: 255}}}
	whole := wire.Rect{W: 8, H: 6}
	tabs, part := abbreviated(picture(8, 6))
	bigTabs, big := abbreviated(picture(16, 16))
	at := wire.Rect{X: 3, Y: 1, W: 16, H: 16}
	noCodes := append(bytes.Clone(tabs[:2+2+2+1+64]), 0xff, 0xd9)
	return append(exactCases(), []row{
		good("resize is black", packed(resize(3, 2))),
		good("fill", packed(resize(8, 6), fill)),
		good("lossless", scene),
		good("lossless of two rectangles", packed(resize(8, 6), lossless(wire.OpLossless, ramp(10), wire.Rect{X: 1, Y: 1, W: 2, H: 3}, wire.Rect{X: 4, Y: 5, W: 4, H: 1}))),
		good("move down over itself", scene, packed(copies(wire.Copy{Src: wire.Rect{X: 1, W: 6, H: 4}, X: 1, Y: 2}))),
		good("move up over itself", scene, packed(copies(wire.Copy{Src: wire.Rect{Y: 2, W: 8, H: 4}}))),
		good("move right over itself", scene, packed(copies(wire.Copy{Src: wire.Rect{W: 6, H: 6}, X: 2}))),
		good("moves build on each other", scene, packed(copies(wire.Copy{Src: wire.Rect{W: 2, H: 2}, X: 4, Y: 4}, wire.Copy{Src: wire.Rect{X: 4, Y: 4, W: 2, H: 2}, X: 2, Y: 0}))),
		good("stored pixels are those of then", scene,
			packed(store(wire.Slot{Slot: 9, Rect: wire.Rect{X: 1, Y: 1, W: 3, H: 2}}), fill),
			packed(cached(wire.Slot{Slot: 9, Rect: wire.Rect{X: 5, Y: 4}}, wire.Slot{Slot: 9, Rect: wire.Rect{X: 0, Y: 0}}))),
		good("a slot is overwritten", scene, packed(store(wire.Slot{Slot: 1, Rect: wire.Rect{W: 1, H: 1}}, wire.Slot{Slot: 1, Rect: wire.Rect{X: 2, W: 2, H: 2}}), cached(wire.Slot{Slot: 1, Rect: wire.Rect{X: 6, Y: 4}}))),
		good("residual wraps around", scene, packed(lossless(wire.OpResidual, bytes.Repeat([]byte{250, 1, 128}, 48), whole))),
		good("optional operation is skipped", append(bytes.Clone(scene), byte(wire.OpOptional), 0, 0, 0, 1, 7)),
		{"photo", false, 3, [][]byte{packed(resize(20, 18), photo(picture(16, 16), wire.Rect{X: 3, Y: 1, W: 16, H: 16}))}},
		{"photo of a quarter, rounded up", false, 4, [][]byte{packed(resize(20, 18), photo(picture(5, 4), wire.Rect{X: 1, Y: 2, W: 18, H: 15}))}},
		{"photo by tables", false, 3, [][]byte{packed(resize(20, 18), tables(15, bigTabs)), packed(photoOf(15, big, at))}},
		{"photo by tables that came again", false, 3, [][]byte{packed(resize(20, 18), tables(0, bigTabs), tables(0, coarser(bigTabs)), photoOf(0, big, at))}},
		{"operation before resize", true, 0, [][]byte{packed(fill)}},
		bad("resize within an epoch", resize(4, 4)),
		bad("fill beside the canvas", wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: wire.Rect{X: 8, W: 1, H: 1}}}}),
		bad("fill over the edge", wire.Op{Kind: wire.OpFill, Fills: []wire.Fill{{Rect: wire.Rect{X: 65535, W: 2, H: 1}}}}),
		bad("move from beside the canvas", copies(wire.Copy{Src: wire.Rect{X: 4, W: 6, H: 1}})),
		bad("move to beside the canvas", copies(wire.Copy{Src: wire.Rect{W: 4, H: 4}, X: 5})),
		bad("endless moves", manyMoves()),
		bad("empty slot", cached(wire.Slot{Slot: 3})),
		bad("cached over the edge", store(wire.Slot{Slot: 1, Rect: whole}), cached(wire.Slot{Slot: 1, Rect: wire.Rect{X: 1}})),
		bad("lossless data too short", lossless(wire.OpLossless, ramp(47), whole)),
		bad("lossless data too long", lossless(wire.OpLossless, ramp(49), whole)),
		bad("lossless data is not zstd", wire.Op{Kind: wire.OpLossless, Codec: wire.CodecZstdRGB, Rects: []wire.Rect{whole}, Data: []byte("nonsense")}),
		bad("lossless data cut", cutData(lossless(wire.OpLossless, ramp(48), whole))),
		bad("unknown lossless codec", wire.Op{Kind: wire.OpLossless, Codec: 9, Rects: []wire.Rect{whole}}),
		bad("photo of another size", photo(picture(8, 5), whole)),
		bad("photo of half the width alone", photo(picture(4, 6), whole)),
		bad("photo of a sixth", photo(picture(2, 1), whole)),
		bad("photo is not JPEG", photo([]byte("nonsense"), whole)),
		bad("photo cut", cutData(photo(picture(8, 6), whole))),
		bad("photo over the edge", photo(picture(8, 6), wire.Rect{X: 1, W: 8, H: 6})),
		bad("video was not asked for", wire.Op{Kind: wire.OpVideo, Codec: 1, Key: true, Rects: []wire.Rect{whole}}),
		bad("photo without its tables", tables(1, tabs), photoOf(0, part, whole)),
		bad("photo by tables of another size", tables(0, tabs), photoOf(0, part, wire.Rect{W: 6, H: 6})),
		bad("photo by tables is not JPEG", tables(0, tabs), photoOf(0, part[2:], whole)),
		bad("photo by tables cut", tables(0, tabs), cutData(photoOf(0, part, whole))),
		bad("photo by tables that lack the codes", tables(0, noCodes), photoOf(0, part, whole)),
		bad("tables of an unknown codec", wire.Op{Kind: wire.OpTables, Codec: 9, Data: tabs}),
		bad("tables that are nothing", tables(0, nil)),
		bad("tables without an end", tables(0, tabs[:len(tabs)-2])),
		bad("tables cut", cutData(tables(0, tabs))),
		bad("tables and more", tables(0, append(bytes.Clone(tabs), 0))),
		bad("tables with a frame", tables(0, picture(8, 6))),
		bad("cursor data too short", wire.Op{Kind: wire.OpCursorShape, Codec: wire.CursorZstdRGBA, Width: 2, Height: 2, Data: squeeze(make([]byte, 15))}),
		bad("hot spot beside the cursor", wire.Op{Kind: wire.OpCursorShape, Codec: wire.CursorZstdRGBA, Width: 2, Height: 2, X: 2, Data: squeeze(make([]byte, 16))}),
	}...)
}

func manyMoves() wire.Op {
	op := wire.Op{Kind: wire.OpMove}
	for range wire.MaxPaints + 1 {
		op.Copies = append(op.Copies, wire.Copy{Src: wire.Rect{W: 8, H: 6}})
	}
	return op
}

// coarser is tables with the first quantiser's steps twice as large.
func coarser(tables []byte) []byte {
	b := bytes.Clone(tables)
	for i := range 64 {
		b[2+5+i] *= 2
	}
	return b
}

func cutData(op wire.Op) wire.Op {
	op.Data = op.Data[:len(op.Data)-4]
	return op
}

func TestVectorsAreFresh(t *testing.T) {
	vs := []vector{}
	for _, k := range cases() {
		v := vector{Name: k.name, Tolerance: k.loss}
		c := NewCanvas(1 << 20)
		for _, u := range k.ups {
			v.Updates = append(v.Updates, hex.EncodeToString(u))
			if err := c.Apply(1, u); err != nil && !k.fails {
				t.Fatalf("%s: %v", k.name, err)
			}
		}
		if k.fails {
			v.Error = "malformed"
		} else {
			v.Width, v.Height, v.RGBA = c.Size().X, c.Size().Y, hex.EncodeToString(c.Image().Pix)
		}
		vs = append(vs, v)
	}
	b, err := json.MarshalIndent(vs, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if *update {
		if err := os.WriteFile(vectorFile, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	on, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(on), string(b)); d != "" {
		t.Errorf("stale: go test ./viewer -run Vectors -update\n%s", d)
	}
}

func TestVectors(t *testing.T) {
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	for _, v := range vs {
		t.Run(v.Name, func(t *testing.T) {
			c := NewCanvas(1 << 20)
			defer c.Close()
			for i, u := range v.Updates {
				payload, err := hex.DecodeString(u)
				if err != nil {
					t.Fatal(err)
				}
				err = c.Apply(1, payload)
				if last := i == len(v.Updates)-1; v.Error != "" && last {
					if !errors.Is(err, wire.ErrMalformed) {
						t.Fatalf("error %v, want malformed", err)
					}
					return
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if got := hex.EncodeToString(c.Image().Pix); got != v.RGBA {
				t.Errorf("shows %s, want %s", got, v.RGBA)
			}
		})
	}
}
