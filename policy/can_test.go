package policy

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func allowed(t *testing.T, p Principal, a Action, o Object) bool {
	t.Helper()
	err := Can(p, a, o)
	var ce *wire.CodeError
	if err != nil && !errors.As(err, &ce) {
		t.Fatalf("%s: %v tells no code", a, err)
	}
	return err == nil
}

// Every action with every single permission, generated from the table.
func TestE15_EachPermissionGivesItsActionsAndNoOther(t *testing.T) {
	gives := map[Permission][]Action{
		SessionStart:     {StartSession, JoinSession, SessionKeys},
		SessionControl:   {ControlSession, UseClipboard, UseFiles},
		SessionShare:     {InviteAnybody},
		SessionPeek:      {PeekSession},
		SessionTerminate: {TerminateSession, SeeSession, ReadChat},
		JumpStart:        {ListJumps, StartJump},
		JumpPin:          {ListJumps, PinJump},
		JumpEdit:         {ListJumps, EditJump},
		RequestDecide:    {ListRequests, DecideRequest},
		ButtonEdit:       {ListButtons, RemoveButton},
		DeviceEdit:       {EditDevice, RevokeDevice},
		EnrollmentEdit:   {ListTokens, CreateToken, RevokeToken},
		SettingsEdit:     {EditSettings, ExplainPolicy, ListRecipients, EditRecipients},
		AccountEdit:      {ListAccounts, EditAccount, ListRoles, EditRole, ListKeys, RevokeKey},
		AuditRead:        {ReadAudit, SeeSession, ReadChat},
		AuditExport:      {ExportAudit},
		RecordingPlay:    {ListRecordings, PlayRecording},
		RecordingDelete:  {ListRecordings, DeleteRecording},
		MailEdit:         {ReadMail, EditMail},
		KeyCreate:        {CreateKey},
	}
	everybody := []Action{ListDevices, ReadSettings, SetAvailability}
	theirOwn := []Action{EndSession, LeaveSession, SeeSession, ReadChat, ExplainPolicy, ListKeys, RevokeKey, OwnSignIn}
	// Of an own session.
	withStart := []Action{AttachSession, Chat, HoldSession, ResumeSession, PassControl, SeeMachine, InviteRep, TransferSession, RemoveRep, RunClient}
	withElevate := []Action{SwitchTerminal, ElevateSession, RestartMachine}
	byEither := []Action{ListJumps, ListRecordings, SeeSession, ReadChat}
	other, own := Object{Owner: "x"}, Object{Owner: "r"}
	for _, a := range append(Actions(), "made.up") {
		none := Principal{Rep: "r"}
		if got, want := allowed(t, none, a, other), slices.Contains(everybody, a); got != want {
			t.Errorf("%s without a permission: %v", a, got)
		}
		if got, want := allowed(t, none, a, own), slices.Contains(everybody, a) || slices.Contains(theirOwn, a); got != want {
			t.Errorf("%s of one's own without a permission: %v", a, got)
		}
		for _, p := range Permissions() {
			one := Principal{Rep: "r", Permissions: SetOf(p)}
			want := slices.Contains(everybody, a) || slices.Contains(gives[p], a)
			if got := allowed(t, one, a, other); got != want {
				t.Errorf("%s with %s: %v", a, p, got)
			}
			want = want || slices.Contains(theirOwn, a) || p == SessionStart && slices.Contains(withStart, a) ||
				p == SessionElevate && slices.Contains(withElevate, a) || p == SessionRestrict && a == RestrictCustomer || p == ButtonEdit && a == DeployButton
			if got := allowed(t, one, a, own); got != want {
				t.Errorf("%s of one's own with %s: %v", a, p, got)
			}
			// Taking the one away takes its actions away.
			less := Principal{Rep: "r", Permissions: SetOf(slices.DeleteFunc(Permissions(), func(q Permission) bool { return p == q })...)}
			single := slices.Contains(gives[p], a) && !slices.Contains(byEither, a)
			if single && allowed(t, less, a, other) {
				t.Errorf("%s without %s alone", a, p)
			}
		}
		for who, p := range map[string]Principal{"nobody": {}, "an id-less admin": {Admin: true}} {
			if allowed(t, p, a, Object{}) {
				t.Errorf("%s may %s", who, a)
			}
		}
		admin := Principal{Rep: "a", Admin: true}
		ownerOnly := slices.Contains(append(append(withStart, withElevate...), RestrictCustomer, DeployButton, EndSession, LeaveSession, OwnSignIn, "made.up"), a)
		if got := allowed(t, admin, a, other); got == ownerOnly {
			t.Errorf("an administrator may %s: %v", a, got)
		}
	}
}

// Who is in a session may do what they need there and nothing that is its owner's.
func TestO1_O19_O34_ParticipantsAreNotOwners(t *testing.T) {
	o := Object{Owner: "x", Others: []string{"q", "r"}}
	none, start := Principal{Rep: "r"}, Principal{Rep: "r", Permissions: SetOf(SessionStart)}
	for a, without := range map[Action]bool{
		SeeSession: true, ReadChat: true, LeaveSession: true, AttachSession: false, Chat: false, PassControl: false, SeeMachine: false,
	} {
		if !allowed(t, start, a, o) || allowed(t, none, a, o) != without {
			t.Errorf("%s of a participant", a)
		}
		if stranger := (Principal{Rep: "s", Permissions: SetOf(SessionStart)}); allowed(t, stranger, a, o) {
			t.Errorf("%s of somebody else", a)
		}
	}
	for a, want := range map[Action]wirepb.ErrorCode{
		InviteRep: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER, TransferSession: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER,
		RemoveRep: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN_NOT_OWNER, EndSession: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN,
		HoldSession: wirepb.ErrorCode_ERROR_CODE_FORBIDDEN,
	} {
		for _, p := range []Principal{start, {Rep: "a", Admin: true}} {
			if err := Can(p, a, o); !errors.Is(err, &wire.CodeError{Code: want}) {
				t.Errorf("%s of %s: %v", a, p.Rep, err)
			}
		}
	}
}

func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	p := Principal{Rep: "r", Permissions: SetOf(AccountEdit, KeyCreate, AuditRead)}
	for _, a := range []Action{EditAccount, EditRole, CreateKey} {
		for _, q := range Permissions() {
			if got := allowed(t, p, a, Object{Permissions: SetOf(q)}); got != p.Permissions.Has(q) {
				t.Errorf("%s with %s: %v", a, q, got)
			}
		}
	}
}

func TestKeysAreNotPeople(t *testing.T) {
	key := Principal{Rep: "a", Admin: true, Permissions: SetOf(AuditRead), Key: true}
	if allowed(t, key, EditSettings, Object{}) || !allowed(t, key, ReadAudit, Object{}) {
		t.Error("an administrator's key may more or less than the key")
	}
	all := Principal{Rep: "a", Permissions: AllPermissions(), Key: true}
	never := []Action{ListAccounts, EditAccount, ListRoles, EditRole, ListKeys, CreateKey, RevokeKey, OwnSignIn, EditRecipients}
	for _, a := range Actions() {
		if got := allowed(t, all, a, Object{Owner: "a"}); got == slices.Contains(never, a) {
			t.Errorf("%s with a key: %v", a, got)
		}
	}
}

func TestRefusalsSayWhatIsMissing(t *testing.T) {
	err := Can(Principal{Rep: "r"}, EditMail, Object{})
	var ce *wire.CodeError
	if !errors.As(err, &ce) || ce.Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN || ce.Detail != "this needs the permission mail.edit" {
		t.Fatal(err)
	}
	for _, a := range Actions() {
		if Needs(a) == Needs("made.up") || Needs(a) == "" {
			t.Errorf("%s: %q", a, Needs(a))
		}
	}
}

func TestSet(t *testing.T) {
	all := AllPermissions()
	if got := fmt.Sprint(all.List()); got != fmt.Sprint(Permissions()) {
		t.Error(got)
	}
	s, err := ParseSet([]string{"audit.read", "mail.edit"})
	if err != nil || !s.Has(AuditRead) || !s.Has(MailEdit) || s.Has(KeyCreate) || !s.Within(all) || all.Within(s) || s.Empty() {
		t.Fatal(s.Names(), err)
	}
	if _, err := ParseSet([]string{"audit.read", "made.up"}); !errors.Is(err, ErrPermission) {
		t.Fatal(err)
	}
	if SetOf("made.up") != (Set{}) || s.And(SetOf(AuditRead, KeyCreate)) != SetOf(AuditRead) || s.With(all) != all {
		t.Error("sets")
	}
	for _, r := range BuiltInRoles() {
		if got, ok := BuiltInRole(r.ID); !ok || got != r || r.Permissions.Empty() {
			t.Error(r.ID)
		}
	}
}
