package keyring

import (
	"errors"
	"io/fs"
	"strings"
)

// Notes that a running broker leaves for commands on the same folder.
const (
	addressFile      = "address"
	organisationFile = "organisation"
)

// Note keeps the address by which the broker is reached, and the organisation
// where its configuration names one.
func (k *Keyring) Note(address, organisation string) error {
	return errors.Join(k.write(addressFile, []byte(address+"\n")), k.write(organisationFile, []byte(organisation+"\n")))
}

// Address is the host:port of the last broker on this folder.
func (k *Keyring) Address() (string, error) {
	b, err := k.read(addressFile)
	return strings.TrimSpace(string(b)), err
}

// Organisation is the configured name, empty when there is none.
func (k *Keyring) Organisation() (string, error) {
	b, err := k.read(organisationFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}
