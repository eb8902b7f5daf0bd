package doctor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// reported is what the service told its broker of the desktop that it serves: the
// same that the rep sees.
func reported(c *wirepb.CapabilityReport) []Finding {
	user := Finding{Name: "user", State: Works, Detail: "somebody is at the desktop"}
	if !c.UserPresent {
		user.State, user.Detail = Limited, "nobody is at the desktop"
		user.Advice = "Where policy wants a Yes, somebody has to be logged in with the screen unlocked."
	}
	return []Finding{
		user,
		capable("screen", Fails, c.GetScreen(), monitors(c.GetMonitors())),
		capable("input", Limited, c.GetInput(), ""),
		capable("prompt", Fails, c.GetConsent(), ""),
	}
}

func capable(name string, without State, c *wirepb.Capability, more string) Finding {
	if c.GetReason() == wirepb.Reason_REASON_OK {
		return Finding{Name: name, State: Works, Detail: strings.TrimSpace(c.GetBackend() + " " + more)}
	}
	reason := strings.ToLower(strings.TrimPrefix(c.GetReason().String(), "REASON_"))
	if c.GetReason() == wirepb.Reason_REASON_DESKTOP_ASKS {
		without = Limited
	}
	return Finding{Name: name, State: without, Reason: reason, Detail: c.GetDetail(), Advice: advice[reason]}
}

func monitors(all []*wirepb.Monitor) string {
	var sizes []string
	for _, m := range all {
		sizes = append(sizes, fmt.Sprintf("%dx%d", m.Width, m.Height))
	}
	return strings.Join(sizes, ", ")
}

// advice is what a person can do about a reason. Those that pass by themselves
// have none.
var advice = map[string]string{
	"no_display":               "Run this in a terminal on the desktop, or log in at one.",
	"display_server_gone":      "Log in again; the screen comes back with the desktop.",
	"permission_missing":       "Allow the agent to record the screen in the system's privacy settings.",
	"input_permission_missing": "Allow the agent to control this computer in the system's privacy settings.",
	"no_monitor":               "Connect a monitor, or configure a virtual one.",
	"desktop_asks":             "The desktop asks the person in a window of its own, when a session begins: they have to agree there, too.",
	"backend_unsupported":      "Log in to an X11 session, or to a Wayland desktop that has a portal (GNOME, KDE) or is of the wlroots family such as sway: no way of capturing this kind of desktop works yet.",
	"indicator_missing":        "Install zenity or kdialog, or log in at a desktop: without a window for our signs nothing is shown to anybody.",
	"helper_failing":           "See the service's log; it tries again by itself.",
}

// tried opens each part on the desktop that this runs in, and closes it again.
func tried(ctx context.Context, log *slog.Logger) []Finding {
	return []Finding{screen(ctx, log), injector(ctx, log), prompter(log), icon(log)}
}

func screen(ctx context.Context, log *slog.Logger) Finding {
	f := Finding{Name: "screen", State: Works}
	s, err := capture.Open(ctx, capture.Options{Log: log})
	if err != nil {
		f.State, f.Reason, f.Detail = Fails, string(capture.ReasonUnsupported), flat(err)
		var e *capture.Error
		if errors.As(err, &e) {
			f.Reason = string(e.Reason)
		}
		f.Advice = advice[f.Reason]
		if errors.Is(err, capture.ErrAsking) {
			f.State = Limited
		}
		return f
	}
	defer func() { _ = s.Close() }()
	all, err := s.Monitors()
	if err != nil {
		f.State, f.Reason, f.Detail, f.Advice = Limited, string(capture.ReasonNoMonitor), flat(err), advice["no_monitor"]
		return f
	}
	var sizes []string
	for _, m := range all {
		sizes = append(sizes, fmt.Sprintf("%dx%d", m.Rect.Dx(), m.Rect.Dy()))
	}
	f.Detail = strings.Join(sizes, ", ")
	return f
}

func injector(ctx context.Context, log *slog.Logger) Finding {
	in, err := input.Open(ctx, input.Options{Log: log})
	if err == nil {
		_ = in.Close()
		return Finding{Name: "input", State: Works}
	}
	f := Finding{Name: "input", State: Limited, Reason: "backend_unsupported", Detail: flat(err), Advice: "A rep can look and not control."}
	switch {
	case errors.Is(err, input.ErrAsking):
		f.Reason, f.Advice = "desktop_asks", advice["desktop_asks"]
	case errors.Is(err, input.ErrDenied):
		f.Reason = "input_permission_missing"
	}
	return f
}

func prompter(log *slog.Logger) Finding {
	_, name, err := prompt.Open(prompt.Options{Log: log})
	if err != nil {
		return Finding{Name: "prompt", State: Fails, Reason: "indicator_missing", Detail: flat(err), Advice: advice["indicator_missing"]}
	}
	return Finding{Name: "prompt", State: Works, Detail: name}
}

func icon(log *slog.Logger) Finding {
	host, possible := tray.Host(log)
	switch {
	case host:
		return Finding{Name: "icon", State: Works}
	case possible:
		return Finding{Name: "icon", State: Limited, Reason: "no_tray", Detail: "no panel shows icons", Advice: "Prompts and the banner work without it; support is asked for by the desktop icon or `alongside support`."}
	default:
		return Finding{Name: "icon", State: Limited, Reason: "no_tray", Detail: "no session bus", Advice: "Run this in a terminal on the desktop."}
	}
}

// flat puts joined errors on one line.
func flat(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
