package wire

import (
	"bytes"
	"encoding/hex"
)

func describeRect(r Rect) []uint16 { return []uint16{r.X, r.Y, r.W, r.H} }

func describeOp(o *Op) fields {
	f := fields{"kind": o.Kind}
	list := func(n int, of func(i int) any) []any {
		l := []any{}
		for i := range n {
			l = append(l, of(i))
		}
		return l
	}
	data := func() { f["data"] = hex.EncodeToString(o.Data) }
	switch o.Kind {
	case OpResize:
		f["width"], f["height"] = o.Width, o.Height
	case OpMove:
		f["copies"] = list(len(o.Copies), func(i int) any {
			c := o.Copies[i]
			return fields{"src": describeRect(c.Src), "x": c.X, "y": c.Y}
		})
	case OpStore:
		f["slots"] = list(len(o.Slots), func(i int) any {
			return fields{"slot": o.Slots[i].Slot, "rect": describeRect(o.Slots[i].Rect)}
		})
	case OpCached:
		f["slots"] = list(len(o.Slots), func(i int) any {
			return fields{"slot": o.Slots[i].Slot, "x": o.Slots[i].Rect.X, "y": o.Slots[i].Rect.Y}
		})
	case OpLossless, OpResidual:
		f["codec"] = o.Codec
		f["rects"] = list(len(o.Rects), func(i int) any { return describeRect(o.Rects[i]) })
		data()
	case OpPhoto:
		f["codec"], f["rect"] = o.Codec, describeRect(o.Rects[0])
		if o.Codec == CodecJPEGTables {
			f["table"] = o.Region
		}
		data()
	case OpFill:
		f["fills"] = list(len(o.Fills), func(i int) any {
			v := o.Fills[i]
			return fields{"rect": describeRect(v.Rect), "r": v.R, "g": v.G, "b": v.B}
		})
	case OpCursorShape:
		f["codec"], f["width"], f["height"], f["x"], f["y"] = o.Codec, o.Width, o.Height, o.X, o.Y
		data()
	case OpCursorPosition:
		f["x"], f["y"] = o.X, o.Y
	case OpVideo:
		f["region"], f["codec"], f["key"], f["rect"] = o.Region, o.Codec, o.Key, describeRect(o.Rects[0])
		data()
	case OpTables:
		f["table"], f["codec"] = o.Region, o.Codec
		data()
	case OpOptional: // the first that a reader may skip: no operation
	}
	return f
}

// sampleOps has every operation once or more. Data here is opaque; pixels that
// decode are in canvas.json.
var sampleOps = []struct {
	name string
	op   Op
}{
	{"resize", Op{Kind: OpResize, Width: 1920, Height: 1080}},
	{"resize to the largest width", Op{Kind: OpResize, Width: MaxCanvas, Height: MaxCanvasPixels / MaxCanvas}},
	{"move", Op{Kind: OpMove, Copies: []Copy{{Src: Rect{10, 20, 30, 40}, X: 50, Y: 60}, {Src: Rect{0, 24, 100, 200}, X: 0, Y: 0}}}},
	{"store", Op{Kind: OpStore, Slots: []Slot{{7, Rect{64, 128, 64, 64}}, {65535, Rect{0, 0, 1, 2}}}}},
	{"cached", Op{Kind: OpCached, Slots: []Slot{{7, Rect{X: 1, Y: 2}}, {65535, Rect{X: 64, Y: 0}}}}},
	{"lossless", Op{Kind: OpLossless, Codec: CodecZstdRGB, Rects: []Rect{{0, 0, 64, 64}, {64, 0, 9, 64}}, Data: []byte{1, 2, 3}}},
	{"photo", Op{Kind: OpPhoto, Codec: CodecJPEG, Rects: []Rect{{64, 64, 256, 64}}, Data: []byte{0xff, 0xd8}}},
	{"photo with tables", Op{Kind: OpPhoto, Codec: CodecJPEGTables, Region: MaxTables - 1, Rects: []Rect{{1, 2, 3, 4}}, Data: []byte{9}}},
	{"fill", Op{Kind: OpFill, Fills: []Fill{{Rect{1, 2, 3, 4}, 255, 128, 0}, {Rect{0, 0, 1, 1}, 0, 0, 1}}}},
	{"cursor hidden", Op{Kind: OpCursorShape, Codec: CursorHidden}},
	{"cursor shape", Op{Kind: OpCursorShape, Codec: CursorZstdRGBA, Width: MaxCursor, Height: 24, X: 3, Y: 4, Data: []byte{5}}},
	{"cursor position", Op{Kind: OpCursorPosition, X: 300, Y: 400}},
	{"residual", Op{Kind: OpResidual, Codec: CodecZstdRGB, Rects: []Rect{{5, 6, 7, 8}}, Data: []byte{4}}},
	{"video key frame", Op{Kind: OpVideo, Region: 1, Codec: 1, Key: true, Rects: []Rect{{0, 0, 640, 360}}, Data: []byte{1}}},
	{"video frame", Op{Kind: OpVideo, Region: 258, Codec: 2, Rects: []Rect{{16, 32, 640, 360}}, Data: []byte{2}}},
	{"tables", Op{Kind: OpTables, Region: 3, Codec: TablesJPEG, Data: []byte{1, 2}}},
}

func updateVectors() []vector {
	var vs []vector
	add := func(name string, packed []byte, ops ...fields) {
		vs = append(vs, good(name, packed, fields{"ops": ops}))
	}
	add("empty", nil, []fields{}...)
	vs[0].Fields = fields{"ops": []any{}}
	var all []byte
	var described []fields
	for _, s := range sampleOps {
		packed := AppendOp(nil, &s.op)
		add(s.name, packed, describeOp(&s.op))
		all = append(all, packed...)
		described = append(described, describeOp(&s.op))
	}
	add("all in one", all, described...)
	rect := []byte{0, 1, 0, 2, 0, 3, 0, 4}
	body := func(kind OpKind, b ...byte) []byte {
		return append([]byte{byte(kind), 0, 0, byte(len(b) >> 8), byte(len(b))}, b...)
	}
	mal := func(name string, packed []byte) { vs = append(vs, bad(name, "malformed", packed...)) }
	cut := func(name string, packed []byte) { vs = append(vs, bad(name, "truncated", packed...)) }
	mal("kind 0", body(0))
	mal("kind of the future", body(13))
	cut("header cut", []byte{1, 0, 0, 0})
	cut("body cut", []byte{1, 0, 0, 0, 4, 2, 128, 1})
	cut("resize short", body(OpResize, 1, 0, 1))
	mal("resize long", body(OpResize, 1, 0, 1, 0, 0))
	mal("resize to nothing", body(OpResize, 0, 0, 1, 0))
	mal("resize too wide", body(OpResize, 0x40, 1, 0, 1))
	mal("resize too large", body(OpResize, 0x40, 0, 0x10, 1))
	mal("move of nothing", body(OpMove))
	cut("move short", body(OpMove, append(rect, 0, 0, 0)...))
	mal("move of an empty rectangle", body(OpMove, 0, 1, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0))
	cut("store short", body(OpStore, 0, 1, 0, 0))
	cut("cached short", body(OpCached, 0, 1, 0, 0))
	mal("lossless without rectangles", body(OpLossless, 1, 0, 0))
	mal("lossless with too many rectangles", body(OpLossless, 1, 0x10, 1))
	cut("lossless rectangles cut", body(OpLossless, append([]byte{1, 0, 2}, rect...)...))
	cut("photo cut", body(OpPhoto, append([]byte{1}, rect[:7]...)...))
	cut("fill cut", body(OpFill, append(rect[:8:8], 1, 2)...))
	mal("too many fills", body(OpFill, bytes.Repeat(append(rect[:8:8], 1, 2, 3), MaxRects+1)...))
	mal("cursor too wide", body(OpCursorShape, 1, 1, 1, 0, 1, 0, 0, 0, 0))
	cut("cursor position cut", body(OpCursorPosition, 0, 1, 0))
	mal("video flag 2", body(OpVideo, append([]byte{0, 1, 1, 2}, rect...)...))
	cut("tables cut", body(OpTables, 0, 1))
	mal("table over the limit", body(OpTables, 0, MaxTables, 1))
	mal("tables too large", body(OpTables, make([]byte, 3+MaxTableBytes+1)...))
	cut("photo with its table cut", body(OpPhoto, append(append([]byte{CodecJPEGTables}, rect...), 0)...))
	mal("photo with a table over the limit", body(OpPhoto, append(append([]byte{CodecJPEGTables}, rect...), 0, MaxTables)...))
	mal("operation length over the limit", []byte{3, 0x7f, 0xff, 0xff, 0xff})
	return vs
}

func readUpdateVector(_ vector, packed []byte) (any, []byte, error) {
	ops := []any{}
	var again []byte
	r := NewOpReader(packed)
	for {
		o, err := r.Next()
		if err != nil {
			return nil, nil, err
		}
		if o == nil {
			return fields{"ops": ops}, again, nil
		}
		ops = append(ops, describeOp(o))
		again = AppendOp(again, o)
	}
}
