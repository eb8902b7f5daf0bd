package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// cuts calls f with every proper prefix of packed.
func cuts(packed []byte, f func(cut []byte)) {
	for n := range packed {
		f(packed[:n:n])
	}
}

func TestEveryCutOfAPrefaceIsTruncated(t *testing.T) {
	cuts(AppendPreface(nil, Preface{Type: StreamMedia, Viewer: 7}), func(cut []byte) {
		if _, err := ParsePreface(cut); !errors.Is(err, ErrTruncated) || !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	})
}

func TestEveryCutOfAMediaMessageEndsItsStream(t *testing.T) {
	packed := AppendMedia(nil, Media{MediaHeader: MediaHeader{Kind: MediaUpdate, Epoch: 1, Seq: 1}, Payload: []byte("payload")})
	cuts(packed, func(cut []byte) {
		if _, err := ParseMedia(cut); !errors.Is(err, ErrMalformed) {
			t.Errorf("parse of %d bytes: %v", len(cut), err)
		}
		want := io.ErrUnexpectedEOF
		if len(cut) == 0 {
			want = io.EOF
		}
		if _, _, err := ReadMedia(bytes.NewReader(cut), nil); !errors.Is(err, want) {
			t.Errorf("read of %d bytes: %v", len(cut), err)
		}
	})
}

func TestReadMediaReusesItsBuffer(t *testing.T) {
	var stream []byte
	for n := range 3 {
		stream = AppendMedia(stream, Media{MediaHeader: MediaHeader{Kind: MediaUpdate, Seq: uint32(n)}, Payload: bytes.Repeat([]byte{byte(n)}, 100*n)})
	}
	r := bytes.NewReader(stream)
	var buf []byte
	for n := range 3 {
		m, next, err := ReadMedia(r, buf)
		if err != nil {
			t.Fatal(err)
		}
		if m.Seq != uint32(n) || len(m.Payload) != 100*n || int(m.Length) != 100*n {
			t.Errorf("message %d: %+v", n, m)
		}
		if n > 0 && &next[:1][0] != &buf[:1][0] {
			t.Error("the buffer was not reused")
		}
		buf = next
	}
	if _, _, err := ReadMedia(r, buf); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestReadMediaRefusesALengthBeforeItAllocates(t *testing.T) {
	head := AppendMediaHeader(nil, MediaHeader{Length: MaxMediaPayload + 1})
	_, buf, err := ReadMedia(bytes.NewReader(head), nil)
	if !errors.Is(err, ErrMalformed) || cap(buf) > 1<<16 {
		t.Errorf("error %v, buffer of %d bytes", err, cap(buf))
	}
}

// TestEveryCutOfAnUpdate: a cut update gives the whole operations before the
// cut and then an error, or ends where an operation did.
func TestEveryCutOfAnUpdate(t *testing.T) {
	var packed []byte
	ends := map[int]bool{0: true}
	for _, s := range sampleOps {
		packed = AppendOp(packed, &s.op)
		ends[len(packed)] = true
	}
	cuts(packed, func(cut []byte) {
		r := NewOpReader(cut)
		var err error
		for op := new(Op); op != nil && err == nil; {
			op, err = r.Next()
		}
		if ends[len(cut)] {
			if err != nil {
				t.Errorf("%d bytes: %v", len(cut), err)
			}
		} else if !errors.Is(err, ErrTruncated) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	})
}

func TestOptionalOperationsAreSkipped(t *testing.T) {
	packed := append([]byte{byte(OpOptional), 0, 0, 0, 2, 9, 9}, AppendOp(nil, &Op{Kind: OpCursorPosition, X: 1, Y: 2})...)
	op, err := NewOpReader(packed).Next()
	if err != nil || op == nil || op.Kind != OpCursorPosition {
		t.Errorf("got %v, %v", op, err)
	}
}

func TestEveryCutOfInput(t *testing.T) {
	events := []Input{
		{Kind: InputMotion, X: 1, Y: 2},
		{Kind: InputButton, X: 3, Y: 4, Button: ButtonBack, Down: true},
		{Kind: InputWheel, X: 5, Y: 6, DX: -120, DY: 120},
		{Kind: InputKey, Code: 4, Down: true, Text: "ä"},
		{Kind: InputText, Text: "text"},
		{Kind: InputReleaseAll},
	}
	var packed []byte
	whole := map[int]int{0: 0}
	for i, e := range events {
		packed = AppendInput(packed, e)
		whole[len(packed)] = i + 1
	}
	cuts(packed, func(cut []byte) {
		got, err := ParseInput(nil, cut)
		if n, ok := whole[len(cut)]; ok {
			if d := cmp.Diff(append([]Input(nil), events[:n]...), got); err != nil || d != "" {
				t.Errorf("%d bytes: %v %s", len(cut), err, d)
			}
		} else if !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	})
}

func TestEveryCutOfAControlMessage(t *testing.T) {
	packed, err := AppendControl(nil, &wirepb.ViewerAttach{VersionMin: 1, VersionMax: 1, Ticket: "ticket"})
	if err != nil {
		t.Fatal(err)
	}
	cuts(packed, func(cut []byte) {
		err := ReadControl(bytes.NewReader(cut), new(wirepb.ViewerAttach))
		if len(cut) == 0 && !errors.Is(err, io.EOF) || len(cut) > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", len(cut), err)
		}
	})
}

func TestControlKeepsToItsLimit(t *testing.T) {
	if _, err := AppendControl(nil, &wirepb.ViewerAttach{Ticket: string(make([]byte, MaxControl))}); err == nil {
		t.Error("a message over the limit was packed")
	}
	if err := WriteControl(io.Discard, &wirepb.ViewerAttach{Ticket: string(make([]byte, MaxControl-16))}); err != nil {
		t.Errorf("a message within the limit: %v", err)
	}
}

func TestUnknownControlFieldsAreTolerated(t *testing.T) {
	packed := []byte{0, 0, 0, 5, 0x08, 1, 0xf8, 0x3f, 7} // field 127 is of the future
	m := new(wirepb.ViewerAttach)
	if err := ReadControl(bytes.NewReader(packed), m); err != nil || m.VersionMin != 1 {
		t.Errorf("%v, %v", m, err)
	}
}

func TestCodesHaveStableNames(t *testing.T) {
	if got := CodeName(wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER); got != "denied_by_user" {
		t.Error(got)
	}
	if got := ReasonName(wirepb.Reason_REASON_NO_DISPLAY); got != "no_display" {
		t.Error(got)
	}
	err := error(&CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY, Detail: "later"})
	if !errors.Is(err, &CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BUSY}) || errors.Is(err, &CodeError{}) {
		t.Error("code errors compare by code")
	}
}
