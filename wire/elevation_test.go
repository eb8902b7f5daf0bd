package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestD14_CredentialsOpenForTheirSessionAndNonceOnly(t *testing.T) {
	session := SessionID{1}
	device := testKey(7)
	key, offer, err := NewSealingKey(session, func(m []byte) []byte { return ed25519.Sign(device, m) })
	if err != nil {
		t.Fatal(err)
	}
	public := device.Public().(ed25519.PublicKey)
	if err := VerifyElevationOffer(public, session, offer); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"another session": VerifyElevationOffer(public, SessionID{2}, offer),
		"another device":  VerifyElevationOffer(testKey(8).Public().(ed25519.PublicKey), session, offer),
		"no device":       VerifyElevationOffer(nil, session, offer),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := VerifyElevationOffer(public, session, &wirepb.ElevationOffer{Key: []byte{1}}); !errors.Is(err, ErrElevateContent) {
		t.Error(err)
	}
	nonce := bytes.Repeat([]byte{3}, SessionIDSize)
	sealed, err := SealCredentials(offer.Key, session, nonce, &wirepb.ElevationCredentials{User: "bob", Password: "päss word"})
	if err != nil {
		t.Fatal(err)
	}
	user, password, err := OpenCredentials(key, session, nonce, sealed)
	if err != nil || user != "bob" || string(password) != "päss word" {
		t.Errorf("%q %q %v", user, password, err)
	}
	another, _, err := NewSealingKey(session, func([]byte) []byte { return nil })
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, open := range map[string]func() error{
		"another session": func() error { _, _, err := OpenCredentials(key, SessionID{2}, nonce, sealed); return err },
		"another nonce":   func() error { _, _, err := OpenCredentials(key, session, make([]byte, 16), sealed); return err },
		"another key":     func() error { _, _, err := OpenCredentials(another, session, nonce, sealed); return err },
		"changed":         func() error { _, _, err := OpenCredentials(key, session, nonce, changed); return err },
		"cut":             func() error { _, _, err := OpenCredentials(key, session, nonce, sealed[:31]); return err },
		"nothing":         func() error { _, _, err := OpenCredentials(key, session, nonce, nil); return err },
	} {
		if err := open(); !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What another program would read as two lines is not passed to it.
func TestD14_CredentialsAreOneLineEach(t *testing.T) {
	for _, c := range []*wirepb.ElevationCredentials{
		{Password: "x"},
		{User: "bob"},
		{User: "bob\nroot", Password: "x"},
		{User: "bob", Password: "x\ny"},
		{User: "bob", Password: "x\x00y"},
		{User: strings.Repeat("b", MaxName+1), Password: "x"},
		{User: "bob", Password: strings.Repeat("x", MaxName+1)},
	} {
		b, err := proto.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := parseCredentials(b); !errors.Is(err, ErrElevateContent) {
			t.Errorf("%q: %v", b, err)
		}
	}
	// Fields of the future are skipped, and the last one of each counts.
	b, _ := proto.Marshal(&wirepb.ElevationCredentials{User: "bob", Password: "x"})
	b = append(b, 0x18, 7)
	if user, password, err := parseCredentials(b); err != nil || user != "bob" || string(password) != "x" {
		t.Errorf("%q %q %v", user, password, err)
	}
	for n := range b {
		_, _, _ = parseCredentials(b[:n])
	}
}

func TestV4_OrdersToElevateMakeSense(t *testing.T) {
	good := func() *wirepb.Elevate {
		return &wirepb.Elevate{
			Session: make([]byte, 16), RepId: "r", Method: wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER, Nonce: make([]byte, 16), Sealed: []byte{1},
		}
	}
	if err := CheckElevate(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*wirepb.Elevate){
		"session":             func(e *wirepb.Elevate) { e.Session = nil },
		"rep":                 func(e *wirepb.Elevate) { e.RepId = "" },
		"method":              func(e *wirepb.Elevate) { e.Method, e.Sealed = 0, nil },
		"nonce":               func(e *wirepb.Elevate) { e.Nonce = e.Nonce[1:] },
		"no credentials":      func(e *wirepb.Elevate) { e.Sealed = nil },
		"too much":            func(e *wirepb.Elevate) { e.Sealed = make([]byte, MaxSealed+1) },
		"credentials, unused": func(e *wirepb.Elevate) { e.Method = wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER },
	} {
		e := good()
		change(e)
		if err := CheckElevate(e); !errors.Is(err, ErrElevateContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzCredentials(f *testing.F) {
	b, _ := proto.Marshal(&wirepb.ElevationCredentials{User: "bob", Password: "x"})
	f.Add(b)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		user, password, err := parseCredentials(b)
		if err == nil && (user == "" || len(password) == 0 || bytes.ContainsAny(password, "\n\x00")) {
			t.Errorf("%q %q", user, password)
		}
	})
}

func TestD7_ElevationReceiptAnswersOneOrder(t *testing.T) {
	device, broker := testKey(7), testKey(9)
	g := testGrant()
	grant, _, err := SignGrant(broker, g)
	if err != nil {
		t.Fatal(err)
	}
	order := &wirepb.Elevate{Session: g.Session, RepId: g.RepId, Nonce: bytes.Repeat([]byte{3}, SessionIDSize)}
	receipt := func(spoil func(*wirepb.ElevationReceipt)) (b, sig []byte) {
		r := &wirepb.ElevationReceipt{Session: order.Session, Nonce: order.Nonce, RepId: order.RepId, Yes: true, User: "ada", Rule: wirepb.ConsentRule_CONSENT_RULE_ASK}
		if spoil != nil {
			spoil(r)
		}
		b, m, err := ElevationReceiptMessage(grant, r)
		if err != nil {
			t.Fatal(err)
		}
		return b, ed25519.Sign(device, m)
	}
	public := device.Public().(ed25519.PublicKey)
	good, sig := receipt(nil)
	if r, err := VerifyElevationReceipt(public, grant, order, good, sig); err != nil || !r.Yes || r.User != "ada" {
		t.Fatalf("good receipt: %v, %v", r, err)
	}
	if _, err := VerifyElevationReceipt(broker.Public().(ed25519.PublicKey), grant, order, good, sig); !errors.Is(err, ErrSignature) {
		t.Errorf("by another key: %v", err)
	}
	consent, message, err := ReceiptMessage(grant, &wirepb.ConsentReceipt{Session: g.Session, Yes: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyElevationReceipt(public, grant, order, consent, ed25519.Sign(device, message)); !errors.Is(err, ErrSignature) {
		t.Errorf("the Yes to the session: %v", err)
	}
	for name, spoil := range map[string]func(*wirepb.ElevationReceipt){
		"another session":       func(r *wirepb.ElevationReceipt) { r.Session = make([]byte, SessionIDSize) },
		"another order":         func(r *wirepb.ElevationReceipt) { r.Nonce = bytes.Repeat([]byte{4}, SessionIDSize) },
		"another rep":           func(r *wirepb.ElevationReceipt) { r.RepId = "rep2" },
		"a rule that is not so": func(r *wirepb.ElevationReceipt) { r.Rule = wirepb.ConsentRule_CONSENT_RULE_NOTIFY },
	} {
		b, sig := receipt(spoil)
		if _, err := VerifyElevationReceipt(public, grant, order, b, sig); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}
