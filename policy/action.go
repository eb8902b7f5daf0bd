package policy

// Action is what is to be done.
type Action string

// Actions.
const (
	ListDevices      Action = "device.list"
	EditDevice       Action = "device.edit"
	RevokeDevice     Action = "device.revoke"
	ListTokens       Action = "enrollment.list"
	CreateToken      Action = "enrollment.create"
	RevokeToken      Action = "enrollment.revoke"
	ListRequests     Action = "request.list"
	DecideRequest    Action = "request.decide"
	StartSession     Action = "session.start"
	ControlSession   Action = "session.control" // more than to look
	SeeSession       Action = "session.see"
	AttachSession    Action = "session.attach"
	EndSession       Action = "session.end"
	TerminateSession Action = "session.terminate"
	Chat             Action = "session.chat"
	ReadSettings     Action = "settings.read"
	EditSettings     Action = "settings.edit"
	ExplainPolicy    Action = "policy.explain" // of the Owner
	ReadAudit        Action = "audit.read"
	ExportAudit      Action = "audit.export"
	ListRecordings   Action = "recording.list"
	PlayRecording    Action = "recording.play"
	DeleteRecording  Action = "recording.delete"
	ListRecipients   Action = "recipient.list" // who can read recordings
	EditRecipients   Action = "recipient.edit"
	ReadMail         Action = "mail.read"
	EditMail         Action = "mail.edit"
	ListAccounts     Action = "account.list"
	EditAccount      Action = "account.edit"
	ListRoles        Action = "role.list"
	EditRole         Action = "role.edit"
	ListKeys         Action = "key.list" // of the Owner
	CreateKey        Action = "key.create"
	RevokeKey        Action = "key.revoke"
	OwnSignIn        Action = "sign_in.own" // one's password, factors and sign-ins
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		ListDevices, EditDevice, RevokeDevice, ListTokens, CreateToken, RevokeToken, ListRequests, DecideRequest,
		StartSession, ControlSession, SeeSession, AttachSession, EndSession, TerminateSession, Chat,
		ReadSettings, EditSettings, ExplainPolicy, ReadAudit, ExportAudit,
		ListRecordings, PlayRecording, DeleteRecording, ListRecipients, EditRecipients, ReadMail, EditMail,
		ListAccounts, EditAccount, ListRoles, EditRole, ListKeys, CreateKey, RevokeKey, OwnSignIn,
	}
}

// need is what an action asks of who does it.
type need struct {
	one     []Permission // any one of them; empty: none is needed
	owner   bool         // only the object's owner
	orOwner bool         // its owner may do it without a permission
	within  bool         // the object's permissions are within one's own
	person  bool         // not through an API key
}

// needOf is the table of what every action asks for.
func needOf(a Action) (n need, known bool) {
	one := func(of ...Permission) need { return need{one: of} }
	switch a {
	case ListDevices, SeeSession, ReadSettings:
		return need{}, true
	case EditDevice, RevokeDevice:
		return one(DeviceEdit), true
	case ListTokens, CreateToken, RevokeToken:
		return one(EnrollmentEdit), true
	case ListRequests, DecideRequest:
		return one(RequestDecide), true
	case StartSession:
		return one(SessionStart), true
	case ControlSession:
		return one(SessionControl), true
	case AttachSession, Chat:
		return need{one: []Permission{SessionStart}, owner: true}, true
	case EndSession:
		return need{owner: true}, true
	case TerminateSession:
		return one(SessionTerminate), true
	case EditSettings:
		return one(SettingsEdit), true
	case ExplainPolicy:
		return need{one: []Permission{SettingsEdit}, orOwner: true}, true
	case ReadAudit:
		return one(AuditRead), true
	case ExportAudit:
		return one(AuditExport), true
	case ListRecordings:
		return one(RecordingPlay, RecordingDelete), true
	case PlayRecording:
		return one(RecordingPlay), true
	case DeleteRecording:
		return one(RecordingDelete), true
	case ListRecipients:
		return one(SettingsEdit), true
	case EditRecipients:
		return need{one: []Permission{SettingsEdit}, person: true}, true
	case ReadMail, EditMail:
		return one(MailEdit), true
	default:
		return needOfAccounts(a)
	}
}

// needOfAccounts is the part about accounts, which no API key may touch.
func needOfAccounts(a Action) (n need, known bool) {
	n = need{person: true}
	switch a {
	case ListAccounts, ListRoles:
		n.one = []Permission{AccountEdit}
	case EditAccount, EditRole:
		n.one, n.within = []Permission{AccountEdit}, true
	case CreateKey:
		n.one, n.within = []Permission{KeyCreate}, true
	case ListKeys, RevokeKey:
		n.one, n.orOwner = []Permission{AccountEdit}, true
	case OwnSignIn:
		n.owner = true
	default:
		return need{}, false
	}
	return n, true
}
