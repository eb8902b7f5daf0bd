package doctor

import (
	"errors"
	"io/fs"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
)

// enrollment reads what the device remembers of its broker.
func enrollment(state string) (*transport.Enrollment, Finding) {
	f := Finding{Name: "enrollment", State: Works}
	e, err := transport.LoadEnrollment(state)
	switch {
	case err == nil:
		f.Detail = "known to " + e.Organisation + " at " + e.Broker + " as " + e.DeviceID
	case errors.Is(err, fs.ErrNotExist):
		f.State, f.Reason, f.Detail = Fails, "not_enrolled", "nothing in "+state
		f.Advice = "Get a bundle file from your administrator and run: alongside enroll --bundle FILE"
	case errors.Is(err, fs.ErrPermission):
		f.State, f.Detail = Unknown, err.Error()
		f.Advice = "Run this as the user who owns the files, for a service as root."
	case errors.Is(err, transport.ErrExposed):
		f.State, f.Reason, f.Detail = Fails, "state_exposed", err.Error()
		f.Advice = "Others could have read or changed the device's key: remove the directory and enroll again."
	default:
		f.State, f.Reason, f.Detail = Fails, "state_unreadable", err.Error()
		f.Advice = "Remove the directory and enroll again."
	}
	return e, f
}

// floor reads the machine's own policy, as the service does before it starts.
func floor(path string) Finding {
	f := Finding{Name: "policy", State: Works, Detail: "no policy of this machine's own at " + path}
	_, err := agent.ReadFloor(path)
	if err != nil {
		f.State, f.Reason, f.Detail = Fails, "policy_unusable", err.Error()
		f.Advice = "Mend the file as an administrator: it has to be root's, writable by nobody else, with known keys only."
		return f
	}
	if there(path) {
		f.Detail = path + " is in force"
	}
	return f
}
