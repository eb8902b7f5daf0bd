//go:build linux

package test

import (
	"os"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// describe asks what machine the endpoint of a session is.
func (w *world) describe(session string) (*wirepb.MachineInfo, error) {
	r, err := apipbconnect.NewMachineServiceClient(w.rep.HTTP, w.broker.Console).Describe(w.ctx, connect.NewRequest(&apipb.DescribeRequest{SessionId: session}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Info, nil
}

// TestX6_TheMachineTellsWhatItIs: the real endpoint tells of the real machine while a
// session stands, and not before or after.
func TestX6_TheMachineTellsWhatItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	s := w.begin(d.Id)
	info, err := w.describe(s.Id)
	w.must(err)
	host, err := os.Hostname()
	w.must(err)
	if info.Hostname != host || info.Kernel == "" || info.UptimeS == 0 || info.MemoryBytes == 0 || info.Threads == 0 || len(info.Disks) == 0 {
		t.Errorf("told %v", info)
	}
	_, err = w.rep.Sessions.End(w.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id}))
	w.must(err)
	if _, err := w.describe(s.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN {
		t.Errorf("after the end: %v", err)
	}
}
