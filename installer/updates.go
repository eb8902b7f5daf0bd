package installer

import (
	"context"
	"strings"
)

// updateJob is the transient unit in which newer versions are looked for and installed:
// the service's own cannot write where its program is.
const updateJob = "alongside-update-job"

// confined are properties of that unit: it reads a mirror and writes the program's folder.
var confined = []string{
	"CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict", "ReadWritePaths=" + machineFolder, "ProtectHome=yes",
	"PrivateTmp=yes", "PrivateDevices=yes", "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "SystemCallArchitectures=native", "LimitCORE=0",
}

// Update has the installed program run `update` with arguments, to its end, as root and
// outside of the service.
func (m Machine) Update(ctx context.Context, args ...string) error {
	run := []string{"--quiet", "--collect", "--wait", "--unit=" + updateJob}
	for _, p := range confined {
		run = append(run, "--property="+p)
	}
	run = append(run, "--", strings.TrimPrefix(m.Installed(), m.Root), "update")
	return m.Run(ctx, "systemd-run", append(run, args...)...)
}

// Restart implements update.Service.
func (m Machine) Restart(ctx context.Context) error {
	// What crashed before does not count against what is started now.
	return m.systemctl(ctx, []string{"reset-failed", unitName}, []string{"restart", unitName})
}

// Settle implements update.Service.
func (m Machine) Settle(ctx context.Context) error {
	return m.systemctl(ctx, []string{"start", "--no-block", updateName})
}
