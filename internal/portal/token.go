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

// tokenFile is where a Yes is remembered: one to the screen, or one to devices as well,
// which portals keep apart.
func (d *Desktop) tokenFile(devices Devices) string {
	if devices == 0 {
		return d.Token
	}
	return d.Token + ".control"
}

// token is what the portal gave last time for the same. It is good for one use: with
// each Yes comes another.
func (d *Desktop) token(devices Devices) string {
	if d.Token == "" {
		return ""
	}
	f, err := os.Open(d.tokenFile(devices))
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
func (d *Desktop) keep(devices Devices, token string) {
	if d.Token == "" {
		return
	}
	if token == "" || len(token) > tokenLimit {
		d.remove(d.tokenFile(devices))
		return
	}
	if err := write(d.tokenFile(devices), token); err != nil {
		d.Log.Warn("remember the desktop's permission", "err", err)
	}
}

// forget forgets every Yes.
func (d *Desktop) forget() {
	if d.Token == "" {
		return
	}
	d.remove(d.tokenFile(0))
	d.remove(d.tokenFile(Keyboard))
}

func (d *Desktop) remove(file string) {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.Log.Warn("forget the desktop's permission", "err", err)
	}
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return wholefile.Replace(path, strings.NewReader(text), 0o600)
}
