package policy

// Title is a permission for people.
func (p Permission) Title() string {
	switch p {
	case SessionStart:
		return "Start support sessions"
	case SessionControl:
		return "Control the screen, not only look"
	case SessionTerminate:
		return "End anybody's session"
	case RequestDecide:
		return "See and decide requests"
	case DeviceEdit:
		return "Change and revoke devices"
	case EnrollmentEdit:
		return "Enroll devices"
	case SettingsEdit:
		return "Change settings"
	case AccountEdit:
		return "Manage users and roles"
	case AuditRead:
		return "Read the audit log"
	case AuditExport:
		return "Export the audit log"
	case RecordingPlay:
		return "Play recordings"
	case RecordingDelete:
		return "Delete recordings"
	case MailEdit:
		return "Set up mail"
	case KeyCreate:
		return "Create API keys"
	default:
		return string(p)
	}
}
