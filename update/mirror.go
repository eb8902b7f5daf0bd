package update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"syscall"
)

// Mirror is where metadata and programs come from. It is not trusted: whoever reads from
// it bounds and checks what comes.
type Mirror interface {
	// Open reads a file from its beginning. Name has elements with a slash between. The
	// error is ErrAbsent when there is none. The end of ctx ends a blocked read.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Web is a mirror on a web server.
type Web struct {
	Base   *url.URL // https; the folder
	Client *http.Client
}

// Open implements Mirror.
func (w Web) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Base.JoinPath(name).String(), nil)
	if err != nil {
		return nil, err
	}
	// What is signed is the file, and its size is known: no compression on the way.
	req.Header.Set("Accept-Encoding", "identity")
	res, err := w.Client.Do(req)
	if err != nil {
		return nil, err
	}
	switch res.StatusCode {
	case http.StatusOK:
		return res.Body, nil
	case http.StatusNotFound, http.StatusForbidden, http.StatusGone: // object stores say the second
		err = ErrAbsent
	default:
		err = fmt.Errorf("answered %s", res.Status)
	}
	return nil, errors.Join(err, res.Body.Close())
}

// Folder is a mirror on this machine. Others may write into it: it opens regular files
// below it and nothing else.
type Folder struct{ Path string }

// Open implements Mirror.
func (d Folder) Open(_ context.Context, name string) (io.ReadCloser, error) {
	if !fs.ValidPath(name) {
		return nil, fs.ErrInvalid
	}
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return nil, absent(err)
	}
	defer func() { _ = root.Close() }()
	before, err := root.Lstat(name)
	if err != nil {
		return nil, absent(err)
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	// A pipe that took its place meanwhile must not hold us up.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, absent(err)
	}
	if fi, err := f.Stat(); err != nil || !os.SameFile(before, fi) {
		return nil, errors.Join(fmt.Errorf("%s: replaced while opening", name), err, f.Close())
	}
	return f, nil
}

func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return ErrAbsent
	}
	return err
}

// read takes a whole file of at most limit bytes.
func read(ctx context.Context, m Mirror, name string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, MetadataTime)
	defer cancel()
	r, err := m.Open(ctx, name)
	if errors.Is(err, ErrAbsent) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMirror, name, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMirror, name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrRefused, name, limit)
	}
	return b, nil
}
