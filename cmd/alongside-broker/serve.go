package main

import (
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/broker"
)

type serveCmd struct {
	Listen         string        `help:"Address of TLS and QUIC, for agents and browsers." default:":8443"`
	Plain          string        `help:"Loopback address of the console without TLS." placeholder:"127.0.0.1:8080"`
	PublicAddress  string        `help:"host:port by which agents and browsers reach the broker." placeholder:"HOST:PORT"`
	TLSCert        string        `help:"Certificate file for browsers." name:"tls-cert" type:"path"`
	TLSKey         string        `help:"Its key file." name:"tls-key" type:"path"`
	ACMEHost       string        `help:"Name for which a certificate is fetched." name:"acme-host"`
	Organisation   string        `help:"Name that customers see."`
	OIDC           string        `help:"File that describes an identity provider by which reps sign in." name:"oidc" type:"path"`
	Checkpoints    string        `help:"File that checkpoints of the audit log are appended to, best on another disk; in the data folder by default." type:"path"`
	Recordings     string        `help:"Folder of recordings, best on a disk of its own; in the data folder by default." type:"path"`
	ClientDir      string        `help:"Folder with the clients that the portal page offers: dist/client of make dist." type:"path"`
	ConsentTimeout time.Duration `help:"How long a customer's prompt waits for an answer; none is a no." default:"60s"`
	ClosedSessions bool          `help:"Refuse to sign out who has open sessions; else they wait a minute for their owner, and then go to somebody else." name:"require-closed-sessions"`
}

// Run serves until a signal. The only line on stdout says that it is ready.
func (c *serveCmd) Run(r *run) error {
	b, err := broker.Open(r.ctx, broker.Config{
		Data: r.data, Listen: c.Listen, Plain: c.Plain, Public: c.PublicAddress, TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		ACMEHost: c.ACMEHost, Organisation: c.Organisation, ConsentTimeout: c.ConsentTimeout, ClosedSessions: c.ClosedSessions, Checkpoints: c.Checkpoints, OIDC: c.OIDC, Recordings: c.Recordings, Clients: c.ClientDir, Log: r.log,
	})
	if err != nil {
		return err
	}
	if b.Setup != "" {
		// The one secret that is shown: on the broker's own terminal, once.
		_, _ = fmt.Fprintf(r.stderr, "First setup: open %s and enter this secret, also in the file setup-secret of the data folder:\n  %s\n",
			b.Ready().Console, b.Setup.Reveal())
	}
	if _, err := fmt.Fprintln(r.stdout, b.Ready()); err != nil {
		return fmt.Errorf("say ready: %w", err)
	}
	return b.Run(r.ctx)
}
