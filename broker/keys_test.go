package broker

import (
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	listAudit   = "/alongside.console.v1.AuditService/ListAudit"
	listDevices = "/alongside.console.v1.InventoryService/ListDevices"
)

// A key is never more than its maker, then and later, and not for ever.
func TestKeysStayWithinTheirMaker(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	rep, made := n.with(ada, "kay", policy.AuditRead, policy.KeyCreate)
	_, err := rep.people().CreateKey(t.Context(), connect.NewRequest(&apipb.CreateKeyRequest{Name: "more", Permissions: []string{"audit.read", "mail.edit"}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	for field, r := range map[string]*apipb.CreateKeyRequest{
		"name": {Permissions: []string{"audit.read"}}, "permissions": {Name: "none"}, "valid_days": {Name: "long", Permissions: []string{"audit.read"}, ValidDays: 366},
	} {
		_, err := rep.people().CreateKey(t.Context(), connect.NewRequest(r))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		if !strings.Contains(err.Error(), "malformed") {
			t.Error(field, err)
		}
	}
	k := rep.key(t, policy.AuditRead)
	if got := n.ask(listAudit, "{}", asKey(k)); got != "ok" {
		t.Fatal(got)
	}
	// Neither a cookie beside it nor another site's page makes more of it.
	if got := n.ask("/alongside.console.v1.AccountService/ListAccounts", "{}", asKey(k), asRep(ada)); got != "forbidden" {
		t.Error(got)
	}
	if got := n.ask(listAudit, "{}", asKey(k), "Origin: https://evil.example"); got != "forbidden" {
		t.Error(got)
	}
	for _, h := range []string{"Authorization: Bearer x", "Authorization: Basic eDp5", "Authorization: Bearer " + k.Secret + "x", "Authorization: bearer " + k.Key.Id} {
		if got := n.ask(listDevices, "{}", h, asRep(ada)); got != "not_signed_in" {
			t.Errorf("%s: %s", h, got)
		}
	}
	if s := raw(t, n.b.plain.Addr().String(), "/viewer/ws", "GET", asKey(k), "Origin: http://"+n.b.plain.Addr().String()).StatusCode; s != 403 {
		t.Errorf("viewer: %d", s)
	}
	// The maker loses the permission: so does the key, at once.
	role := must[apipb.ListRolesResponse](t)(ada.people().ListRoles(t.Context(), connect.NewRequest(&apipb.ListRolesRequest{}))).Roles[3]
	role.Permissions = []string{"key.create"}
	must[apipb.SaveRoleResponse](t)(ada.people().SaveRole(t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{Role: role})))
	if got := n.ask(listAudit, "{}", asKey(k)); got != "forbidden" {
		t.Error(got)
	}
	role.Permissions = []string{"key.create", "audit.read"}
	must[apipb.SaveRoleResponse](t)(ada.people().SaveRole(t.Context(), connect.NewRequest(&apipb.SaveRoleRequest{Role: role})))
	if got := n.ask(listAudit, "{}", asKey(k)); got != "ok" {
		t.Error(got)
	}
	// Its time is over; it is revoked; its maker may not sign in any more.
	second := rep.key(t, policy.AuditRead)
	must[apipb.RevokeKeyResponse](t)(rep.people().RevokeKey(t.Context(), connect.NewRequest(&apipb.RevokeKeyRequest{Id: second.Key.Id, Confirm: true})))
	yes := true
	if got := n.ask(listAudit, "{}", asKey(second)); got != "not_signed_in" {
		t.Error("revoked:", got)
	}
	if err := ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: made.Id, Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if got := n.ask(listAudit, "{}", asKey(k)); got != "not_signed_in" {
		t.Error("of a disabled account:", got)
	}
	admins := ada.key(t, policy.AuditRead)
	n.advance(90 * 24 * time.Hour)
	if got := n.ask(listAudit, "{}", asKey(admins)); got != "not_signed_in" {
		t.Error("expired:", got)
	}
	for _, r := range n.records(func(store.Record) bool { return true }) {
		if strings.Contains(r.Detail, k.Secret) {
			t.Error("a key is in the audit log")
		}
	}
}

// A stream that a key opened ends with it; calls are limited per key.
func TestKeysAreCutAndLimited(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	k := ada.key(t, policy.AuditRead)
	live := apipbconnect.NewLiveServiceClient(n.visitor().http, "http://"+n.b.plain.Addr().String())
	watch := connect.NewRequest(&apipb.WatchRequest{})
	watch.Header().Set("Authorization", "Bearer "+k.Secret)
	stream, err := live.Watch(t.Context(), watch)
	if err != nil || !stream.Receive() {
		t.Fatal(err, stream.Err())
	}
	must[apipb.RevokeKeyResponse](t)(ada.people().RevokeKey(t.Context(), connect.NewRequest(&apipb.RevokeKeyRequest{Id: k.Key.Id, Confirm: true})))
	for stream.Receive() {
	}
	if code(stream.Err()) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
		t.Error(stream.Err())
	}
	k = ada.key(t, policy.AuditRead)
	for i := range 200 {
		if got := n.ask(listDevices, "{}", asKey(k)); got == "rate_limited" {
			if i < 100 {
				t.Errorf("after %d calls", i)
			}
			return
		}
	}
	t.Error("a key may call without end")
}

// L19: a password that is changed, an account that is disabled, a sign-in that is
// ended from elsewhere: the next call is refused and streams are closed.
func TestL19_SignInsEndAtOnce(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	yes, no, fresh := true, false, "another password"
	list := func(c *client) error {
		_, err := c.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
		return err
	}
	id := func(name string) string {
		for _, a := range must[apipb.ListAccountsResponse](t)(ada.people().ListAccounts(t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))).Accounts {
			if a.Name == name {
				return a.Id
			}
		}
		t.Fatal(name)
		return ""
	}
	rob := id("rob")
	for what, end := range map[string]func(*client) error{
		"disabled": func(*client) error {
			return ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: rob, Disabled: &yes})
		},
		"password": func(*client) error {
			return ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: rob, Password: &fresh})
		},
		"ended": func(c *client) error {
			mine := must[apipb.ListSignInsResponse](t)(c.people().ListSignIns(t.Context(), connect.NewRequest(&apipb.ListSignInsRequest{}))).SignIns
			for _, s := range mine {
				if s.Current {
					_, err := c.people().EndSignIn(t.Context(), connect.NewRequest(&apipb.EndSignInRequest{Id: s.Id, Confirm: true}))
					return err
				}
			}
			t.Fatal(mine)
			return nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			c := n.rep("rob")
			k := c.key(t, policy.AuditRead)
			stream, err := c.live.Watch(t.Context(), connect.NewRequest(&apipb.WatchRequest{}))
			if err != nil || !stream.Receive() {
				t.Fatal(err)
			}
			if err := end(c); err != nil {
				t.Fatal(err)
			}
			for stream.Receive() {
			}
			if code(stream.Err()) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
				t.Error(stream.Err())
			}
			wantCode(t, list(c), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
			if got := n.ask(listDevices, "{}", asKey(k)); (got == "ok") != (what == "ended") {
				t.Errorf("its key: %s", got)
			}
			old := password
			if err := ada.update(t.Context(), &apipb.UpdateAccountRequest{Id: rob, Disabled: &no, Password: &old}); err != nil {
				t.Fatal(err)
			}
		})
	}
	// One's own: this sign-in stays, the others end.
	here, there := n.rep("ria"), n.rep("ria")
	change := func(old string) error {
		_, err := here.people().ChangePassword(t.Context(), connect.NewRequest(&apipb.ChangePasswordRequest{Old: old, New: fresh}))
		return err
	}
	wantCode(t, change("wrong password"), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	if err := change(password); err != nil {
		t.Fatal(err)
	}
	before := here.cookie
	if err := list(here); err != nil || here.cookie == before {
		t.Fatal(err)
	}
	wantCode(t, list(there), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	// Somebody else's sign-in is as good as none.
	robs := must[apipb.ListSignInsResponse](t)(n.rep("rob").people().ListSignIns(t.Context(), connect.NewRequest(&apipb.ListSignInsRequest{}))).SignIns
	_, err := here.people().EndSignIn(t.Context(), connect.NewRequest(&apipb.EndSignInRequest{Id: robs[0].Id, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	if robs[0].From != "127.0.0.1/32" {
		t.Error(robs[0])
	}
}

// Class N: somebody else's key is as good as none, and is not listed.
func TestKeysOfOthersAreUnknown(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	of := ada.key(t, policy.AuditRead)
	revoke := func(id string) error {
		_, err := rob.people().RevokeKey(t.Context(), connect.NewRequest(&apipb.RevokeKeyRequest{Id: id, Confirm: true}))
		return err
	}
	theirs, none := revoke(of.Key.Id), revoke("00000000000000000000000000000001")
	wantCode(t, theirs, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	if theirs.Error() != none.Error() {
		t.Errorf("%v, %v", theirs, none)
	}
	mine := rob.key(t, policy.AuditRead)
	keys := func(c *client) []*apipb.ApiKey {
		return must[apipb.ListKeysResponse](t)(c.people().ListKeys(t.Context(), connect.NewRequest(&apipb.ListKeysRequest{}))).Keys
	}
	if l := keys(rob); len(l) != 1 || l[0].Id != mine.Key.Id || l[0].Owner != "Rob Rep" {
		t.Fatal(l)
	}
	if l := keys(ada); len(l) != 2 {
		t.Fatal(l)
	}
	must[apipb.RevokeKeyResponse](t)(ada.people().RevokeKey(t.Context(), connect.NewRequest(&apipb.RevokeKeyRequest{Id: mine.Key.Id, Confirm: true})))
	if l := keys(rob); !l[0].Revoked {
		t.Fatal(l)
	}
}
