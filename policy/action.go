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
	UseClipboard     Action = "session.clipboard"
	UseFiles         Action = "session.files"
	SeeSession       Action = "session.see"
	AttachSession    Action = "session.attach"
	EndSession       Action = "session.end"
	HoldSession      Action = "session.hold"
	ResumeSession    Action = "session.resume"
	LeaveSession     Action = "session.leave"
	InviteRep        Action = "session.invite"
	InviteAnybody    Action = "session.invite_anybody" // also those outside one's own teams
	TransferSession  Action = "session.transfer"
	RemoveRep        Action = "session.remove"
	PassControl      Action = "session.pass"     // the control token
	SwitchTerminal   Action = "session.terminal" // to another terminal session of the machine
	ElevateSession   Action = "session.rights"   // get the rights of the machine
	SeeMachine       Action = "session.machine"  // what machine the endpoint is
	RestartMachine   Action = "session.restart"  // the endpoint's
	RestrictCustomer Action = "session.restrict" // their own input, and their monitors
	JoinSession      Action = "session.join"     // on an invitation, or out of a queue
	PeekSession      Action = "session.peek"     // at what waits for oneself or in a queue of one's teams
	SetAvailability  Action = "availability.set" // one's own
	DeployButton     Action = "button.deploy"    // from within a session
	ListButtons      Action = "button.list"      // with what reps say of them
	RemoveButton     Action = "button.remove"
	ListJumps        Action = "jump.list" // those that the rep may start
	StartJump        Action = "jump.start"
	PinJump          Action = "jump.pin"  // also to change and to unpin what one pinned
	EditJump         Action = "jump.edit" // anybody's
	TerminateSession Action = "session.terminate"
	RunClient        Action = "session.run_client" // ask the customer of a chat for it
	SessionKeys      Action = "session.key"        // one's own, with which customers start sessions
	Chat             Action = "session.chat"
	ReadChat         Action = "session.read_chat"
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
		StartSession, ControlSession, UseClipboard, UseFiles, SeeSession, AttachSession, EndSession, HoldSession, ResumeSession, TerminateSession, Chat,
		ReadChat, LeaveSession, InviteRep, InviteAnybody, TransferSession, RemoveRep, PassControl, SwitchTerminal, ElevateSession, SeeMachine, RestartMachine, RestrictCustomer, JoinSession, PeekSession, SetAvailability,
		RunClient, SessionKeys,
		ListJumps, StartJump, PinJump, EditJump,
		DeployButton, ListButtons, RemoveButton, ReadSettings, EditSettings, ExplainPolicy, ReadAudit, ExportAudit,
		ListRecordings, PlayRecording, DeleteRecording, ListRecipients, EditRecipients, ReadMail, EditMail,
		ListAccounts, EditAccount, ListRoles, EditRole, ListKeys, CreateKey, RevokeKey, OwnSignIn,
	}
}

// need is what an action asks of who does it.
type need struct {
	one     []Permission // any one of them; empty: none is needed
	owner   bool         // only the object's owner
	orOwner bool         // its owner may do it without a permission
	member  bool         // only reps who are in the session, its owner too
	orIn    bool         // reps who are in the session may do it without a permission
	leads   bool         // with owner: others are told that they are not the owner
	within  bool         // the object's permissions are within one's own
	person  bool         // not through an API key
}

// needOf is the table of what every action asks for.
func needOf(a Action) (n need, known bool) {
	one := func(of ...Permission) need { return need{one: of} }
	switch a {
	case ListDevices, ReadSettings, SetAvailability:
		return need{}, true
	case SeeSession, ReadChat:
		// The audit log says as much, and who ends anybody's session has to find it.
		return need{one: []Permission{SessionTerminate, AuditRead}, orIn: true}, true
	case EditDevice, RevokeDevice:
		return one(DeviceEdit), true
	case ListTokens, CreateToken, RevokeToken:
		return one(EnrollmentEdit), true
	case ListRequests, DecideRequest:
		return one(RequestDecide), true
	case StartSession, SessionKeys:
		return one(SessionStart), true
	case ControlSession, UseClipboard, UseFiles:
		return one(SessionControl), true
	case JoinSession:
		return one(SessionStart), true
	case PeekSession:
		return one(SessionPeek), true
	case ListJumps:
		return one(JumpStart, JumpPin, JumpEdit), true
	case StartJump:
		return one(JumpStart), true
	case PinJump:
		return one(JumpPin), true
	case EditJump:
		return one(JumpEdit), true
	case InviteAnybody:
		return one(SessionShare), true
	case DeployButton:
		return need{one: []Permission{ButtonEdit}, member: true}, true
	case ListButtons, RemoveButton:
		return one(ButtonEdit), true
	case AttachSession, Chat, PassControl, SeeMachine:
		return need{one: []Permission{SessionStart}, member: true}, true
	case SwitchTerminal, ElevateSession, RestartMachine:
		return need{one: []Permission{SessionElevate}, member: true}, true
	case RestrictCustomer:
		return need{one: []Permission{SessionRestrict}, member: true}, true
	case HoldSession, ResumeSession:
		return need{one: []Permission{SessionStart}, owner: true}, true
	case InviteRep, TransferSession, RemoveRep, RunClient:
		return need{one: []Permission{SessionStart}, owner: true, leads: true}, true
	case LeaveSession:
		return need{member: true}, true
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
