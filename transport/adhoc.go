package transport

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/alongside-remote/alongside/wire"
)

// BundleSuffix ends the name of a bundle for one session, by which a client finds
// the one that lies beside it.
const BundleSuffix = ".alongside"

const (
	adhocPrefix = "support-"
	adhocDigits = 12 // of the session's id, by which its bundle is called
)

// Adhoc makes a bundle one for a single support session: the client that has it is
// run once, not installed, and removes itself at the session's end. Its token is
// for one device.
type Adhoc struct {
	Session string `json:"session"` // id of the support session, in lower-case hex
}

// AdhocFor is the mark of a bundle for a session.
func AdhocFor(session wire.SessionID) *Adhoc { return &Adhoc{session.String()} }

// SessionID is the session that the client is for; false: it is none.
func (a *Adhoc) SessionID() (id wire.SessionID, ok bool) {
	b, err := hex.DecodeString(a.Session)
	if err != nil || len(b) != len(id) || wire.SessionID(b).String() != a.Session {
		return id, false
	}
	id = wire.SessionID(b)
	return id, id != wire.SessionID{}
}

// FileName is what the bundle has to be called. What a person reads in a name is so
// nobody's but the broker's.
func (a *Adhoc) FileName() string {
	return adhocPrefix + a.Session[:adhocDigits] + BundleSuffix
}

// again is what browsers add to the name of a file that they have fetched before.
var again = regexp.MustCompile(` ?\([1-9][0-9]{0,2}\)$`)

func (a *Adhoc) named(file string) bool {
	stem, ok := strings.CutSuffix(file, BundleSuffix)
	return ok && again.ReplaceAllString(stem, "")+BundleSuffix == a.FileName()
}

// IsAdhocName says whether a file is called like a bundle for one session.
func IsAdhocName(file string) bool {
	return strings.HasPrefix(file, adhocPrefix) && strings.HasSuffix(file, BundleSuffix)
}

// AdhocBundles lists the files of a folder that are called like bundles for one
// session. What is in them is not looked at.
func AdhocBundles(dir string) ([]string, error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for a bundle: %w", err)
	}
	var found []string
	for _, e := range all {
		if e.Type().IsRegular() && IsAdhocName(e.Name()) {
			found = append(found, filepath.Join(dir, e.Name()))
		}
	}
	return found, nil
}
