package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"image"
	"image/png"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

func testIcon(side int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, side, side))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func testButtons() *wirepb.ButtonSet {
	return &wirepb.ButtonSet{
		DeviceSpki: bytes.Repeat([]byte{2}, sha256.Size), Version: 7,
		Buttons: []*wirepb.Button{{
			Id: bytes.Repeat([]byte{3}, SessionIDSize), Title: "Get help – 東京", Greeting: "Somebody\ncomes.", Icon: testIcon(64), User: "cora", ExpiresUnixMs: 1,
		}},
	}
}

func TestB9_ButtonsHoldForTheirDevice(t *testing.T) {
	key := testKey(7)
	public := key.Public().(ed25519.PublicKey)
	b, sig, err := SignButtons(key, testButtons())
	if err != nil {
		t.Fatal(err)
	}
	device := [32]byte(testButtons().DeviceSpki)
	if s, err := VerifyButtons(public, device, b, sig); err != nil || !proto.Equal(s, testButtons()) {
		t.Fatal(s, err)
	}
	if _, err := VerifyButtons(public, [32]byte{}, b, sig); !errors.Is(err, ErrButtonDevice) {
		t.Error(err)
	}
	if _, err := VerifyButtons(testKey(8).Public().(ed25519.PublicKey), device, b, sig); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
	_, asPolicy, err := sign(key, policyDomain, testButtons())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyButtons(public, device, b, asPolicy); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
}

func TestB9_ButtonsWithoutSenseAreNeitherSignedNorTaken(t *testing.T) {
	key := testKey(7)
	first := func(s *wirepb.ButtonSet) *wirepb.Button { return s.Buttons[0] }
	for name, spoil := range map[string]func(*wirepb.ButtonSet){
		"device":     func(s *wirepb.ButtonSet) { s.DeviceSpki = nil },
		"version":    func(s *wirepb.ButtonSet) { s.Version = 0 },
		"twice":      func(s *wirepb.ButtonSet) { s.Buttons = append(s.Buttons, first(s)) },
		"id":         func(s *wirepb.ButtonSet) { first(s).Id = []byte("../../evil") },
		"no title":   func(s *wirepb.ButtonSet) { first(s).Title = "" },
		"line break": func(s *wirepb.ButtonSet) { first(s).Title = "a\nExec=evil" },
		"bidi":       func(s *wirepb.ButtonSet) { first(s).Title = "a\u202eb" },
		"long":       func(s *wirepb.ButtonSet) { first(s).Title = strings.Repeat("x", MaxButtonTitle+1) },
		"greeting":   func(s *wirepb.ButtonSet) { first(s).Greeting = "a\x1b[31m" },
		"endless":    func(s *wirepb.ButtonSet) { first(s).ExpiresUnixMs = 0 },
		"no icon":    func(s *wirepb.ButtonSet) { first(s).Icon = nil },
		"svg":        func(s *wirepb.ButtonSet) { first(s).Icon = []byte("<svg/>") },
		"wide icon":  func(s *wirepb.ButtonSet) { first(s).Icon = testIcon(MaxButtonSide + 1) },
		"large icon": func(s *wirepb.ButtonSet) { first(s).Icon = append(testIcon(64), make([]byte, MaxButtonIcon)...) },
		"many": func(s *wirepb.ButtonSet) {
			for i := range MaxButtons {
				s.Buttons = append(s.Buttons, &wirepb.Button{Id: bytes.Repeat([]byte{byte(10 + i)}, 16), Title: "x", Icon: testIcon(8), ExpiresUnixMs: 1})
			}
		},
	} {
		s := testButtons()
		spoil(s)
		if _, _, err := SignButtons(key, s); !errors.Is(err, ErrButtonContent) {
			t.Errorf("%s is signed: %v", name, err)
		}
		b, err := proto.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyButtons(key.Public().(ed25519.PublicKey), [32]byte(testButtons().DeviceSpki), b, ed25519.Sign(key, signed(buttonDomain, b))); !errors.Is(err, ErrButtonContent) {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
}

// The largest set that there may be is a control message.
func TestLargestSetOfButtonsFits(t *testing.T) {
	s := &wirepb.ButtonSet{DeviceSpki: make([]byte, 32), Version: 1 << 63}
	for i := range MaxButtons {
		icon := testIcon(64)
		s.Buttons = append(s.Buttons, &wirepb.Button{
			Id: bytes.Repeat([]byte{byte(i)}, 16), Title: strings.Repeat("x", MaxButtonTitle), Greeting: strings.Repeat("x", MaxButtonGreeting),
			Icon: append(icon, make([]byte, MaxButtonIcon-len(icon))...), User: strings.Repeat("x", MaxName), ExpiresUnixMs: 1 << 62,
		})
	}
	b, sig, err := SignButtons(testKey(7), s)
	if err != nil {
		t.Fatal(err)
	}
	m := &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Buttons{Buttons: &wirepb.SignedButtons{Buttons: b, Signature: sig}}}
	if n := proto.Size(m); n > MaxControl {
		t.Errorf("%d bytes", n)
	}
}

func FuzzVerifyButtons(f *testing.F) {
	key := testKey(7)
	b, _, err := SignButtons(key, testButtons())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := VerifyButtons(key.Public().(ed25519.PublicKey), [32]byte(testButtons().DeviceSpki), b, ed25519.Sign(key, signed(buttonDomain, b)))
		if err != nil {
			return
		}
		for _, x := range s.Buttons {
			if strings.ContainsAny(x.Title, "\r\n\x00") || len(x.Icon) > MaxButtonIcon {
				t.Fatalf("%v", x)
			}
		}
	})
}
