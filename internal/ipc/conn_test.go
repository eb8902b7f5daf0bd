package ipc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
)

type sink struct{ bytes.Buffer }

func (*sink) Close() error { return nil }

func reading(b []byte) *Conn { return New(io.NopCloser(bytes.NewReader(b)), &sink{}) }

// sample is a message and a media message as they go over a pipe.
func sample(t testing.TB) (b []byte, m *ipcpb.ToTray, media []byte) {
	t.Helper()
	out := &sink{}
	c := New(nil, out)
	m = &ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{Nonce: []byte("nonce"), RepName: "Ada"}}}
	media = wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 1, Seq: 2}, Payload: []byte("pixels")})
	if err := errors.Join(c.Send(m), c.SendMedia(7, media)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), m, media
}

func TestFramesArriveAsTheyWereSent(t *testing.T) {
	b, m, media := sample(t)
	c := reading(b)
	got := &ipcpb.ToTray{}
	if _, x, err := c.Receive(got); err != nil || x != nil {
		t.Fatal(x, err)
	}
	if d := cmp.Diff(m, got, protocmp.Transform()); d != "" {
		t.Error(d)
	}
	id, x, err := c.Receive(got)
	if err != nil || id != 7 || !bytes.Equal(x, media) {
		t.Errorf("media of viewer %d: %x, %v", id, x, err)
	}
	if _, _, err := c.Receive(got); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

func TestCutAtEveryByte(t *testing.T) {
	b, _, _ := sample(t)
	first := 5 + int(binary.BigEndian.Uint32(b))
	for n := range len(b) {
		c, m := reading(b[:n]), &ipcpb.ToTray{}
		_, _, err := c.Receive(m)
		if n >= first && err == nil {
			_, _, err = c.Receive(m)
		}
		want := io.ErrUnexpectedEOF
		if n == 0 || n == first {
			want = io.EOF
		}
		if !errors.Is(err, want) {
			t.Errorf("cut after %d bytes: %v, want %v", n, err, want)
		}
	}
}

func TestMalformedFramesAreRefused(t *testing.T) {
	frame := func(n uint32, kind byte, body ...byte) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, n), kind), body...)
	}
	for name, b := range map[string][]byte{
		"too long":    frame(MaxFrame+1, 1),
		"unknown":     frame(1, 9, 0),
		"short media": frame(4, 2, 0, 0, 0, 1),
		"not a proto": frame(1, 1, 0xFF),
	} {
		if _, _, err := reading(b).Receive(&ipcpb.ToTray{}); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOversizedIsNotSent(t *testing.T) {
	out := &sink{}
	c := New(nil, out)
	if err := c.SendMedia(1, make([]byte, MaxFrame)); err == nil || out.Len() != 0 {
		t.Errorf("%v, %d bytes written", err, out.Len())
	}
	if err := c.SendMedia(1, make([]byte, MaxFrame-4)); err != nil {
		t.Error(err)
	}
}

func TestCloseUnblocksReceive(t *testing.T) {
	ours, theirs, err := Pipes()
	if err != nil {
		t.Fatal(err)
	}
	defer theirs[0].Close()
	defer theirs[1].Close()
	done := make(chan error, 1)
	go func() {
		_, _, err := ours.Receive(&ipcpb.ToTray{})
		done <- err
	}()
	_ = ours.Close()
	if err := <-done; err == nil {
		t.Error("a message out of nothing")
	}
}

func FuzzReceive(f *testing.F) {
	b, _, _ := sample(f)
	f.Add(b)
	f.Add(b[:9])
	f.Add([]byte{0, 0, 0, 4, 2, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := reading(b)
		for {
			_, media, err := c.Receive(&ipcpb.FromHelper{})
			if err != nil {
				return
			}
			if len(media) > MaxFrame {
				t.Fatal("more than a frame can hold")
			}
		}
	})
}
