package policy

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Floor is what an endpoint's own administrator permits at most. The broker's
// policy counts only under it: it may take away, never add. The zero Floor
// permits nothing; it is what counts where a floor is there and cannot be read.
type Floor struct {
	RemoteSupport bool          // remote_support: there may be sessions and requests
	Control       bool          // view_only = false: sessions may take input
	Notify        bool          // consent = "policy": a session may begin without a person's yes; "ask": never
	TimeoutAllows bool          // timeout_allows: no answer may count as a yes
	ReasonMin     int           // reason_min: characters at least
	Longest       time.Duration // longest_session_min: of a session; 0: no bound
	Recorded      bool          // recording: sessions may be recorded
	DesktopIcon   bool          // desktop_icon: there may be one
	ClipboardIn   bool          // clipboard: "none", "in", "out", "both"; in is to the endpoint
	ClipboardOut  bool
	FilesIn       bool // files: likewise
	FilesOut      bool
	RestrictInput bool  // restrict_input: a rep may keep the person's own input away
	PrivacyScreen bool  // privacy_screen: a rep may darken the person's monitors
	AtEnd         AtEnd // at_end: "nothing", "lock", "log_off": at least, when a session ends
	Updates       Updates
	Proxy         string // proxy: URL of an HTTP proxy to the broker and to the mirror of updates; "": none
}

// Updates is where an endpoint's program gets newer versions, which no broker has a say
// in. Without a mirror and a root there are none.
type Updates struct {
	Mirror  string // update_mirror: URL of a folder
	Root    string // update_root: SHA-256 of the root, in hexadecimal
	Channel string // update_channel: which releases; "stable" where it is not said
}

// On reports whether there are any.
func (u Updates) On() bool { return u.Mirror != "" && u.Root != "" }

// NoFloor is what counts where an administrator has written none. No broker
// comes in without a person's yes, and no timeout counts as one, where no floor
// says so.
func NoFloor() Floor {
	return Floor{
		RemoteSupport: true, Control: true, Recorded: true, DesktopIcon: true,
		ClipboardIn: true, ClipboardOut: true, FilesIn: true, FilesOut: true, RestrictInput: true, PrivacyScreen: true,
		Updates: Updates{Channel: "stable"},
	}
}

// FloorError is a line of a floor that cannot be taken. The whole floor is then
// the zero one.
type FloorError struct {
	Line   int
	Detail string
}

func (e *FloorError) Error() string {
	return fmt.Sprintf("policy floor, line %d: %s", e.Line, e.Detail)
}

// Bounds of a floor.
const (
	// MaxFloor is the size of a floor's file in bytes.
	MaxFloor       = 16 << 10
	maxReason      = 500
	maxSessionMins = 10080
)

// ParseFloor reads a floor from TOML: keys with a boolean, a whole number or a
// text, without tables. What it does not say is as in NoFloor. With an error it
// returns the zero Floor: what cannot be understood permits nothing.
func ParseFloor(b []byte) (Floor, error) {
	if len(b) > MaxFloor {
		return Floor{}, &FloorError{Line: 1, Detail: fmt.Sprintf("the file has more than %d bytes", MaxFloor)}
	}
	pairs, err := parseTOML(string(b))
	if err != nil {
		return Floor{}, err
	}
	f := NoFloor()
	for _, p := range pairs {
		if detail := f.take(p); detail != "" {
			return Floor{}, &FloorError{Line: p.line, Detail: detail}
		}
	}
	return f, nil
}

// ErrBundledUpdates refuses a bundle's policy that says where programs come from. A broker
// makes bundles, and whoever has taken it over must not push code: the keys of updates
// belong into the machine's own file.
var ErrBundledUpdates = errors.New("update_mirror, update_root and update_channel are not for a bundle: write them into the machine's own policy")

// ParseBundled is ParseFloor of the floor that a bundle brings.
func ParseBundled(b []byte) (Floor, error) {
	f, err := ParseFloor(b)
	if err == nil && f.Updates != NoFloor().Updates {
		return Floor{}, ErrBundledUpdates
	}
	return f, err
}

// take takes one line, or says what is wrong with it.
func (f *Floor) take(p pair) (wrong string) {
	boolean := func(at *bool) string {
		v, ok := p.value.(bool)
		if !ok {
			return p.key + " is true or false"
		}
		*at = v
		return ""
	}
	number := func(most int) (int, string) {
		v, ok := p.value.(int)
		if !ok || v < 0 || v > most {
			return 0, fmt.Sprintf("%s is a whole number from 0 to %d", p.key, most)
		}
		return v, ""
	}
	ways := func(in, out *bool) string {
		v, _ := p.value.(string)
		i := slices.Index(directions, v)
		if i < 0 {
			return p.key + ` is "none", "in", "out" or "both"`
		}
		*in, *out = i&1 != 0, i&2 != 0
		return ""
	}
	switch p.key {
	case "remote_support":
		return boolean(&f.RemoteSupport)
	case "view_only":
		wrong = boolean(&f.Control)
		f.Control = !f.Control
	case "consent":
		switch p.value {
		case "ask":
			f.Notify = false
		case "policy":
			f.Notify = true
		default:
			return `consent is "ask" or "policy"`
		}
	case "timeout_allows":
		return boolean(&f.TimeoutAllows)
	case "reason_min":
		f.ReasonMin, wrong = number(maxReason)
	case "longest_session_min":
		var n int
		n, wrong = number(maxSessionMins)
		f.Longest = time.Duration(n) * time.Minute
	case "recording":
		return boolean(&f.Recorded)
	case "desktop_icon":
		return boolean(&f.DesktopIcon)
	case "clipboard":
		return ways(&f.ClipboardIn, &f.ClipboardOut)
	case "files":
		return ways(&f.FilesIn, &f.FilesOut)
	case "restrict_input":
		return boolean(&f.RestrictInput)
	case "privacy_screen":
		return boolean(&f.PrivacyScreen)
	case "at_end":
		v, _ := p.value.(string)
		i := slices.Index(atEnds, v)
		if i < 0 {
			return `at_end is "nothing", "lock" or "log_off"`
		}
		f.AtEnd = AtEnd(i) //nolint:gosec // one of a few
	case "update_mirror", "update_root", "update_channel":
		return f.Updates.take(p)
	case "proxy":
		return f.takeProxy(p)
	default:
		return "there is no key " + p.key
	}
	return wrong
}

// Under is a device's policy under its floor, as it is obeyed and reported. A nil
// policy stands for none and for one that has expired: the floor alone counts, and
// nobody has switched on what is done to the person.
// Neither argument is changed.
func Under(f Floor, p *wirepb.DevicePolicy) *wirepb.DevicePolicy {
	if p == nil {
		p = &wirepb.DevicePolicy{
			RemoteSupport: true, ClipboardToEndpoint: true, ClipboardFromEndpoint: true, FilesToEndpoint: true, FilesFromEndpoint: true,
		}
	}
	return &wirepb.DevicePolicy{
		DeviceSpki: p.DeviceSpki, Version: p.Version, ExpiresUnixMs: p.ExpiresUnixMs,
		RemoteSupport:   p.RemoteSupport && f.RemoteSupport,
		ReasonMin:       max(p.ReasonMin, uint32(f.ReasonMin)), //nolint:gosec // at most maxReason
		DesktopIcon:     p.DesktopIcon && f.DesktopIcon,
		DesktopIconName: p.DesktopIconName,
		ViewOnly:        p.ViewOnly || !f.Control,
		ConsentRequired: p.ConsentRequired || !f.Notify,

		ClipboardToEndpoint: p.ClipboardToEndpoint && f.ClipboardIn, ClipboardFromEndpoint: p.ClipboardFromEndpoint && f.ClipboardOut,
		FilesToEndpoint: p.FilesToEndpoint && f.FilesIn, FilesFromEndpoint: p.FilesFromEndpoint && f.FilesOut,
		RestrictInput: p.RestrictInput && f.RestrictInput, PrivacyScreen: p.PrivacyScreen && f.PrivacyScreen,
	}
}

// Admit says whether an offer keeps to the effective policy and the floor, after
// its signature was checked; p is what Under made. The error is a
// [*wire.CodeError] of POLICY_DENIED that names what the offer asks too much of.
func Admit(f Floor, p *wirepb.DevicePolicy, g *wirepb.SessionGrant) error {
	p = Under(f, p)
	asks := func(r wirepb.ConsentRule) bool {
		return r == wirepb.ConsentRule_CONSENT_RULE_ASK || r == wirepb.ConsentRule_CONSENT_RULE_UNSPECIFIED
	}
	too := ""
	switch {
	case !p.RemoteSupport:
		too = "remote support is off"
	case p.ViewOnly && slices.ContainsFunc(g.Permissions, func(q wirepb.Permission) bool { return q != wirepb.Permission_PERMISSION_VIEW }):
		too = "sessions are view only"
	case p.ConsentRequired && (!asks(g.Consent) || !asks(g.ConsentAbsent)):
		too = "a person has to be asked"
	case !f.TimeoutAllows && g.OnTimeout == wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW:
		too = "no answer is a no"
	case !f.Recorded && g.Recorded:
		too = "sessions are not recorded"
	default:
		return nil
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "on this device "+too)
}

// Lasts is how long a session may last: what the grant says, and no longer than
// the floor permits. 0 is no expiry.
func (f Floor) Lasts(g *wirepb.SessionGrant) time.Duration {
	granted := time.Duration(g.MaxDurationS) * time.Second
	if f.Longest > 0 && (granted == 0 || granted > f.Longest) {
		return f.Longest
	}
	return granted
}

// Closes is what becomes of the terminal session when its support session is over: what
// the grant says, or more where the floor does.
func (f Floor) Closes(g *wirepb.SessionGrant) wirepb.AtEnd { return max(g.AtEnd, f.AtEnd.Wire()) }
