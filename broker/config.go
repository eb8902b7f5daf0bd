package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/alongside-remote/alongside/support"
)

// Config says how a broker runs.
type Config struct {
	// Data is the folder with everything that outlives a run.
	Data string
	// Listen is the host:port of TLS and QUIC, for agents and browsers.
	Listen string
	// Plain is a loopback host:port for browsers without TLS; empty: none.
	Plain string
	// Public is the host:port by which agents and browsers reach Listen; empty:
	// Listen itself.
	Public string
	// TLSCert and TLSKey are files of a certificate for browsers.
	TLSCert, TLSKey string
	// ACMEHost is the name for which a certificate is fetched (TLS-ALPN-01).
	ACMEHost string
	// ConsentTimeout is how long a consent prompt waits for its answer; 0 is
	// support.DefaultConsentTimeout.
	ConsentTimeout time.Duration
	// ClosedSessions refuses to sign out reps who have open sessions.
	ClosedSessions bool
	// OIDC is a file that describes an identity provider; empty: none.
	OIDC string
	// Organisation replaces the name given at setup.
	Organisation string
	// Checkpoints is the file that checkpoints of the audit log are appended to;
	// empty is one in the data folder.
	Checkpoints string
	// Recordings is the folder of recordings; empty is one in the data folder.
	Recordings string
	// RecordingReserve is how much of its disk recordings leave free; zero is
	// recording.DefaultReserve.
	RecordingReserve int64
	// Clients is the folder with the programs that the portal page offers, as `make
	// dist` leaves them in dist/client; empty: none are offered.
	Clients string
	Log     *slog.Logger
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// Heartbeat replaces the interval of agents; zero keeps it.
	Heartbeat time.Duration
	// Viewers is how many viewers of each rep a session may have at a time, beyond
	// which the newest takes the place of the oldest; zero is one.
	Viewers int
}

// ErrPlain means that a plain address is not on the loopback.
var ErrPlain = errors.New("without TLS the console is served on loopback addresses only")

func (c *Config) check() error {
	if c.Data == "" {
		return errors.New("a data folder is needed")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("a certificate needs its key, and a key its certificate")
	}
	if c.TLSCert != "" && c.ACMEHost != "" {
		return errors.New("either certificate files or ACME, not both")
	}
	if c.Plain != "" {
		a, err := netip.ParseAddrPort(c.Plain)
		if err != nil {
			return fmt.Errorf("plain address: %w", err)
		}
		if !a.Addr().IsLoopback() {
			return fmt.Errorf("plain address %s: %w", c.Plain, ErrPlain)
		}
	}
	if c.Public != "" {
		if _, _, err := net.SplitHostPort(c.Public); err != nil {
			return fmt.Errorf("public address: %w", err)
		}
	}
	if c.ConsentTimeout == 0 {
		c.ConsentTimeout = support.DefaultConsentTimeout
	}
	if c.ConsentTimeout < support.MinConsentTimeout || c.ConsentTimeout > support.MaxConsentTimeout {
		return fmt.Errorf("consent timeout of %v: it is %v to %v", c.ConsentTimeout, support.MinConsentTimeout, support.MaxConsentTimeout)
	}
	if c.Checkpoints == "" {
		c.Checkpoints = filepath.Join(c.Data, checkpointsFile)
	}
	if c.Recordings == "" {
		c.Recordings = filepath.Join(c.Data, recordingsFolder)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// hostsOf are the values of Host for an address and names beside it: with the
// port, and without where the port is the scheme's own.
func hostsOf(port, standard string, names ...string) []string {
	var all []string
	for _, n := range names {
		if n == "" {
			continue
		}
		all = append(all, net.JoinHostPort(n, port))
		if port == standard {
			if ip, err := netip.ParseAddr(n); err == nil && ip.Is6() {
				n = "[" + n + "]"
			}
			all = append(all, n)
		}
	}
	return all
}
