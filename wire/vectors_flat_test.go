package wire

import (
	"encoding/hex"
	"strings"
)

type fields = map[string]any

func describePreface(p Preface) fields {
	return fields{"type": p.Type, "session": p.Session.String(), "viewer": p.Viewer}
}

func prefaceVectors() []vector {
	var session SessionID
	for i := range session {
		session[i] = byte(i + 1)
	}
	var vs []vector
	add := func(name string, p Preface) {
		vs = append(vs, good(name, AppendPreface(nil, p), describePreface(p)))
	}
	add("control", Preface{Type: StreamControl})
	add("media", Preface{Type: StreamMedia, Session: session, Viewer: 0x01020304})
	add("file", Preface{Type: StreamFile, Session: session, Viewer: 7})
	packed := AppendPreface(nil, Preface{Type: StreamMedia, Session: session})
	vs = append(vs, bad("cut", "truncated", packed[:PrefaceSize-1]...), bad("empty", "truncated"))
	packed[0] = 0
	vs = append(vs, bad("type 0", "malformed", packed...))
	packed[0] = 4
	return append(vs, bad("type of the future", "malformed", packed...))
}

func readPrefaceVector(_ vector, packed []byte) (any, []byte, error) {
	p, err := ParsePreface(packed)
	if err != nil {
		return nil, nil, err
	}
	return describePreface(p), AppendPreface(nil, p), nil
}

func describeMedia(m Media) fields {
	return fields{
		"length": m.Length, "kind": m.Kind, "flags": m.Flags, "epoch": m.Epoch, "seq": m.Seq,
		"payload": hex.EncodeToString(m.Payload),
	}
}

func mediaVectors() []vector {
	var vs []vector
	add := func(name string, h MediaHeader, payload ...byte) {
		h.Length = uint32(len(payload))
		m := Media{MediaHeader: h, Payload: payload}
		vs = append(vs, good(name, AppendMedia(nil, m), describeMedia(m)))
	}
	add("update", MediaHeader{Kind: MediaUpdate, Epoch: 1, Seq: 1}, AppendOp(nil, &Op{Kind: OpResize, Width: 640, Height: 480})...)
	add("update sealed", MediaHeader{Kind: MediaUpdate, Flags: FlagSealed, Epoch: 0x01020304, Seq: 0xfffffffe}, 0xde, 0xad)
	add("state", MediaHeader{Kind: MediaState}, 8, 1)
	add("input", MediaHeader{Kind: MediaInput, Seq: 7}, AppendInput(nil, Input{Kind: InputReleaseAll})...)
	add("shown", MediaHeader{Kind: MediaShown, Epoch: 3, Seq: 9})
	add("view", MediaHeader{Kind: MediaView}, 16, 1)
	add("end", MediaHeader{Kind: MediaEnd}, 8, 8)
	add("clipboard", MediaHeader{Kind: MediaClipboard, Seq: 3}, []byte("Grüße")...)
	add("clipboard wish", MediaHeader{Kind: MediaClipboardNote}, 8, 1)
	add("kind of the future", MediaHeader{Kind: 200, Seq: 1}, 1, 2, 3)
	packed := AppendMedia(nil, Media{MediaHeader: MediaHeader{Kind: MediaState}, Payload: []byte{8, 1}})
	vs = append(vs,
		bad("empty", "truncated"),
		bad("header cut", "truncated", packed[:MediaHeaderSize-1]...),
		bad("payload cut", "malformed", packed[:len(packed)-1]...),
		bad("payload too long", "malformed", append(packed, 0)...),
	)
	over := AppendMediaHeader(nil, MediaHeader{Kind: MediaUpdate, Length: MaxMediaPayload + 1})
	return append(vs, bad("length over the limit", "malformed", over...))
}

func readMediaVector(_ vector, packed []byte) (any, []byte, error) {
	m, err := ParseMedia(packed)
	if err != nil {
		return nil, nil, err
	}
	return describeMedia(m), AppendMedia(nil, m), nil
}

func describeInput(es []Input) fields {
	events := []fields{}
	for _, e := range es {
		f := fields{"kind": e.Kind}
		switch e.Kind {
		case InputMotion:
			f["x"], f["y"] = e.X, e.Y
		case InputButton:
			f["x"], f["y"], f["button"], f["down"] = e.X, e.Y, e.Button, e.Down
		case InputWheel:
			f["x"], f["y"], f["dx"], f["dy"] = e.X, e.Y, e.DX, e.DY
		case InputKey:
			f["code"], f["down"], f["text"] = e.Code, e.Down, e.Text
		case InputText:
			f["text"] = e.Text
		case InputReleaseAll:
		}
		events = append(events, f)
	}
	return fields{"events": events}
}

func inputVectors() []vector {
	var vs []vector
	add := func(name string, es ...Input) {
		vs = append(vs, good(name, AppendInput(nil, es...), describeInput(es)))
	}
	add("nothing")
	add("motion", Input{Kind: InputMotion, X: 1, Y: 65535})
	add("button down", Input{Kind: InputButton, X: 300, Y: 200, Button: ButtonRight, Down: true})
	add("button up", Input{Kind: InputButton, X: 300, Y: 200, Button: ButtonForward})
	add("wheel up and right", Input{Kind: InputWheel, X: 10, Y: 20, DX: WheelNotch, DY: -WheelNotch})
	add("key with text", Input{Kind: InputKey, Code: 0x04, Down: true, Text: "a"})
	add("key with text beyond ASCII", Input{Kind: InputKey, Code: 0x14, Down: true, Text: "й"})
	add("key without text", Input{Kind: InputKey, Code: 0xe1, Down: true})
	add("key up", Input{Kind: InputKey, Code: 0xe1})
	add("text", Input{Kind: InputText, Text: "grüß 🙂"})
	add("longest text", Input{Kind: InputText, Text: strings.Repeat("a", MaxInputText)})
	add("release all", Input{Kind: InputReleaseAll})
	add("several",
		Input{Kind: InputMotion, X: 5, Y: 6},
		Input{Kind: InputButton, X: 5, Y: 6, Down: true},
		Input{Kind: InputButton, X: 5, Y: 6},
		Input{Kind: InputKey, Code: 0x28, Down: true, Text: "\n"},
		Input{Kind: InputReleaseAll})
	long := AppendInput(nil, Input{Kind: InputText, Text: strings.Repeat("a", MaxInputText+1)})
	many := make([]byte, MaxInputEvents+1)
	for i := range many {
		many[i] = byte(InputReleaseAll)
	}
	return append(vs,
		bad("kind 0", "malformed", 0),
		bad("kind of the future", "malformed", 7),
		bad("motion cut", "truncated", 1, 0, 1, 0),
		bad("button flag 2", "malformed", 2, 0, 1, 0, 1, 0, 2),
		bad("text cut", "truncated", 5, 0, 3, 'a', 'b'),
		bad("text not UTF-8", "malformed", 5, 0, 1, 0xff),
		bad("text too long", "malformed", long...),
		bad("too many events", "malformed", many...),
	)
}

func readInputVector(_ vector, packed []byte) (any, []byte, error) {
	es, err := ParseInput(nil, packed)
	if err != nil {
		return nil, nil, err
	}
	return describeInput(es), AppendInput(nil, es...), nil
}
