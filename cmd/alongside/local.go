package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
)

// localCallTimeout bounds what a person waits for the service's answer.
const localCallTimeout = 5 * time.Second

// local is what the commands that ask the service have in common.
type local struct {
	State    string `help:"State directory of the service to ask; by default your own, then the machine's." placeholder:"DIR" xor:"service"`
	Endpoint string `help:"Socket of the service to ask, instead of its state directory." placeholder:"PATH" xor:"service"`
}

func (l local) call(e *env, req *ipcpb.LocalRequest) (*ipcpb.LocalResponse, error) {
	ctx, cancel := context.WithTimeout(e.ctx, localCallTimeout)
	defer cancel()
	if l.Endpoint != "" {
		return ipc.Call(ctx, l.Endpoint, req)
	}
	state, err := stateDir(l.State)
	if err != nil {
		return nil, err
	}
	if own := endpointOf(state); own != "" {
		res, err := ipc.Call(ctx, own, req)
		if l.State != "" || !errors.Is(err, ipc.ErrNoService) {
			return res, err
		}
	}
	return ipc.Call(ctx, systemEndpoint, req)
}

type statusCmd struct{ local }

// Run prints the state of the service, one fact a line.
func (c *statusCmd) Run(e *env) error {
	res, err := c.call(e, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Status{Status: &ipcpb.LocalStatus{}}})
	if err != nil {
		return err
	}
	s := res.Status
	link := strings.ToLower(strings.TrimPrefix(s.GetLink().String(), "LINK_STATE_"))
	if s.GetDetail() != "" {
		link += " (" + s.GetDetail() + ")"
	}
	session := "none"
	if s.GetSessionActive() {
		session = "with " + s.GetRepName()
	}
	fmt.Fprintf(e.out, "link: %s\norganisation: %s\nbroker: %s\nsession: %s\n", link, s.GetOrganisation(), s.GetBroker(), session)
	return nil
}

type supportCmd struct {
	local
	Button string `help:"Id of the Support Button that is used; the buttons on a desktop say it." placeholder:"ID"`
}

// Run opens the request form in the tray, or uses a button. Who clicked on a button
// reads no terminal: a service that is not there is told in a window.
func (c *supportCmd) Run(e *env) error {
	id, err := hex.DecodeString(c.Button)
	if err != nil {
		return fmt.Errorf("button: %w", err)
	}
	_, err = c.call(e, &ipcpb.LocalRequest{Kind: &ipcpb.LocalRequest_Open{Open: &ipcpb.LocalOpen{Button: id}}})
	if c.Button != "" && (errors.Is(err, ipc.ErrNoService) || errors.Is(err, ipc.ErrUnavailable)) {
		if shown := tray.NoService(e.ctx, e.log); shown != nil {
			err = errors.Join(err, shown)
		}
	}
	return err
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.out, versionLine())
	return err
}

func versionLine() string { return "alongside " + version }
