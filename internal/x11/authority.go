package x11

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Address families of an authority file.
const (
	familyInternet  = 0
	familyInternet6 = 6
	familyLocal     = 256
	familyWild      = 65535
)

const cookieName = "MIT-MAGIC-COOKIE-1" // the only method in use on local displays

// authorityLimit bounds what is read of an authority file: 4,000 entries of the
// usual 60 bytes and some, far above what xauth ever collects.
const authorityLimit = 256 << 10

// entry is one record of an authority file.
type entry struct {
	family  uint16
	address string
	number  string // of the display; empty: any
	name    string
	data    []byte
}

var errTruncated = errors.New("authority file is cut off")

// parseAuthority reads the records of an authority file. What stands before a
// damaged record is returned with the error.
func parseAuthority(b []byte) ([]entry, error) {
	var all []entry
	field := func() ([]byte, bool) {
		if len(b) < 2 {
			return nil, false
		}
		n := int(binary.BigEndian.Uint16(b))
		if len(b) < 2+n {
			return nil, false
		}
		f := b[2 : 2+n]
		b = b[2+n:]
		return f, true
	}
	for len(b) > 0 {
		if len(b) < 2 {
			return all, errTruncated
		}
		e := entry{family: binary.BigEndian.Uint16(b)}
		b = b[2:]
		var fields [4][]byte
		for i := range fields {
			f, ok := field()
			if !ok {
				return all, errTruncated
			}
			fields[i] = f
		}
		e.address, e.number, e.name, e.data = string(fields[0]), string(fields[1]), string(fields[2]), fields[3]
		all = append(all, e)
	}
	return all, nil
}

// cookie finds the cookie for a display: the first record that fits, as Xau does.
func cookie(all []entry, host string, number int, peer net.Addr) []byte {
	for _, e := range all {
		if e.name != cookieName || e.number != "" && e.number != strconv.Itoa(number) {
			continue
		}
		switch e.family {
		case familyWild:
			return e.data
		case familyLocal:
			if e.address == host {
				return e.data
			}
		case familyInternet, familyInternet6:
			if tcp, ok := peer.(*net.TCPAddr); ok && net.IP(e.address).Equal(tcp.IP) {
				return e.data
			}
		}
	}
	return nil
}

// readAuthority reads the file of that name, or the user's own.
func readAuthority(name string) ([]entry, error) {
	if name == "" {
		name = os.Getenv("XAUTHORITY")
	}
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		name = filepath.Join(home, ".Xauthority")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, authorityLimit))
	if err != nil {
		return nil, err
	}
	return parseAuthority(b)
}
