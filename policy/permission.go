package policy

// Permission is what a role may give a rep. Names are stable: they are stored
// and are what API keys are scoped to.
type Permission string

// Permissions.
const (
	SessionStart     Permission = "session.start"
	SessionControl   Permission = "session.control"  // more than to look
	SessionElevate   Permission = "session.elevate"  // elevate the endpoint, switch terminal sessions
	SessionRestrict  Permission = "session.restrict" // the customer's own input, and their monitors
	SessionTerminate Permission = "session.terminate"
	SessionShare     Permission = "session.share" // beyond one's own teams
	SessionPeek      Permission = "session.peek"  // at what waits, before taking it
	ButtonEdit       Permission = "button.edit"   // deploy and remove Support Buttons
	JumpStart        Permission = "jump.start"    // Jump Clients of one's own list and groups
	JumpPin          Permission = "jump.pin"
	JumpEdit         Permission = "jump.edit" // anybody's Jump Clients
	RequestDecide    Permission = "request.decide"
	DeviceEdit       Permission = "device.edit" // tags, groups, entitlement, revocation
	EnrollmentEdit   Permission = "enrollment.edit"
	SettingsEdit     Permission = "settings.edit"
	AccountEdit      Permission = "account.edit"
	AuditRead        Permission = "audit.read"
	AuditExport      Permission = "audit.export"
	RecordingPlay    Permission = "recording.play"
	RecordingDelete  Permission = "recording.delete"
	MailEdit         Permission = "mail.edit"
	KeyCreate        Permission = "key.create"
)

// Permissions lists every permission, in the order in which they are shown.
func Permissions() []Permission {
	return []Permission{
		SessionStart, SessionControl, SessionElevate, SessionRestrict, SessionShare, SessionPeek, SessionTerminate, JumpStart, JumpPin, JumpEdit, RequestDecide, ButtonEdit, DeviceEdit, EnrollmentEdit, SettingsEdit,
		AccountEdit, AuditRead, AuditExport, RecordingPlay, RecordingDelete, MailEdit, KeyCreate,
	}
}
