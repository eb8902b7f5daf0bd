// Package keyring holds the broker's keys in its data folder: the identity that
// agents pin, the key that signs grants, the setup secret and the certificates
// for browsers. Every file is the owner's alone.
package keyring

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/alongside-remote/alongside/transport"
)

// Keyring is the broker's keys.
type Keyring struct {
	Identity *transport.Identity
	Grant    ed25519.PrivateKey
	Audit    ed25519.PrivateKey // signs checkpoints of the audit log
	dir      *os.Root
}

// Open opens the data folder, which it makes where there is none, and the keys in
// it, which it makes likewise.
func Open(data string) (*Keyring, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	id, err := transport.LoadOrCreateIdentity(filepath.Join(data, "identity"))
	if err != nil {
		return nil, err
	}
	dir, err := os.OpenRoot(data)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	k := &Keyring{Identity: id, dir: dir}
	if k.Grant, err = k.signingKey(grantFile); err != nil {
		return nil, errors.Join(fmt.Errorf("grant key: %w", err), dir.Close())
	}
	if k.Audit, err = k.signingKey(auditFile); err != nil {
		return nil, errors.Join(fmt.Errorf("audit key: %w", err), dir.Close())
	}
	return k, nil
}

// Close closes the folder.
func (k *Keyring) Close() error { return k.dir.Close() }

const (
	grantFile = "grant.key"
	auditFile = "audit.key"
	setupFile = "setup-secret"
	keyType   = "PRIVATE KEY"
	maxFile   = 64 << 10
)

// signingKey reads an ed25519 key, which it makes where there is none.
func (k *Keyring) signingKey(file string) (ed25519.PrivateKey, error) {
	b, err := k.read(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		if err := k.write(file, pem.EncodeToMemory(&pem.Block{Type: keyType, Bytes: der})); err != nil {
			return nil, err
		}
		return key, nil
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != keyType {
		return nil, errors.New("not a PEM private key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signing, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("not an ed25519 key")
	}
	return signing, nil
}

// exposed reports whether others than the owner may have read the file. Windows
// has no such bits; there the folder's list of who may decides, which package
// transport has checked for the identity.
func exposed(fi fs.FileInfo) bool {
	return runtime.GOOS != "windows" && fi.Mode().Perm()&0o077 != 0
}

// read reads a file that only its owner may have seen.
func (k *Keyring) read(name string) ([]byte, error) {
	fi, err := k.dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxFile || exposed(fi) {
		return nil, fmt.Errorf("%s: %w", name, transport.ErrExposed)
	}
	return k.dir.ReadFile(name)
}

// write replaces a file whole.
func (k *Keyring) write(name string, b []byte) error {
	part := name + ".part"
	f, err := k.dir.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return k.dir.Rename(part, name)
}

// writeNew writes a file whole that is not there yet: fs.ErrExist when another
// process was first, whose file counts.
func (k *Keyring) writeNew(name string, b []byte) error {
	part := name + "." + rand.Text() + ".part"
	f, err := k.dir.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = k.dir.Remove(part) }()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return k.dir.Link(part, name)
}

// SetupSecret keeps the one-time secret of the first setup; make gives a new one
// where there is none yet.
func (k *Keyring) SetupSecret(make func() string) (string, error) {
	b, err := k.read(setupFile)
	if errors.Is(err, fs.ErrNotExist) {
		s := make()
		return s, k.write(setupFile, []byte(s+"\n"))
	}
	if err != nil || len(b) < 2 {
		return "", errors.Join(errors.New("setup secret: delete the file to get a new one"), err)
	}
	return string(b[:len(b)-1]), nil
}

// ForgetSetup removes the secret after the setup.
func (k *Keyring) ForgetSetup() error {
	if err := k.dir.Remove(setupFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("setup secret: %w", err)
	}
	return nil
}
