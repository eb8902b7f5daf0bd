// Package transfer reads and writes the files that are sent to and from a computer, as
// the user who sits there and nobody else. A file that comes is written into one folder,
// under a name that is made here, and has its name only when its content is whole; one
// that goes is what the person has chosen.
package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Errors. Others are of the file system.
var (
	// ErrChanged: the content is not what it was said to be.
	ErrChanged = errors.New("content differs from what was announced")
	// ErrTooLarge: there is more of it than is transferred.
	ErrTooLarge = errors.New("file is too large")
	// ErrNotAFile: it is a folder, a device or the like.
	ErrNotAFile = errors.New("not a plain file")
)

// Full says whether an error means that there is no room.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

const (
	// part is at the end of the name of a file that is not whole.
	part = ".part"
	// private is the mode of a file that came: the user's alone, and no program.
	private = 0o600
	// maxSame is how many files of one name there may be.
	maxSame = 1000
)

// Incoming is a file that comes. It belongs to one goroutine.
type Incoming struct {
	root *os.Root
	file *os.File
	temp string
	want string
	size uint64
	sum  []byte
	at   uint64
	hash hash.Hash
}

// Receive begins a file in a folder, which is made where it is missing. The name is any
// text; sum is the SHA-256 that the content must have.
func Receive(folder, name string, size uint64, sum []byte) (*Incoming, error) {
	if !filepath.IsAbs(folder) {
		return nil, fmt.Errorf("no folder for files: %w", os.ErrNotExist)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	in := &Incoming{root: root, want: SafeName(name), size: size, sum: bytes.Clone(sum), hash: sha256.New()}
	if in.file, in.temp, err = in.create(); err != nil {
		_ = root.Close()
		return nil, err
	}
	return in, nil
}

// create makes a file that was not there: what stands in its place, a link too, is left
// alone.
func (in *Incoming) create() (*os.File, string, error) {
	for n := range maxSame {
		name := numberedName(in.want, n) + part
		f, err := in.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, private)
		if !errors.Is(err, os.ErrExist) {
			return f, name, err
		}
	}
	return nil, "", os.ErrExist
}

// numberedName is the name of the n-th file that wants a name.
func numberedName(name string, n int) string {
	if n == 0 {
		return name
	}
	ext := filepath.Ext(name)
	return strings.TrimSuffix(name, ext) + " (" + strconv.Itoa(n+1) + ")" + ext
}

// At is how much is there, and its SHA-256.
func (in *Incoming) At() (uint64, []byte) { return in.at, in.hash.Sum(nil) }

// Whole says whether all of it is there.
func (in *Incoming) Whole() bool { return in.at == in.size }

// Write appends to the content.
func (in *Incoming) Write(b []byte) (int, error) {
	if uint64(len(b)) > in.size-in.at {
		return 0, ErrTooLarge
	}
	n, err := in.file.Write(b)
	in.hash.Write(b[:n])
	in.at += uint64(n) //nolint:gosec // not negative
	return n, err
}

// Keep gives a whole file its name, which it returns. Whatever comes of it, the Incoming
// is done with.
func (in *Incoming) Keep() (string, error) {
	if !in.Whole() || !bytes.Equal(in.hash.Sum(nil), in.sum) {
		in.Drop()
		return "", ErrChanged
	}
	err := in.file.Sync()
	if closing := in.file.Close(); err == nil {
		err = closing
	}
	in.file = nil
	var name string
	if err == nil {
		name, err = in.name()
	}
	in.Drop()
	return name, err
}

// name gives the file a name that no other has. A link takes no other's place; where a
// file system has none, it is looked before.
func (in *Incoming) name() (string, error) {
	for n := range maxSame {
		name := numberedName(in.want, n)
		err := in.root.Link(in.temp, name)
		if err == nil {
			return name, nil
		}
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if _, there := in.root.Lstat(name); there == nil {
			continue
		}
		if err = in.root.Rename(in.temp, name); err == nil {
			in.temp = ""
		}
		return name, err
	}
	return "", os.ErrExist
}

// Drop removes what is not finished. It may be called twice.
func (in *Incoming) Drop() {
	if in.file != nil {
		_ = in.file.Close()
		in.file = nil
	}
	if in.temp != "" {
		_ = in.root.Remove(in.temp)
		in.temp = ""
	}
	_ = in.root.Close()
}

// Outgoing is a file that goes. It belongs to one goroutine.
type Outgoing struct {
	file *os.File
	was  os.FileInfo
	at   uint64
	hash hash.Hash
}

// Send opens a file that the person has chosen, of at most so many bytes.
func Send(path string, most uint64) (*Outgoing, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe in its place does not hang us
	if err != nil {
		return nil, err
	}
	was, err := f.Stat()
	switch {
	case err != nil:
	case !was.Mode().IsRegular():
		err = ErrNotAFile
	case uint64(was.Size()) > most: //nolint:gosec // not negative
		err = ErrTooLarge
	default:
		return &Outgoing{file: f, was: was, hash: sha256.New()}, nil
	}
	_ = f.Close()
	return nil, err
}

// Name is what the file is called, without its folder, and Size its length.
func (out *Outgoing) Name() string { return filepath.Base(out.file.Name()) }

// Size is the length of the file.
func (out *Outgoing) Size() uint64 { return uint64(out.was.Size()) } //nolint:gosec // not negative

// From begins anew behind what the other side has, of which sum is the SHA-256.
func (out *Outgoing) From(offset uint64, sum []byte) error {
	if offset > out.Size() {
		return ErrChanged
	}
	if _, err := out.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out.hash.Reset()
	if _, err := io.CopyN(out.hash, out.file, int64(offset)); errors.Is(err, io.EOF) { //nolint:gosec // at most a file's size
		return ErrChanged
	} else if err != nil {
		return err
	}
	if offset > 0 && !bytes.Equal(out.hash.Sum(nil), sum) {
		return ErrChanged
	}
	out.at = offset
	return nil
}

// At is how much was read, and its SHA-256.
func (out *Outgoing) At() (uint64, []byte) { return out.at, out.hash.Sum(nil) }

// Read reads on. At the end it is io.EOF, or ErrChanged when the file did not stay as it
// was.
func (out *Outgoing) Read(b []byte) (int, error) {
	left := out.Size() - out.at
	if left == 0 {
		is, err := out.file.Stat()
		switch {
		case err != nil:
			return 0, err
		case is.Size() != out.was.Size() || !is.ModTime().Equal(out.was.ModTime()):
			return 0, ErrChanged
		}
		return 0, io.EOF
	}
	n, err := out.file.Read(b[:min(uint64(len(b)), left)])
	out.hash.Write(b[:n])
	out.at += uint64(n) //nolint:gosec // not negative
	if errors.Is(err, io.EOF) {
		return n, ErrChanged
	}
	return n, err
}

// Close ends it. It may be called twice.
func (out *Outgoing) Close() { _ = out.file.Close() }
