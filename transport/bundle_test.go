package transport_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func bundle(t testing.TB, broker *transport.Identity) *transport.Bundle {
	t.Helper()
	next, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return &transport.Bundle{
		Broker: "broker.example:443", Pins: []transport.Pin{broker.Pin(), next.Pin()},
		Organisation: "Beispiel & Söhne <GmbH>", Token: "a-token", Expires: noon.Add(time.Hour),
		Floor: "view_only = true\n",
	}
}

func sign(t testing.TB, b *transport.Bundle, broker *transport.Identity) []byte {
	t.Helper()
	c, err := b.Sign(broker)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBundleSurvivesItsFile(t *testing.T) {
	broker := identity(t)
	want := bundle(t, broker)
	path := filepath.Join(t.TempDir(), "alongside.bundle")
	if err := os.WriteFile(path, sign(t, want, broker), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := transport.LoadBundle(path, noon)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestK_AnyFlippedBitOfABundleIsRefused(t *testing.T) {
	broker := identity(t)
	content := sign(t, bundle(t, broker), broker)
	for i := range content {
		for bit := range 8 {
			content[i] ^= 1 << bit
			if _, err := transport.ParseBundle(content, noon); !errors.Is(err, transport.ErrBundle) {
				t.Fatalf("bit %d of byte %d (%q): %v", bit, i, content[i], err)
			}
			content[i] ^= 1 << bit
		}
		if _, err := transport.ParseBundle(content[:i], noon); err == nil {
			t.Fatalf("cut at %d: accepted", i)
		}
	}
	if _, err := transport.ParseBundle(append(content, ' '), noon); err == nil {
		t.Error("a space at the end: accepted")
	}
}

func TestK_BundleIsRefused(t *testing.T) {
	broker := identity(t)
	good := sign(t, bundle(t, broker), broker)
	if _, err := transport.ParseBundle(good, noon.Add(time.Hour)); !errors.Is(err, transport.ErrBundle) {
		t.Errorf("at its expiry: %v", err)
	}
	if _, err := bundle(t, broker).Sign(identity(t)); !errors.Is(err, transport.ErrBundle) {
		t.Errorf("signed by a key that it does not pin: %v", err)
	}
	for name, spoil := range map[string]func(*transport.Bundle){
		"NoPins":              func(b *transport.Bundle) { b.Pins = nil },
		"ManyPins":            func(b *transport.Bundle) { b.Pins = append(b.Pins, b.Pins...) },
		"NoPort":              func(b *transport.Bundle) { b.Broker = "broker.example" },
		"PortZero":            func(b *transport.Bundle) { b.Broker = "broker.example:0" },
		"PathInAddress":       func(b *transport.Bundle) { b.Broker = "broker.example/x:443" },
		"ControlCharacter":    func(b *transport.Bundle) { b.Organisation = "Exam\u202eple" },
		"LongOrganisation":    func(b *transport.Bundle) { b.Organisation = string(make([]byte, 300)) },
		"ControlInToken":      func(b *transport.Bundle) { b.Token = "a\nb" },
		"LongFloor":           func(b *transport.Bundle) { b.Floor = string(make([]byte, 9000)) },
		"FloorNotUTF8":        func(b *transport.Bundle) { b.Floor = "\xff" },
		"OrganisationNotUTF8": func(b *transport.Bundle) { b.Organisation = "\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			b := bundle(t, broker)
			spoil(b)
			if _, err := b.Sign(broker); !errors.Is(err, transport.ErrBundle) {
				t.Errorf("sign: %v, want ErrBundle", err)
			}
		})
	}
}

func adhoc(t testing.TB, broker *transport.Identity) *transport.Bundle {
	t.Helper()
	b := bundle(t, broker)
	b.Floor = ""
	b.Adhoc = transport.AdhocFor(wire.SessionID{0xc0, 0xff, 0xee, 15: 1})
	return b
}

func TestK_ABundleForOneSessionIsRefused(t *testing.T) {
	broker := identity(t)
	content := sign(t, adhoc(t, broker), broker)
	for i := range content {
		for bit := range 8 {
			content[i] ^= 1 << bit
			if _, err := transport.ParseBundle(content, noon); !errors.Is(err, transport.ErrBundle) {
				t.Fatalf("bit %d of byte %d (%q): %v", bit, i, content[i], err)
			}
			content[i] ^= 1 << bit
		}
	}
	if _, err := transport.ParseBundle(content, noon.Add(time.Hour)); !errors.Is(err, transport.ErrBundle) {
		t.Errorf("at its expiry: %v", err)
	}
	for name, spoil := range map[string]func(*transport.Bundle){
		"NoSession":        func(b *transport.Bundle) { b.Adhoc.Session = "" },
		"ZeroSession":      func(b *transport.Bundle) { b.Adhoc = transport.AdhocFor(wire.SessionID{}) },
		"ShortSession":     func(b *transport.Bundle) { b.Adhoc.Session = "c0ffee" },
		"UpperCaseSession": func(b *transport.Bundle) { b.Adhoc.Session = strings.ToUpper(b.Adhoc.Session) },
		"NoToken":          func(b *transport.Bundle) { b.Token = "" },
		"PolicyOfMachine":  func(b *transport.Bundle) { b.Floor = "view_only = true\n" },
	} {
		b := adhoc(t, broker)
		spoil(b)
		if _, err := b.Sign(broker); !errors.Is(err, transport.ErrBundle) {
			t.Errorf("%s: %v, want ErrBundle", name, err)
		}
	}
}

// TestK_BundlesOfTwoBrokersDoNotMix takes each field of one broker's bundle over into
// another's.
func TestK_BundlesOfTwoBrokersDoNotMix(t *testing.T) {
	one, two := identity(t), identity(t)
	ours, theirs := adhoc(t, one), adhoc(t, two)
	theirs.Broker, theirs.Organisation, theirs.Token = "evil.example:443", "Evil", "their-token"
	theirs.Adhoc = transport.AdhocFor(wire.SessionID{1})
	sign(t, ours, one)
	sign(t, theirs, two)
	for name, swap := range map[string]func(b *transport.Bundle){
		"Broker":       func(b *transport.Bundle) { b.Broker = theirs.Broker },
		"Pins":         func(b *transport.Bundle) { b.Pins = theirs.Pins },
		"Organisation": func(b *transport.Bundle) { b.Organisation = theirs.Organisation },
		"Token":        func(b *transport.Bundle) { b.Token = theirs.Token },
		"Session":      func(b *transport.Bundle) { b.Adhoc = theirs.Adhoc },
		"NoSession":    func(b *transport.Bundle) { b.Adhoc = nil },
		"Signature":    func(b *transport.Bundle) { b.Signature = theirs.Signature },
		"KeyAndSignature": func(b *transport.Bundle) {
			b.KeyID, b.Key, b.Signature = theirs.KeyID, theirs.Key, theirs.Signature
		},
		"PinsKeyAndSignature": func(b *transport.Bundle) {
			b.Pins, b.KeyID, b.Key, b.Signature = theirs.Pins, theirs.KeyID, theirs.Key, theirs.Signature
		},
	} {
		b := *ours
		swap(&b)
		content, err := json.MarshalIndent(b, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := transport.ParseBundle(append(content, '\n'), noon); !errors.Is(err, transport.ErrBundle) {
			t.Errorf("%s: %v, want ErrBundle", name, err)
		}
	}
}

func TestK_ARenamedBundleForOneSessionIsRefused(t *testing.T) {
	broker := identity(t)
	b := adhoc(t, broker)
	content := sign(t, b, broker)
	for name, good := range map[string]bool{
		b.Adhoc.FileName():                       true,
		"support-c0ffee000000.alongside":         true,
		"support-c0ffee000000 (2).alongside":     true, // Chromium
		"support-c0ffee000000(1).alongside":      true, // Firefox
		"support-c0ffee000001.alongside":         false,
		"support-c0ffee000000.bundle":            false,
		"support-c0ffee000000 (0).alongside":     false,
		"support-c0ffee000000 (1) (2).alongside": false,
		"Invoice.alongside":                      false,
		"support-c0ffee000000":                   false,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := transport.LoadBundle(path, noon)
		if good && err != nil || !good && !errors.Is(err, transport.ErrBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBundlesAreFoundByTheirName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"support-1.alongside", "enroll.alongside", "support-1.alongside.txt", "alongside"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "support-2.alongside"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := transport.AdhocBundles(dir)
	if want := []string{filepath.Join(dir, "support-1.alongside")}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

func FuzzParseBundle(f *testing.F) {
	broker, err := transport.NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sign(f, bundle(f, broker), broker))
	f.Add(sign(f, adhoc(f, broker), broker))
	f.Add([]byte(`{"version":1,"pins":["sha256/"]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		b, err := transport.ParseBundle(content, noon)
		if err != nil {
			if !errors.Is(err, transport.ErrBundle) {
				t.Errorf("%v is not an ErrBundle", err)
			}
			return
		}
		if b.Broker == "" || len(b.Pins) == 0 || !noon.Before(b.Expires) {
			t.Errorf("accepted %+v", b)
		}
	})
}
