package main

import (
	"log/slog"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
)

// dialer reaches the broker that a device is enrolled with, in the way that its policy
// leaves it.
func dialer(en *transport.Enrollment, id *transport.Identity, f policy.Floor, log *slog.Logger) *transport.Dialer {
	return &transport.Dialer{Broker: en.Broker, Pins: en.Pins, Identity: id, Log: log, Proxy: f.ProxyURL()}
}
