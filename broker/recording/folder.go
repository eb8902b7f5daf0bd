package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"filippo.io/age"
)

// Names in the folder of a recording, which are all there are.
const (
	indexFile   = "index.age"
	ending      = ".age"
	partEnding  = ".part"
	reserveFile = "reserve"
)

// DefaultReserve is how much of the disk is kept for the audit log, for when
// recordings have filled the rest.
const DefaultReserve = 16 << 20

// ErrDamaged means that a file is not the one that was written.
var ErrDamaged = errors.New("the recording is damaged")

// folder is where recordings are. Names are made here, never outside.
type folder struct {
	root    *os.Root
	reserve int64
}

func openFolder(dir string, reserve int64) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	return &folder{root: root, reserve: reserve}, nil
}

func segmentName(n int) string { return fmt.Sprintf("%08d%s", n, ending) }

// validID is true for the ids that this broker makes.
func validID(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && len(b) == 16 && strings.ToLower(id) == id
}

// keepReserve makes the reserve, which says that there is room again: a quarter
// more than the reserve, or a disk that is full would seem to have room each time
// that the reserve was given up.
func (f *folder) keepReserve() error {
	if fi, err := f.root.Lstat(reserveFile); err == nil && fi.Size() >= f.reserve {
		return nil
	}
	w, err := f.root.OpenFile(reserveFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	block := bytes.Repeat([]byte{0xa5}, 64<<10) // not zeros: those may take no room
	for left := f.reserve + f.reserve/4; left > 0 && err == nil; left -= int64(len(block)) {
		_, err = w.Write(block[:min(int64(len(block)), left)])
	}
	if err == nil {
		err = w.Truncate(f.reserve)
	}
	if err = errors.Join(err, w.Sync(), w.Close()); err != nil {
		f.freeReserve()
	}
	return err
}

// freeReserve leaves its room to whoever needs it more.
func (f *folder) freeReserve() { _ = f.root.Remove(reserveFile) }

// sealed is a file that is being written, encrypted.
type sealed struct {
	f     *folder
	path  string // without ".part"
	file  *os.File
	hash  hash.Hash
	out   *counter
	age   io.WriteCloser
	plain int64
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// create begins a file of a recording. It is not there until commit.
func (f *folder) create(id, name string, to []age.Recipient) (*sealed, error) {
	if err := f.root.Mkdir(id, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	s := &sealed{f: f, path: path.Join(id, name), hash: sha256.New()}
	var err error
	if s.file, err = f.root.OpenFile(s.path+partEnding, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
		return nil, err
	}
	s.out = &counter{w: io.MultiWriter(s.file, s.hash)}
	if s.age, err = age.Encrypt(s.out, to...); err != nil {
		s.abandon()
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	return s, nil
}

// Write implements io.Writer.
func (s *sealed) Write(b []byte) (int, error) {
	n, err := s.age.Write(b)
	s.plain += int64(n)
	return n, err
}

// commit ends the file and gives it its name, whole and on the disk.
func (s *sealed) commit() (bytes int64, sum []byte, err error) {
	if err := s.age.Close(); err != nil {
		s.abandon()
		return 0, nil, err
	}
	if err := errors.Join(s.file.Sync(), s.file.Close()); err != nil {
		s.abandon()
		return 0, nil, err
	}
	if err := s.f.root.Rename(s.path+partEnding, s.path); err != nil {
		s.abandon()
		return 0, nil, err
	}
	return s.out.n, s.hash.Sum(nil), nil
}

// abandon removes the file.
func (s *sealed) abandon() {
	_ = s.file.Close()
	_ = s.f.root.Remove(s.path + partEnding)
}

// put writes a small file at once.
func (f *folder) put(id, name string, content []byte, to []age.Recipient) (bytes int64, sum []byte, err error) {
	s, err := f.create(id, name, to)
	if err != nil {
		return 0, nil, err
	}
	if _, err := s.Write(content); err != nil {
		s.abandon()
		return 0, nil, err
	}
	return s.commit()
}

// read decrypts a file. Sum is what its hash has to be; nil: any.
func (f *folder) read(id, name string, limit int64, sum []byte, with []age.Identity) ([]byte, error) {
	if !validID(id) {
		return nil, fs.ErrNotExist
	}
	b, err := f.root.ReadFile(path.Join(id, name))
	if err != nil {
		return nil, err
	}
	if h := sha256.Sum256(b); sum != nil && !bytes.Equal(h[:], sum) {
		return nil, fmt.Errorf("%s of %s: %w", name, id, ErrDamaged)
	}
	r, err := age.Decrypt(bytes.NewReader(b), with...)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(plain)) > limit {
		err = fmt.Errorf("%s of %s: %w", name, id, ErrDamaged)
	}
	return plain, err
}

// remove removes a recording's files.
func (f *folder) remove(id string) error {
	if !validID(id) {
		return fs.ErrNotExist
	}
	return f.root.RemoveAll(id)
}

// tidy removes from a recording what its index does not name.
func (f *folder) tidy(id string, segments int) error {
	names, err := f.list(id)
	if err != nil {
		return err
	}
	keep := []string{indexFile}
	for n := range segments {
		keep = append(keep, segmentName(n+1))
	}
	var errs []error
	for _, n := range names {
		if !slices.Contains(keep, n) {
			errs = append(errs, f.root.Remove(path.Join(id, n)))
		}
	}
	return errors.Join(errs...)
}

// list is the names in a folder; "." is that of all recordings.
func (f *folder) list(dir string) ([]string, error) {
	d, err := f.root.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}
