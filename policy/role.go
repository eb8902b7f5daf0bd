package policy

// Role is a named set of permissions that accounts are given.
type Role struct {
	ID, Name    string
	Permissions Set
}

// Ids of the built-in roles, which nobody can change.
const (
	Administrator  = "administrator"
	Representative = "representative"
	Auditor        = "auditor"
)

// BuiltInRoles lists them. An account with Administrator is an administrator:
// it has every permission, also those of later versions.
func BuiltInRoles() []Role {
	return []Role{
		{Administrator, "Administrator", AllPermissions()},
		{Representative, "Representative", SetOf(SessionStart, SessionControl, SessionShare, JumpStart, JumpPin, RequestDecide, ButtonEdit, AuditRead, KeyCreate)},
		{Auditor, "Auditor", SetOf(AuditRead, AuditExport, RecordingPlay)},
	}
}

// BuiltInRole finds a built-in role; ok says whether there is one.
func BuiltInRole(id string) (r Role, ok bool) {
	for _, r := range BuiltInRoles() {
		if r.ID == id {
			return r, true
		}
	}
	return Role{}, false
}
