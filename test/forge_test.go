//go:build linux

package test

import (
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// forgeVariable makes the test binary the program of somebody who wants to
// answer for another: it names the service's socket.
const forgeVariable = "ALONGSIDE_TEST_FORGE"

// forge sends a Yes to the socket and returns what it is answered.
func forge(path string) string {
	nc, err := net.Dial("unix", path)
	if err != nil {
		return "error: " + err.Error()
	}
	defer nc.Close()
	c := ipc.New(nc, nc)
	// It may be refused before it is read.
	_ = c.Send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{Answer: &ipcpb.ConsentAnswer{Nonce: make([]byte, 16)}}})
	res := &ipcpb.LocalResponse{}
	if _, _, err := c.Receive(res); err != nil {
		return "error: " + err.Error()
	}
	if res.Ok {
		return "ok"
	}
	return res.Code.String()
}

// forger is the test binary where every user can start it.
func (m *machine) forger() string {
	m.t.Helper()
	self, err := os.Executable()
	m.must(err)
	in, err := os.Open(self)
	m.must(err)
	defer in.Close()
	path := filepath.Join(m.dir, "forger")
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	m.must(err)
	_, err = io.Copy(out, in)
	m.must(err)
	m.must(out.Close())
	return path
}
