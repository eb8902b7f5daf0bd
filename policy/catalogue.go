package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Key names a setting. Keys are stable: they are stored and part of the API.
type Key string

// Keys of the settings that decide something by themselves.
const (
	RemoteSupportKey Key = "remote_support"
	ViewOnlyKey      Key = "view_only"
	HoursKey         Key = "hours"
	MFAAtStartKey    Key = "mfa_at_start"
)

// Kind is how a setting's value is written.
type Kind string

// Kinds.
const (
	Bool   Kind = "bool" // "true", "false"; "on" and "off" are taken as well
	Number Kind = "number"
	Choice Kind = "choice"
	Text   Kind = "text"
	Times  Kind = "hours" // lines of Hours
)

// Setting is one setting that there is.
type Setting struct {
	Key         Key
	Kind        Kind
	Choices     []string
	Unit        string // "s", "min", "days", "characters"
	Title, Help string
	Min, Max    int // of a number; of a text's length in bytes

	get func(*Settings) string
	set func(*Settings, string) // of a checked value
}

// Default is the value where no scope has a say.
func (s Setting) Default() string {
	d := Defaults()
	return s.get(&d)
}

// Of is the setting's value in all of them.
func (s Setting) Of(all Settings) string { return s.get(&all) }

const (
	on  = "true"
	off = "false"
)

func flag(key Key, title, help string, at func(*Settings) *bool) Setting {
	return Setting{
		Key: key, Kind: Bool, Choices: []string{on, off}, Title: title, Help: help,
		get: func(s *Settings) string {
			if *at(s) {
				return on
			}
			return off
		},
		set: func(s *Settings, v string) { *at(s) = v == on },
	}
}

// choice is a setting of some values; the index of each is what is kept.
func choice[T ~uint8](key Key, title, help string, at func(*Settings) *T, values ...string) Setting {
	return Setting{
		Key: key, Kind: Choice, Choices: values, Title: title, Help: help,
		get: func(s *Settings) string { return values[*at(s)] },
		set: func(s *Settings, v string) { *at(s) = T(slices.Index(values, v)) }, //nolint:gosec // a checked value is one of a few
	}
}

func length(key Key, unit string, one time.Duration, least, most int, title, help string, at func(*Settings) *time.Duration) Setting {
	return Setting{
		Key: key, Kind: Number, Unit: unit, Min: least, Max: most, Title: title, Help: help,
		get: func(s *Settings) string { return strconv.Itoa(int(*at(s) / one)) },
		set: func(s *Settings, v string) {
			n, _ := strconv.Atoi(v) // was checked
			*at(s) = time.Duration(n) * one
		},
	}
}

// directions are the values of what may go to the endpoint and come from it.
var directions = []string{"none", "in", "out", "both"}

func direction(key Key, title, help string, in, out func(*Settings) *bool) Setting {
	return Setting{
		Key: key, Kind: Choice, Choices: directions, Title: title, Help: help,
		get: func(s *Settings) string {
			i := 0
			if *in(s) {
				i++
			}
			if *out(s) {
				i += 2
			}
			return directions[i]
		},
		set: func(s *Settings, v string) {
			i := slices.Index(directions, v)
			*in(s), *out(s) = i&1 != 0, i&2 != 0
		},
	}
}

// Catalogue lists every setting in the order in which they are shown.
func Catalogue() []Setting {
	const day = 24 * time.Hour
	return []Setting{
		flag(RemoteSupportKey, "Allow remote support", "Off: neither can a device ask for a session nor can a representative start one.",
			func(s *Settings) *bool { return &s.RemoteSupport }),
		flag("approval", "Requests need IT's approval", "A customer's request waits for a representative's yes before anything is asked on the device.",
			func(s *Settings) *bool { return &s.Approval }),
		choice("consent_present", "With somebody in front of the device", "ask: the person says yes or no. notify: nobody is asked and the banner tells, where the device's own rules permit it.",
			func(s *Settings) *Consent { return &s.ConsentPresent }, "ask", "notify"),
		choice("consent_absent", "With nobody in front of the device", "refuse: there is no session. notify: it begins and the banner tells, where the device's own rules permit it.",
			func(s *Settings) *Consent { return &s.ConsentAbsent }, "refuse", "notify"),
		length("consent_timeout_s", "s", time.Second, 5, 300, "Time to answer", "How long the question stays on the screen.",
			func(s *Settings) *time.Duration { return &s.ConsentTimeout }),
		{
			Key: "consent_timeout_answer", Kind: Choice, Choices: []string{"deny", "allow"}, Title: "No answer counts as",
			Help: "allow counts only where the device's own rules permit it.",
			get: func(s *Settings) string {
				if s.TimeoutAllows {
					return "allow"
				}
				return "deny"
			},
			set: func(s *Settings, v string) { s.TimeoutAllows = v == "allow" },
		},
		length("consent_valid_min", "min", time.Minute, 0, 1440, "A yes holds over lost links for", "Afterwards the person is asked again. 0: as long as the session.",
			func(s *Settings) *time.Duration { return &s.ConsentValid }),
		flag(ViewOnlyKey, "View only", "Screens are shared and no input is taken. The device itself refuses it.",
			func(s *Settings) *bool { return &s.ViewOnly }),
		direction("clipboard", "Clipboard", "in: to the device. out: from the device.",
			func(s *Settings) *bool { return &s.ClipboardIn }, func(s *Settings) *bool { return &s.ClipboardOut }),
		direction("files", "Files", "in: to the device. out: from the device.",
			func(s *Settings) *bool { return &s.FilesIn }, func(s *Settings) *bool { return &s.FilesOut }),
		flag("restrict_input", "Restrict the customer's input", "A representative may keep the customer's own keys and buttons away. The customer takes control back at any time.",
			func(s *Settings) *bool { return &s.RestrictInput }),
		flag("privacy_screen", "Privacy screen", "A representative may darken the customer's monitors. The customer takes control back at any time.",
			func(s *Settings) *bool { return &s.PrivacyScreen }),
		length("session_expiry_min", "min", time.Minute, 0, 10080, "Sessions end after", "The device ends the session by its own clock. 0: no expiry.",
			func(s *Settings) *time.Duration { return &s.Expiry }),
		choice("at_end", "When a session ends", "lock: the device's screen is locked. log_off: its user is logged off, and what was not saved is lost.",
			func(s *Settings) *AtEnd { return &s.AtEnd }, atEnds...),
		choice("recording", "Recording", "on: a session goes on without one when none can be written. required: it does not.",
			func(s *Settings) *Recording { return &s.Recording }, "off", "on", "required"),
		length("recording_kept_days", "days", day, 0, 3650, "Recordings are kept for", "0: for ever.",
			func(s *Settings) *time.Duration { return &s.RecordingKept }),
		flag(MFAAtStartKey, "Second factor before a session", "A representative proves a second factor before starting, approving, joining, taking over or resuming.",
			func(s *Settings) *bool { return &s.MFAAtStart }),
		length("mfa_max_age_s", "s", time.Second, 10, 86400, "The proof may be this old", "An older one has to be given again.",
			func(s *Settings) *time.Duration { return &s.MFAMaxAge }),
		{
			Key: "reason_min", Kind: Number, Unit: "characters", Min: 0, Max: 500, Title: "Shortest reason of a request",
			Help: "What a customer has to write at least.",
			get:  func(s *Settings) string { return strconv.Itoa(s.ReasonMin) },
			set:  func(s *Settings, v string) { s.ReasonMin, _ = strconv.Atoi(v) },
		},
		flag("desktop_icon", "Icon on the desktop", "Beside the icon in the tray.",
			func(s *Settings) *bool { return &s.DesktopIcon }),
		{
			Key: "desktop_icon_name", Kind: Text, Min: 1, Max: 64, Title: "Name of the icon", Help: "Not a path.",
			get: func(s *Settings) string { return s.DesktopIconName },
			set: func(s *Settings, v string) { s.DesktopIconName = v },
		},
		{
			Key: HoursKey, Kind: Times, Max: 4096, Title: "Sessions may start", Help: `Lines like "Mon-Fri 08:00-18:00 Europe/Berlin". None: always.`,
			get: func(s *Settings) string { return strings.Join(s.Hours, "\n") },
			set: func(s *Settings, v string) {
				s.Hours = nil
				if v != "" {
					s.Hours = strings.Split(v, "\n")
				}
			},
		},
		choice("on_revoke", "When remote support is switched off", fmt.Sprintf("end: running sessions end after %d seconds. keep: they may go on.", int(RevokeNotice.Seconds())),
			func(s *Settings) *OnRevoke { return &s.OnRevoke }, "end", "keep"),
	}
}

// ValueError is a value that a setting cannot have.
type ValueError struct {
	Key           Key
	Value, Detail string
}

func (e *ValueError) Error() string { return fmt.Sprintf("%s = %q: %s", e.Key, e.Value, e.Detail) }

// CheckValue returns a value in the one spelling in which it is kept. The error
// is ErrUnknownKey or a [*ValueError].
func CheckValue(k Key, v string) (string, error) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(s Setting) bool { return s.Key == k })
	if i < 0 {
		return "", fmt.Errorf("%w: %q", ErrUnknownKey, k)
	}
	v, err := all[i].check(strings.TrimSpace(v))
	if err != nil {
		return "", &ValueError{Key: k, Value: v, Detail: err.Error()}
	}
	return v, nil
}

func (s Setting) check(v string) (string, error) {
	switch s.Kind {
	case Bool:
		switch v {
		case "on":
			v = on
		case "off":
			v = off
		}
		return v, s.oneOf(v)
	case Choice:
		return v, s.oneOf(v)
	case Number:
		n, err := strconv.Atoi(v)
		if err != nil || n < s.Min || n > s.Max {
			return v, fmt.Errorf("use a whole number from %d to %d", s.Min, s.Max)
		}
		return strconv.Itoa(n), nil
	case Text:
		if len(v) < s.Min || len(v) > s.Max || !goodName(v) || strings.ContainsAny(v, `/\<>:"|?*`) || strings.HasPrefix(v, ".") {
			return v, fmt.Errorf("use %d to %d bytes, no leading dot and none of / \\ < > : \" | ? *", s.Min, s.Max)
		}
		return v, nil
	case Times:
		if len(v) > s.Max {
			return v, fmt.Errorf("use at most %d bytes", s.Max)
		}
		h, err := ParseHours(v)
		return strings.Join(h, "\n"), err
	default:
		return v, fmt.Errorf("a setting of kind %q", s.Kind)
	}
}

func (s Setting) oneOf(v string) error {
	if slices.Contains(s.Choices, v) {
		return nil
	}
	return fmt.Errorf("use one of %s", strings.Join(s.Choices, ", "))
}
