package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/alongside-remote/alongside/broker/store"
)

// checkpointOrigin names the log in its checkpoints and its key in their
// signatures.
const checkpointOrigin = "alongside-audit"

// A Checkpoint says how long the log was at a time and which hash its last
// record had. It is kept outside the database, so that a log that was cut off or
// written anew from an earlier record is found out. As a text it is a signed
// note (C2SP signed-note) whose lines are the origin, the number of records, the
// hash in base64 and the time.
type Checkpoint struct {
	Seq  uint64
	Hash []byte
	At   time.Time
}

// ErrCheckpoint means that a checkpoint is not one, or was not signed by this
// broker: somebody changed the file.
var ErrCheckpoint = errors.New("audit checkpoint is not valid")

// Sign makes the note.
func (c Checkpoint) Sign(key ed25519.PrivateKey) ([]byte, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n%s\n", checkpointOrigin, c.Seq, base64.StdEncoding.EncodeToString(c.Hash), c.At.UTC().Format(time.RFC3339))
	b, err := note.Sign(&note.Note{Text: text}, signer{key})
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return b, nil
}

// OpenCheckpoint checks a note and reads it.
func OpenCheckpoint(b []byte, key ed25519.PublicKey) (Checkpoint, error) {
	n, err := note.Open(b, note.VerifierList(verifier{key}))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	// The last letter of a signature has bits that say nothing: they are zero, so that a
	// file has one form and whatever is changed in it is seen.
	if _, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: signature: %w", ErrCheckpoint, err)
	}
	lines := strings.Split(strings.TrimSuffix(n.Text, "\n"), "\n")
	if len(lines) != 4 || lines[0] != checkpointOrigin {
		return Checkpoint{}, fmt.Errorf("%w: unknown form", ErrCheckpoint)
	}
	var c Checkpoint
	var errs [3]error
	c.Seq, errs[0] = strconv.ParseUint(lines[1], 10, 64)
	c.Hash, errs[1] = base64.StdEncoding.DecodeString(lines[2])
	c.At, errs[2] = time.Parse(time.RFC3339, lines[3])
	if err := errors.Join(errs[:]...); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return c, nil
}

// of says whether a record is the one that the checkpoint names.
func (c Checkpoint) of(r store.Record) bool { return c.Seq == r.Seq && bytes.Equal(c.Hash, r.Hash) }

// signer and verifier are the key in the form of signed notes: an ed25519 key's
// id there is the beginning of the hash of its name, its algorithm and itself.
type (
	signer   struct{ key ed25519.PrivateKey }
	verifier struct{ key ed25519.PublicKey }
)

func (s signer) Name() string { return checkpointOrigin }

func (s signer) KeyHash() uint32 { return keyHash(s.key.Public().(ed25519.PublicKey)) }

func (s signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

func (v verifier) Name() string { return checkpointOrigin }

func (v verifier) KeyHash() uint32 { return keyHash(v.key) }

func (v verifier) Verify(msg, sig []byte) bool { return ed25519.Verify(v.key, msg, sig) }

func keyHash(key ed25519.PublicKey) uint32 {
	const ed25519Notes = 1 // the algorithm's number in signed notes
	h := sha256.Sum256(append([]byte(checkpointOrigin+"\n"), append([]byte{ed25519Notes}, key...)...))
	return binary.BigEndian.Uint32(h[:])
}
