//go:build linux

package bed

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// Proxy is a tinyproxy that tunnels to wherever it is asked to.
type Proxy struct {
	*Process
	URL  string // for a policy's proxy
	addr string
	dir  string
	log  io.Writer
}

// NewProxy starts a proxy that keeps its files in a folder of its own.
func NewProxy(ctx context.Context, dir string, log io.Writer) (*Proxy, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		return nil, err
	}
	p := &Proxy{addr: l.Addr().String(), dir: dir, log: log}
	p.URL = "http://" + p.addr
	_, port, _ := net.SplitHostPort(p.addr)
	conf := fmt.Sprintf("Port %s\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\nMaxClients 20\nLogLevel Connect\nLogFile %q\n", port, p.requests())
	if err := os.WriteFile(p.conf(), []byte(conf), 0o600); err != nil {
		return nil, err
	}
	_ = l.Close()
	return p, p.Start(ctx)
}

func (p *Proxy) conf() string     { return filepath.Join(p.dir, "tinyproxy.conf") }
func (p *Proxy) requests() string { return filepath.Join(p.dir, "requests") }

// Start starts it again.
func (p *Proxy) Start(ctx context.Context) (err error) {
	p.Process, err = start(command{name: "tinyproxy", path: "tinyproxy", args: []string{"-d", "-c", p.conf()}, env: os.Environ(), dir: p.dir, stdout: p.log, stderr: p.log})
	if err != nil {
		return err
	}
	return Until(ctx, "the proxy to listen", func() (bool, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", p.addr)
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}

// Tunnels is how often it was asked for a way to an address.
func (p *Proxy) Tunnels(to string) (int, error) {
	b, err := os.ReadFile(p.requests())
	return strings.Count(string(b), "CONNECT "+to+" "), err
}
