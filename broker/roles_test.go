package broker

import (
	"context"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// verbs says which permissions open each procedure of the API: any one of them;
// none is for everybody who is signed in. A key may call it unless it is personal.
func verbs() map[string]struct {
	personal bool
	one      []policy.Permission
} {
	type verb = struct {
		personal bool
		one      []policy.Permission
	}
	all := map[string]verb{}
	add := func(service string, personal bool, one []policy.Permission, names ...string) {
		for _, n := range names {
			all["/alongside.console.v1."+service+"/"+n] = verb{personal, one}
		}
	}
	p := func(of ...policy.Permission) []policy.Permission { return of }
	add("SignInService", true, nil, "SignOut")
	add("MfaService", true, nil, "ListFactors", "BeginTotp", "FinishTotp", "BeginPasskey", "FinishPasskey", "RemoveFactor", "NewRecoveryCodes", "Challenge", "Prove")
	add("AccountService", true, p(policy.AccountEdit), "ListAccounts", "CreateAccount", "UpdateAccount", "ResetMfa", "ListRoles", "SaveRole", "DeleteRole", "SignInRules")
	add("AccountService", true, nil, "ChangePassword", "ListSignIns", "EndSignIn", "ListKeys", "RevokeKey")
	add("AccountService", true, p(policy.KeyCreate), "CreateKey")
	add("AccountService", true, p(), "SaveSignInRules")
	add("InventoryService", false, nil, "ListDevices", "GetDevice")
	add("InventoryService", false, p(policy.DeviceEdit), "RevokeDevice", "UpdateDevice")
	add("InventoryService", false, p(policy.EnrollmentEdit), "CreateEnrollmentToken", "ListEnrollmentTokens", "RevokeEnrollmentToken")
	add("SettingsService", false, nil, "ListScopes", "Catalogue", "Summary", "Explain")
	add("SettingsService", false, p(policy.SettingsEdit), "SaveScope", "DeleteScope", "OrderScopes")
	// Where policy asks for no approval, who starts sessions takes requests.
	add("RequestService", false, p(policy.RequestDecide, policy.SessionStart), "ListRequests", "Approve")
	add("RequestService", false, p(policy.RequestDecide), "Deny")
	add("SessionService", false, nil, "Get", "Attach", "End", "Close", "Resume", "SendChat", "SetTyping")
	add("SessionService", false, p(policy.SessionStart), "Start")
	add("SessionService", false, p(policy.SessionTerminate), "Terminate")
	add("CollaborationService", false, nil, "ShareTargets", "Invite", "CancelInvitation", "Remove", "GiveControl", "SetAvailability", "NoteUse")
	add("CollaborationService", false, p(policy.SessionStart), "AcceptInvitation", "DeclineInvitation")
	add("CollaborationService", false, p(policy.SessionPeek), "Peek")
	add("ElevationService", false, nil, "SwitchTerminal", "Elevate", "MaskRecording")
	add("MachineService", false, nil, "Describe", "Restart", "Restrict")
	add("FileService", false, nil, "SendFile", "FetchFile", "CancelFile")
	add("JumpService", false, p(policy.JumpStart, policy.JumpPin, policy.JumpEdit), "ListJumpClients")
	add("JumpService", false, p(policy.JumpPin, policy.JumpEdit), "JumpTargets")
	add("JumpService", false, p(policy.JumpPin), "Pin")
	add("JumpService", false, p(policy.JumpStart), "StartJump", "ChallengeJump")
	add("JumpService", false, p(policy.JumpPin, policy.JumpEdit), "UpdateJumpClient", "Unpin")
	add("LiveService", false, nil, "Watch")
	add("GuestService", false, nil, "InviteGuest")
	add("AuditService", false, p(policy.AuditRead), "ListAudit")
	add("AuditService", false, p(policy.AuditExport), "Export")
	add("RecordingService", false, p(policy.RecordingPlay, policy.RecordingDelete), "ListRecordings")
	add("RecordingService", false, p(policy.RecordingPlay), "OpenRecording", "ReadSegment")
	add("RecordingService", false, p(policy.RecordingDelete), "DeleteRecording")
	add("RecordingService", false, p(policy.SettingsEdit), "ListRecipients")
	add("RecordingService", true, p(policy.SettingsEdit), "AddRecipient", "RetireRecipient")
	add("PortalDeskService", false, p(policy.SessionStart), "CreateSessionKey", "ListSessionKeys", "RevokeSessionKey")
	add("PortalDeskService", false, nil, "RunClient")
	add("PortalDeskService", false, p(policy.SettingsEdit), "GetPortal", "SavePortal")
	add("MailService", false, p(policy.MailEdit), "GetMail", "SaveMail", "TestMail")
	add("ButtonService", false, p(policy.ButtonEdit), "Options", "ListButtons", "Deploy", "Remove")
	add("ButtonService", false, p(policy.EnrollmentEdit), "CreateInstaller") // and button.edit
	add("ConfigService", false, p(policy.SettingsEdit), "ListObjects", "SaveObject", "DeleteObject")
	return all
}

// Every procedure of the running broker with every single permission, by a
// sign-in and by an API key, and without either.
func TestE15_RolesByVerbs(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	const body = `{"id":"00000000000000000000000000000001","confirm":true,"mfaMandatory":true}`
	table := verbs()
	for _, perm := range policy.Permissions() {
		// Whoever makes keys has that permission as well.
		rep, _ := n.with(ada, strings.ReplaceAll(string(perm), ".", "-"), perm, policy.KeyCreate)
		key := rep.key(t, perm)
		for _, r := range n.routeTable(t) {
			if r.Public || !strings.HasPrefix(r.Path, "/alongside.") || strings.HasSuffix(r.Path, "/SignOut") {
				continue
			}
			v, ok := table[r.Path]
			if !ok {
				t.Fatalf("%s has no row: say who may call it", r.Path)
			}
			both := strings.HasSuffix(r.Path, "/CreateInstaller") // takes two, as TestB7 shows
			mine := !both && (slices.Contains(v.one, perm) || v.one == nil)
			check := func(who, header string, allowed bool) {
				got := n.ask(r.Path, body, header)
				// An unknown device is told before the permission is looked at.
				hidden := strings.HasSuffix(r.Path, "/Start") && got == "not_enrolled"
				if got == "forbidden" && (strings.HasSuffix(r.Path, "/ReadSegment") || mine && strings.Contains(r.Path, "JumpService/")) {
					return // of a recording that was not opened, or a Jump Client on no list of one's own, nobody may
				}
				if got == "not_signed_in" || allowed && got == "forbidden" || !allowed && got != "forbidden" && !hidden {
					t.Errorf("%s with %s %s: %s", r.Path, who, perm, got)
				}
			}
			// What decides of everybody's sign-ins is for administrators.
			check("the role", asRep(rep), (mine || slices.Contains(v.one, policy.KeyCreate)) && !strings.HasSuffix(r.Path, "/SaveSignInRules"))
			check("a key of", asKey(key), mine && !v.personal)
			if got := n.ask(r.Path, body); got != "not_signed_in" {
				t.Errorf("%s without a sign-in: %s", r.Path, got)
			}
		}
	}
}

// A role that loses a permission loses it at once, with what runs on it; the
// cookie is changed at the next call.
func TestE15_ARoleThatLosesSomethingLosesItAtOnce(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	rep, made := n.with(ada, "rita", policy.AuditRead, policy.SessionStart)
	watching, err := rep.live.Watch(t.Context(), connect.NewRequest(&apipb.WatchRequest{}))
	if err != nil || !watching.Receive() {
		t.Fatal(err, watching.Err())
	}
	before := rep.cookie
	role := made.Roles[0]
	must[apipb.SaveRoleResponse](t)(ada.people().SaveRole(t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{
		Role: &apipb.Role{Id: role, Name: "only rita", Permissions: []string{"session.start"}},
	})))
	for watching.Receive() {
	}
	if code(watching.Err()) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
		t.Errorf("the stream goes on: %v", watching.Err())
	}
	_, err = rep.audit.ListAudit(t.Context(), connect.NewRequest(&apipb.ListAuditRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = rep.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
	if err != nil || rep.cookie == before {
		t.Fatalf("%v, the cookie was changed: %v", err, rep.cookie != before)
	}
	// The old one is taken for what was under way, and then never again.
	old := n.visitor()
	old.cookie = before
	list := func() error {
		_, err := old.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	n.advance(11e9)
	wantCode(t, list(), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	said := n.records(action("role.update"))
	if len(said) != 1 || said[0].Detail != "permissions: session.start audit.read → session.start" {
		t.Fatalf("%+v", said)
	}
}

func TestBuiltInRolesStay(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	for _, id := range []string{policy.Administrator, policy.Representative, policy.Auditor} {
		_, err := ada.people().SaveRole(t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{Role: &apipb.Role{Id: id, Name: "x"}}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		_, err = ada.people().DeleteRole(t.Context(), connect.NewRequest(&apipb.DeleteRoleRequest{Id: id, Confirm: true}))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	}
	_, made := n.with(ada, "rita", policy.AuditRead)
	_, err := ada.people().DeleteRole(t.Context(), connect.NewRequest(&apipb.DeleteRoleRequest{Id: made.Roles[0], Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE)
	must[apipb.UpdateAccountResponse](t)(ada.people().UpdateAccount(t.Context(), connect.NewRequest(&apipb.UpdateAccountRequest{
		Id: made.Id, Roles: &apipb.RoleIds{Ids: []string{policy.Auditor}},
	})))
	_, err = ada.people().DeleteRole(t.Context(), connect.NewRequest(&apipb.DeleteRoleRequest{Id: made.Roles[0]}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	must[apipb.DeleteRoleResponse](t)(ada.people().DeleteRole(t.Context(), connect.NewRequest(&apipb.DeleteRoleRequest{Id: made.Roles[0], Confirm: true})))
	all := must[apipb.ListRolesResponse](t)(ada.people().ListRoles(t.Context(), connect.NewRequest(&apipb.ListRolesRequest{})))
	if len(all.Roles) != 3 || len(all.Permissions) != len(policy.Permissions()) || all.Roles[2].Accounts != 1 || !all.Roles[2].BuiltIn {
		t.Fatalf("%v", all)
	}
}

// update changes an account.
func (c *client) update(ctx context.Context, u *apipb.UpdateAccountRequest) error {
	_, err := c.people().UpdateAccount(ctx, connect.NewRequest(u))
	return err
}

// Whoever may edit accounts may not make himself or others more than he is, nor
// reach those who are.
func TestNobodyRaisesAnybody(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	hr, own := n.with(ada, "hr", policy.AccountEdit, policy.AuditRead)
	accounts := must[apipb.ListAccountsResponse](t)(hr.people().ListAccounts(t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))).Accounts
	if accounts[0].Name != "ada" {
		t.Fatal(accounts)
	}
	new := "another password"
	for what, u := range map[string]*apipb.UpdateAccountRequest{
		"oneself":           {Id: own.Id, Roles: &apipb.RoleIds{Ids: []string{policy.Administrator}}},
		"to representative": {Id: own.Id, Roles: &apipb.RoleIds{Ids: []string{policy.Representative}}},
		"an administrator":  {Id: accounts[0].Id, Password: &new},
		"admin's roles":     {Id: accounts[0].Id, Roles: &apipb.RoleIds{}},
	} {
		if err := hr.update(t.Context(), u); code(err) != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := hr.people().SaveRole(t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{Role: &apipb.Role{Name: "more", Permissions: []string{"mail.edit"}}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = hr.people().ResetMfa(t.Context(), connect.NewRequest(&apipb.ResetMfaRequest{Id: accounts[0].Id, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = hr.people().CreateAccount(t.Context(), connect.NewRequest(&apipb.CreateAccountRequest{
		Name: "puppet", DisplayName: "Puppet", Password: password, Roles: []string{policy.Administrator},
	}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}

func TestTheLastAdministratorStays(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	all := must[apipb.ListAccountsResponse](t)(ada.people().ListAccounts(t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))).Accounts
	yes, no := true, false
	disable := &apipb.UpdateAccountRequest{Id: all[0].Id, Disabled: &yes}
	demote := &apipb.UpdateAccountRequest{Id: all[0].Id, Roles: &apipb.RoleIds{Ids: []string{policy.Representative}}}
	for _, u := range []*apipb.UpdateAccountRequest{disable, demote} {
		wantCode(t, ada.update(t.Context(), u), wirepb.ErrorCode_ERROR_CODE_IN_USE)
	}
	// Another one who is disabled does not count; one who is not does.
	ria := all[1]
	if err := ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: ria.Id, Disabled: &yes, Roles: &apipb.RoleIds{Ids: []string{policy.Administrator}}}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, ada.update(t.Context(), demote), wirepb.ErrorCode_ERROR_CODE_IN_USE)
	if err := ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: ria.Id, Disabled: &no}); err != nil {
		t.Fatal(err)
	}
	if err := ada.update(t.Context(), demote); err != nil {
		t.Fatal(err)
	}
	wantCode(t, ada.update(t.Context(), disable), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	said := n.records(action("account.update"))
	if last := said[len(said)-1].Detail; last != "roles: administrator → representative" {
		t.Fatal(last)
	}
}
