package transport_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
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

func FuzzParseBundle(f *testing.F) {
	broker, err := transport.NewIdentity()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sign(f, bundle(f, broker), broker))
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
