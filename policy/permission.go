package policy

// Permission is what a role may give a rep. Names are stable: they are stored
// and are what API keys are scoped to.
type Permission string

// Permissions.
const (
	SessionStart     Permission = "session.start"
	SessionControl   Permission = "session.control" // more than to look
	SessionTerminate Permission = "session.terminate"
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
		SessionStart, SessionControl, SessionTerminate, RequestDecide, DeviceEdit, EnrollmentEdit, SettingsEdit,
		AccountEdit, AuditRead, AuditExport, RecordingPlay, RecordingDelete, MailEdit, KeyCreate,
	}
}
