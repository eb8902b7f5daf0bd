package keyring

import (
	"errors"
	"fmt"
	"io/fs"
)

const recordingFile = "recording.key"

// RecordingKeys is the text of the age identities with which the broker reads its
// own recordings, one a line, the newest last; generate makes the first one.
func (k *Keyring) RecordingKeys(generate func() (string, error)) (string, error) {
	b, err := k.read(recordingFile)
	if errors.Is(err, fs.ErrNotExist) {
		return k.AddRecordingKey("", generate)
	}
	if err != nil {
		return "", fmt.Errorf("recording key: %w", err)
	}
	return string(b), nil
}

// AddRecordingKey adds one more to those there are, which recordings made before
// still need.
func (k *Keyring) AddRecordingKey(there string, generate func() (string, error)) (string, error) {
	s, err := generate()
	if err != nil {
		return "", fmt.Errorf("recording key: %w", err)
	}
	there += s + "\n"
	if err := k.write(recordingFile, []byte(there)); err != nil {
		return "", fmt.Errorf("recording key: %w", err)
	}
	return there, nil
}
