package portal

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alongside-remote/alongside/internal/wholefile"
)

// tokenLimit is far above what portals give.
const tokenLimit = 4096

// token is what the portal gave last time. It is good for one use: with each Yes comes
// another.
func (d *Desktop) token() string {
	if d.Token == "" {
		return ""
	}
	f, err := os.Open(d.Token)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, tokenLimit+1))
	if err != nil || len(b) > tokenLimit {
		return ""
	}
	return string(b)
}

// keep writes a token for the user alone; none removes what is there.
func (d *Desktop) keep(token string) {
	if d.Token == "" {
		return
	}
	if token == "" || len(token) > tokenLimit {
		d.forget()
		return
	}
	if err := write(d.Token, token); err != nil {
		d.Log.Warn("remember the desktop's permission", "err", err)
	}
}

func (d *Desktop) forget() {
	if d.Token == "" {
		return
	}
	if err := os.Remove(d.Token); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.Log.Warn("forget the desktop's permission", "err", err)
	}
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return wholefile.Replace(path, strings.NewReader(text), 0o600)
}
