package wire

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// seed gives the golden vectors of a file to a fuzz target, beside its corpus in
// testdata/fuzz.
func seed(f *testing.F, file string) {
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		f.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		f.Fatal(err)
	}
	for _, v := range vs {
		packed, err := hex.DecodeString(v.Hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
}

func FuzzParsePreface(f *testing.F) {
	seed(f, "preface.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := ParsePreface(b); err == nil && !bytes.Equal(AppendPreface(nil, p), b[:PrefaceSize]) {
			t.Errorf("%x packs differently: %+v", b, p)
		}
	})
}

func FuzzParseMedia(f *testing.F) {
	seed(f, "media.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := ParseMedia(b)
		r, _, readErr := ReadMedia(bytes.NewReader(b), nil)
		if err != nil {
			return
		}
		if readErr != nil || !cmp.Equal(m, r) {
			t.Errorf("read as %+v (%v), parsed as %+v", r, readErr, m)
		}
	})
}

func FuzzParseInput(f *testing.F) {
	seed(f, "input.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		if es, err := ParseInput(nil, b); err == nil && !bytes.Equal(AppendInput(nil, es...), b) {
			t.Errorf("%x packs differently: %+v", b, es)
		}
	})
}

func FuzzOpReader(f *testing.F) {
	seed(f, "update.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewOpReader(b)
		for {
			op, err := r.Next()
			if op == nil || err != nil {
				return
			}
			packed := AppendOp(nil, op)
			again, err := NewOpReader(packed).Next()
			if err != nil || !bytes.Equal(AppendOp(nil, again), packed) {
				t.Errorf("%+v does not survive: %v", op, err)
			}
		}
	})
}

func FuzzReadControl(f *testing.F) {
	seed(f, "control.json")
	f.Fuzz(func(_ *testing.T, b []byte) {
		_ = ReadControl(bytes.NewReader(b), new(wirepb.AgentMessage))
		_ = ReadControl(bytes.NewReader(b), new(wirepb.BrokerMessage))
	})
}

func FuzzVerifyGrant(f *testing.F) {
	grant, sig, err := SignGrant(testKey(7), testGrant())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(grant)
	key := testKey(7)
	public := key.Public().(ed25519.PublicKey)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := VerifyGrant(public, [32]byte{}, SessionID{}, append(b, 0), sig, grantTime); err == nil {
			t.Error("forged")
		}
		// Past the signature too, content may be hostile: it is when the broker is.
		g, err := VerifyGrant(public, [32]byte{}, SessionID{}, b, ed25519.Sign(key, signed(grantDomain, b)), grantTime)
		if err == nil && checkGrant(g) != nil {
			t.Error("a grant without sense was taken")
		}
	})
}

func BenchmarkParseUpdate(b *testing.B) {
	var packed []byte
	for _, s := range sampleOps {
		packed = AppendOp(packed, &s.op)
	}
	b.ReportAllocs()
	var r OpReader
	for b.Loop() {
		r.r = reader{b: packed}
		for {
			if op, err := r.Next(); err != nil {
				b.Fatal(err)
			} else if op == nil {
				break
			}
		}
	}
}

func BenchmarkParseInput(b *testing.B) {
	packed := AppendInput(nil, Input{Kind: InputMotion, X: 1, Y: 2}, Input{Kind: InputKey, Code: 4, Down: true, Text: "a"})
	b.ReportAllocs()
	var es []Input
	for b.Loop() {
		var err error
		if es, err = ParseInput(es[:0], packed); err != nil {
			b.Fatal(err)
		}
	}
}
