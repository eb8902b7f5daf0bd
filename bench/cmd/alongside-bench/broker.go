//go:build linux

package main

import "github.com/alongside-remote/alongside/bench/rig"

type brokerCmd struct {
	Program string `help:"The broker's program." default:"alongside-broker"`
	Listen  string `help:"Address of TLS." required:""`
	Public  string `help:"Where browsers look for WebTransport, if not there: nobody there makes them take WebSocket."`
}

// Run returns when the broker is ready.
func (c *brokerCmd) Run(r *run) error {
	ctx, cancel := r.soon()
	defer cancel()
	return rig.StartBrokerAs(ctx, r.work, c.Program, c.Listen, c.Public)
}

type onlineCmd struct{}

// Run returns when a device is online.
func (c *onlineCmd) Run(r *run) error {
	ctx, cancel := r.soon()
	defer cancel()
	rep, err := rig.SignIn(ctx, r.work)
	if err != nil {
		return err
	}
	_, err = rep.Device(ctx, "")
	return err
}
