package policy

// Title is a permission for people.
func (p Permission) Title() string {
	switch p {
	case SessionStart:
		return "Start support sessions"
	case SessionControl:
		return "Control the screen, not only look"
	case SessionElevate:
		return "Use elevated special actions: elevate, and switch terminal sessions"
	case SessionRestrict:
		return "Restrict the customer's own input and darken their monitors"
	case SessionShare:
		return "Share sessions beyond one's own teams"
	case SessionPeek:
		return "Look at what waits in a queue before taking it"
	case SessionTerminate:
		return "End anybody's session"
	case JumpStart:
		return "Start Jump Clients"
	case JumpPin:
		return "Pin Jump Clients in a session"
	case JumpEdit:
		return "Change and unpin anybody's Jump Clients"
	case RequestDecide:
		return "See and decide requests"
	case ButtonEdit:
		return "Deploy and remove Support Buttons"
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
