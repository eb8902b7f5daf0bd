package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

func testPolicy() *wirepb.DevicePolicy {
	return &wirepb.DevicePolicy{
		DeviceSpki: bytes.Repeat([]byte{2}, sha256.Size), Version: 7,
		ExpiresUnixMs: grantTime.Add(24 * time.Hour).UnixMilli(), RemoteSupport: true, ReasonMin: 10,
		DesktopIcon: true, DesktopIconName: "Remote Support", ViewOnly: true, ConsentRequired: true,
	}
}

func TestPolicyHoldsForItsDevice(t *testing.T) {
	key := testKey(7)
	public := key.Public().(ed25519.PublicKey)
	b, sig, err := SignPolicy(key, testPolicy())
	if err != nil {
		t.Fatal(err)
	}
	device := [32]byte(testPolicy().DeviceSpki)
	if p, err := VerifyPolicy(public, device, b, sig); err != nil || p.Version != 7 || !p.ViewOnly {
		t.Fatal(p, err)
	}
	if _, err := VerifyPolicy(public, [32]byte{}, b, sig); !errors.Is(err, ErrPolicyDevice) {
		t.Error(err)
	}
	if _, err := VerifyPolicy(testKey(8).Public().(ed25519.PublicKey), device, b, sig); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
	if _, err := VerifyPolicy(public, device, append(b, 0x78, 1), sig); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
	// Nothing else that the key has signed passes for a policy.
	_, asGrant, err := sign(key, grantDomain, testPolicy())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyPolicy(public, device, b, asGrant); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
}

func TestPolicyWithoutSenseIsNeitherSignedNorTaken(t *testing.T) {
	for name, spoil := range map[string]func(*wirepb.DevicePolicy){
		"device":     func(p *wirepb.DevicePolicy) { p.DeviceSpki = nil },
		"version":    func(p *wirepb.DevicePolicy) { p.Version = 0 },
		"endless":    func(p *wirepb.DevicePolicy) { p.ExpiresUnixMs = 0 },
		"reason":     func(p *wirepb.DevicePolicy) { p.ReasonMin = MaxText + 1 },
		"icon":       func(p *wirepb.DevicePolicy) { p.DesktopIconName = "" },
		"path":       func(p *wirepb.DevicePolicy) { p.DesktopIconName = "../autostart/x" },
		"hidden":     func(p *wirepb.DevicePolicy) { p.DesktopIconName = ".profile" },
		"two lines":  func(p *wirepb.DevicePolicy) { p.DesktopIconName = "Support\nExec=rm" },
		"long name":  func(p *wirepb.DevicePolicy) { p.DesktopIconName = strings.Repeat("x", MaxName+1) },
		"not UTF-8":  func(p *wirepb.DevicePolicy) { p.DesktopIconName = "a\xff" },
		"only blank": func(p *wirepb.DevicePolicy) { p.DesktopIconName = " " },
	} {
		t.Run(name, func(t *testing.T) {
			key, p := testKey(7), testPolicy()
			spoil(p)
			if _, _, err := SignPolicy(key, p); !errors.Is(err, ErrPolicyContent) {
				t.Errorf("sign: %v", err)
			}
			if err := checkPolicy(p); !errors.Is(err, ErrPolicyContent) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

func FuzzVerifyPolicy(f *testing.F) {
	key := testKey(7)
	public := key.Public().(ed25519.PublicKey)
	b, sig, err := SignPolicy(key, testPolicy())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := VerifyPolicy(public, [32]byte(testPolicy().DeviceSpki), append(b, 0), sig); err == nil {
			t.Error("forged")
		}
		p, err := VerifyPolicy(public, [32]byte(testPolicy().DeviceSpki), b, ed25519.Sign(key, signed(policyDomain, b)))
		if err == nil && checkPolicy(p) != nil {
			t.Error("a policy without sense was taken")
		}
	})
}
