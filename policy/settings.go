package policy

import (
	"time"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Settings are what a device's sessions are under, every key resolved. The zero
// value allows nothing; [Defaults] is what counts where no scope says otherwise.
type Settings struct {
	RemoteSupport   bool          // remote_support: E4
	Approval        bool          // approval: a customer's request needs IT's yes
	ConsentPresent  Consent       // consent_present: with a user in front
	ConsentAbsent   Consent       // consent_absent: with nobody in front; Ask refuses
	ConsentTimeout  time.Duration // consent_timeout_s
	TimeoutAllows   bool          // consent_timeout_answer: "deny", "allow"
	ConsentValid    time.Duration // consent_valid_min: over lost links; 0: the session
	ViewOnly        bool          // view_only: E9
	ClipboardIn     bool          // clipboard: "none", "in", "out", "both"; in is to the endpoint
	ClipboardOut    bool
	FilesIn         bool // files: likewise
	FilesOut        bool
	RestrictInput   bool          // restrict_input: a rep may keep the customer's own input away
	PrivacyScreen   bool          // privacy_screen: a rep may darken the customer's monitors
	Expiry          time.Duration // session_expiry_min; 0: none
	Recording       Recording     // recording
	RecordingKept   time.Duration // recording_kept_days; 0: for ever
	MFAAtStart      bool          // mfa_at_start: A6
	MFAMaxAge       time.Duration // mfa_max_age_s
	ReasonMin       int           // reason_min: characters
	DesktopIcon     bool          // desktop_icon: E8
	DesktopIconName string        // desktop_icon_name
	Hours           Hours         // hours: when sessions may start; empty: always
	OnRevoke        OnRevoke      // on_revoke: Q1
	AtEnd           AtEnd         // at_end: D13
}

// Consent is the rule for the second gate.
type Consent uint8

// Consent rules.
const (
	ConsentAsk    Consent = iota // a person says yes
	ConsentNotify                // nobody is asked; the banner tells
)

// Recording says whether sessions are recorded.
type Recording uint8

// Recording rules.
const (
	RecordingOff      Recording = iota
	RecordingOn                 // a session goes on without, and the audit log says so
	RecordingRequired           // no recording, no picture
)

// AtEnd is what becomes of the terminal session when its support session is over;
// each is stricter than the one before.
type AtEnd uint8

// What may become of it.
const (
	AtEndNothing AtEnd = iota
	AtEndLock
	AtEndLogOff
)

// atEnds are its values in settings and floors.
var atEnds = []string{"nothing", "lock", "log_off"}

// Wire is a as a grant says it.
func (a AtEnd) Wire() wirepb.AtEnd { return wirepb.AtEnd(a) + wirepb.AtEnd_AT_END_NOTHING }

// OnRevoke is what becomes of a session when its scope is switched off.
type OnRevoke uint8

// Rules of revocation.
const (
	RevokeEnds  OnRevoke = iota // after RevokeNotice
	RevokeKeeps                 // it may go on to its end
)

// RevokeNotice is how long the people of a session have when policy takes it away.
const RevokeNotice = 30 * time.Second

// Defaults are the settings where no scope has a say.
func Defaults() Settings {
	return Settings{
		RemoteSupport: false, Approval: true, ConsentPresent: ConsentAsk, ConsentAbsent: ConsentAsk,
		ConsentTimeout: time.Minute, ReasonMin: 1, MFAMaxAge: 5 * time.Minute, DesktopIconName: "Remote Support",
		RecordingKept: 90 * 24 * time.Hour,
	}
}

// Hours are the times of a week in which sessions may start: lines like
// "Mon-Fri 08:00-18:00 Europe/Berlin". Empty is always.
type Hours []string

// Device is an endpoint as scopes see it.
type Device struct {
	ID, Name string
	Group    string
	Tags     []string
	User     string // in front; empty: nobody
	Entitled bool   // to remote support
	Pending  bool   // enrolled and not approved yet
}

// Rule is what decided something, for whoever asks why.
type Rule struct {
	Kind           string // "permission", "enrollment", "entitlement", "scope", "default", "hours", "floor", "mfa"
	ScopeID, Scope string
	Setting        string
}
