package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

var grantTime = time.UnixMilli(1_700_000_000_000)

// signReceipt is what the device does by the holder of its key.
func signReceipt(key ed25519.PrivateKey, grant []byte, r *wirepb.ConsentReceipt) (receipt, sig []byte, err error) {
	receipt, message, err := ReceiptMessage(grant, r)
	return receipt, ed25519.Sign(key, message), err
}

func testGrant() *wirepb.SessionGrant {
	return &wirepb.SessionGrant{
		Session:           bytes.Repeat([]byte{1}, SessionIDSize),
		DeviceSpki:        bytes.Repeat([]byte{2}, sha256.Size),
		Jti:               bytes.Repeat([]byte{3}, SessionIDSize),
		RepId:             "rep-1",
		RepName:           "Robin",
		Organisation:      "Example",
		Permissions:       []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_CONTROL},
		NotBeforeUnixMs:   grantTime.UnixMilli(),
		StartBeforeUnixMs: grantTime.Add(MaxGrantWindow).UnixMilli(),
		MaxDurationS:      3600,
		ConsentTimeoutS:   60,
	}
}

func TestGrantHoldsForItsDeviceSessionAndTime(t *testing.T) {
	key := testKey(7)
	pub := key.Public().(ed25519.PublicKey)
	grant, sig, err := SignGrant(key, testGrant())
	if err != nil {
		t.Fatal(err)
	}
	device := [32]byte(testGrant().DeviceSpki)
	session := SessionID(testGrant().Session)
	flip := func(b []byte) []byte {
		c := bytes.Clone(b)
		c[len(c)/2] ^= 1
		return c
	}
	_, consentSig, err := sign(key, consentDomain, testGrant())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		pub     ed25519.PublicKey
		device  [32]byte
		session SessionID
		grant   []byte
		sig     []byte
		now     time.Time
		want    error
	}{
		{"good", pub, device, session, grant, sig, grantTime, nil},
		{"last moment", pub, device, session, grant, sig, grantTime.Add(MaxGrantWindow + GrantSkew), nil},
		{"other key", testKey(8).Public().(ed25519.PublicKey), device, session, grant, sig, grantTime, ErrSignature},
		{"no key", nil, device, session, grant, sig, grantTime, ErrSignature},
		{"changed", pub, device, session, flip(grant), sig, grantTime, ErrSignature},
		{"changed signature", pub, device, session, grant, flip(sig), grantTime, ErrSignature},
		{"no signature", pub, device, session, grant, nil, grantTime, ErrSignature},
		{"signed as consent", pub, device, session, grant, consentSig, grantTime, ErrSignature},
		{"other device", pub, [32]byte{}, session, grant, sig, grantTime, ErrWrongDevice},
		{"other session", pub, device, SessionID{}, grant, sig, grantTime, ErrWrongSession},
		{"too early", pub, device, session, grant, sig, grantTime.Add(-GrantSkew - time.Millisecond), ErrNotYetValid},
		{"too late", pub, device, session, grant, sig, grantTime.Add(MaxGrantWindow + GrantSkew + time.Millisecond), ErrGrantExpired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := VerifyGrant(tt.pub, tt.device, tt.session, tt.grant, tt.sig, tt.now)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if (g != nil) != (tt.want == nil) {
				t.Fatalf("grant %v with error %v", g, err)
			}
		})
	}
}

func TestGrantWithoutSenseIsNeitherSignedNorTaken(t *testing.T) {
	for name, spoil := range map[string]func(*wirepb.SessionGrant){
		"session":           func(g *wirepb.SessionGrant) { g.Session = g.Session[1:] },
		"device":            func(g *wirepb.SessionGrant) { g.DeviceSpki = nil },
		"jti":               func(g *wirepb.SessionGrant) { g.Jti = nil },
		"rep":               func(g *wirepb.SessionGrant) { g.RepName = "" },
		"long name":         func(g *wirepb.SessionGrant) { g.Organisation = string(make([]byte, MaxName+1)) },
		"nothing permitted": func(g *wirepb.SessionGrant) { g.Permissions = nil },
		"control unseen": func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_CONTROL}
		},
		"clipboard in unseen": func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT}
		},
		"files in without control": func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT}
		},
		"input restricted without control": func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_RESTRICT_INPUT}
		},
		"dark without control": func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_PRIVACY_SCREEN}
		},
		"clipboard twice": func(g *wirepb.SessionGrant) {
			g.Permissions = append(g.Permissions, wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT, wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT)
		},
		"unknown permission": func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, 99) },
		"long window":        func(g *wirepb.SessionGrant) { g.StartBeforeUnixMs++ },
		"backward window":    func(g *wirepb.SessionGrant) { g.StartBeforeUnixMs = g.NotBeforeUnixMs - 1 },
		"no answer time":     func(g *wirepb.SessionGrant) { g.ConsentTimeoutS = 0 },
		"endless":            func(g *wirepb.SessionGrant) { g.MaxDurationS = 32 * 24 * 3600 },
		"unknown end":        func(g *wirepb.SessionGrant) { g.AtEnd = 4 },
		"endless consent":    func(g *wirepb.SessionGrant) { g.ConsentValidS = 32 * 24 * 3600 },
		"unknown rule":       func(g *wirepb.SessionGrant) { g.Consent = 99 },
		"unknown absent":     func(g *wirepb.SessionGrant) { g.ConsentAbsent = -1 },
		"unknown timeout":    func(g *wirepb.SessionGrant) { g.OnTimeout = 99 },
		"long reason":        func(g *wirepb.SessionGrant) { g.Reason = string(make([]byte, MaxText+1)) },
	} {
		t.Run(name, func(t *testing.T) {
			key, g := testKey(7), testGrant()
			spoil(g)
			if _, _, err := SignGrant(key, g); !errors.Is(err, ErrGrantContent) {
				t.Errorf("sign: %v", err)
			}
			b, sig, err := sign(key, grantDomain, g)
			if err != nil {
				t.Fatal(err)
			}
			_, err = VerifyGrant(key.Public().(ed25519.PublicKey), [32]byte{}, SessionID{}, b, sig, grantTime)
			if !errors.Is(err, ErrGrantContent) {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

func TestReceiptAnswersOneGrant(t *testing.T) {
	device := testKey(9)
	pub := device.Public().(ed25519.PublicKey)
	grant, _, err := SignGrant(testKey(7), testGrant())
	if err != nil {
		t.Fatal(err)
	}
	second := testGrant()
	second.Jti[0]++
	other, _, err := SignGrant(testKey(7), second)
	if err != nil {
		t.Fatal(err)
	}
	receipt := func(spoil func(*wirepb.ConsentReceipt)) (b, sig []byte) {
		r := &wirepb.ConsentReceipt{
			Session: testGrant().Session, Yes: true, User: "ada", AtUnixMs: grantTime.UnixMilli(),
			Permissions: []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW},
		}
		spoil(r)
		b, sig, err := signReceipt(device, grant, r)
		if err != nil {
			t.Fatal(err)
		}
		return b, sig
	}
	good, sig := receipt(func(*wirepb.ConsentReceipt) {})
	if r, err := VerifyReceipt(pub, grant, good, sig); err != nil || !r.Yes || r.User != "ada" {
		t.Fatalf("good receipt: %v, %v", r, err)
	}
	if _, err := VerifyReceipt(pub, other, good, sig); !errors.Is(err, ErrReceiptForged) {
		t.Errorf("receipt for another grant: %v", err)
	}
	if _, err := VerifyReceipt(testKey(7).Public().(ed25519.PublicKey), grant, good, sig); !errors.Is(err, ErrSignature) {
		t.Errorf("receipt by another key: %v", err)
	}
	b, sig := receipt(func(r *wirepb.ConsentReceipt) { r.Session = make([]byte, SessionIDSize) })
	if _, err := VerifyReceipt(pub, grant, b, sig); !errors.Is(err, ErrWrongSession) {
		t.Errorf("receipt for another session: %v", err)
	}
	b, sig = receipt(func(r *wirepb.ConsentReceipt) { r.Permissions = append(r.Permissions, 99) })
	if _, err := VerifyReceipt(pub, grant, b, sig); !errors.Is(err, ErrReceiptForged) {
		t.Errorf("receipt for more than was asked: %v", err)
	}
}

func TestReceiptIsNoLooserThanItsGrant(t *testing.T) {
	device := testKey(9)
	const ask, notify = wirepb.ConsentRule_CONSENT_RULE_ASK, wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	for name, tt := range map[string]struct {
		grant   func(*wirepb.SessionGrant)
		receipt func(*wirepb.ConsentReceipt)
		good    bool
	}{
		"asked": {func(g *wirepb.SessionGrant) { g.Consent = notify }, func(r *wirepb.ConsentReceipt) { r.Rule = ask }, true},
		"nobody asked where somebody had to be": {
			func(g *wirepb.SessionGrant) { g.Consent = ask },
			func(r *wirepb.ConsentReceipt) { r.Rule = notify }, false,
		},
		"nobody asked where nobody had to be": {
			func(g *wirepb.SessionGrant) { g.ConsentAbsent = notify },
			func(r *wirepb.ConsentReceipt) { r.Rule = notify }, true,
		},
		"silence that is no": {func(*wirepb.SessionGrant) {}, func(r *wirepb.ConsentReceipt) { r.ByTimeout = true }, false},
		"silence that is yes": {
			func(g *wirepb.SessionGrant) { g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW },
			func(r *wirepb.ConsentReceipt) { r.ByTimeout = true }, true,
		},
		"valid for ever": {func(g *wirepb.SessionGrant) { g.ConsentValidS = 60 }, func(*wirepb.ConsentReceipt) {}, false},
		"valid too long": {
			func(g *wirepb.SessionGrant) { g.ConsentValidS = 60 },
			func(r *wirepb.ConsentReceipt) { r.ValidUntilUnixMs = r.AtUnixMs + 60_001 }, false,
		},
		"valid as long as asked": {
			func(g *wirepb.SessionGrant) { g.ConsentValidS = 60 },
			func(r *wirepb.ConsentReceipt) { r.ValidUntilUnixMs = r.AtUnixMs + 60_000 }, true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := testGrant()
			tt.grant(g)
			grant, _, err := SignGrant(testKey(7), g)
			if err != nil {
				t.Fatal(err)
			}
			r := &wirepb.ConsentReceipt{Session: g.Session, Yes: true, AtUnixMs: grantTime.UnixMilli()}
			tt.receipt(r)
			b, sig, err := signReceipt(device, grant, r)
			if err != nil {
				t.Fatal(err)
			}
			_, err = VerifyReceipt(device.Public().(ed25519.PublicKey), grant, b, sig)
			if tt.good && err != nil || !tt.good && !errors.Is(err, ErrReceiptForged) {
				t.Error(err)
			}
		})
	}
}
