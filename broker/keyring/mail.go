package keyring

import (
	"errors"
	"fmt"
	"io/fs"
)

// mailFile holds the password of the mail server.
const mailFile = "mail-password"

// MailPassword is the password of the mail server, empty when none was set.
func (k *Keyring) MailPassword() (string, error) {
	b, err := k.read(mailFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// SetMailPassword replaces the password; empty removes it.
func (k *Keyring) SetMailPassword(password string) error {
	if password != "" {
		return k.write(mailFile, []byte(password))
	}
	if err := k.dir.Remove(mailFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("mail password: %w", err)
	}
	return nil
}
