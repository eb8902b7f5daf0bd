package wire

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"encoding/hex"
)

// sealedVectors are credentials as a browser seals them. Sealing is never twice the
// same, so the case was made once, by SealCredentials.
func sealedVectors() []vector {
	const sealed = "3511fd23e8e26dbabb48110688327259b724586d92bea49209e3b1e16f5c5a2fc73efa9499521c2e449252b4780d3fdaa067d7defee04075bf512596437a2e7f83"
	packed, err := hex.DecodeString(sealed)
	if err != nil {
		panic(err)
	}
	return []vector{good("credentials", packed, fields{
		"key": hex.EncodeToString(sealedKey()), "session": hex.EncodeToString(bytes.Repeat([]byte{1}, SessionIDSize)),
		"nonce": hex.EncodeToString(bytes.Repeat([]byte{2}, SessionIDSize)), "user": "bob", "password": "päss 🙂",
	})}
}

func sealedKey() []byte { return bytes.Repeat([]byte{9}, SealingKeySize) }

func openingKey() hpke.PrivateKey {
	key, err := hpke.DHKEM(ecdh.X25519()).NewPrivateKey(sealedKey())
	if err != nil {
		panic(err)
	}
	return key
}

func readSealedVector(_ vector, packed []byte) (any, []byte, error) {
	user, password, err := OpenCredentials(openingKey(), SessionID(bytes.Repeat([]byte{1}, SessionIDSize)), bytes.Repeat([]byte{2}, SessionIDSize), packed)
	if err != nil {
		return nil, nil, err
	}
	return fields{
		"key": hex.EncodeToString(sealedKey()), "session": hex.EncodeToString(bytes.Repeat([]byte{1}, SessionIDSize)),
		"nonce": hex.EncodeToString(bytes.Repeat([]byte{2}, SessionIDSize)), "user": user, "password": string(password),
	}, packed, nil
}
