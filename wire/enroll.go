package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
)

// EnrollExporterLabel is the label of the TLS exporter that an enrollment proof
// is bound to, so that it is worth nothing on another connection.
const EnrollExporterLabel = "EXPORTER-alongside-enroll-v1"

const enrollDomain = "alongside enroll v1"

// EnrollProof signs possession of the device key for this connection and token.
func EnrollProof(key ed25519.PrivateKey, exporter []byte, token string) []byte {
	return ed25519.Sign(key, enrollStatement(exporter, token))
}

// VerifyEnrollProof is true when proof is the one that the holder of key makes
// for this connection and token. The key is that of the TLS handshake.
func VerifyEnrollProof(key ed25519.PublicKey, exporter []byte, token string, proof []byte) bool {
	return len(key) == ed25519.PublicKeySize && len(exporter) == 32 &&
		ed25519.Verify(key, enrollStatement(exporter, token), proof)
}

func enrollStatement(exporter []byte, token string) []byte {
	h := sha256.Sum256([]byte(token))
	b := append([]byte(enrollDomain), exporter...)
	return append(b, h[:]...)
}
