package broker

import (
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/pquerna/otp/totp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// app is an authenticator app.
type app struct {
	n      *bench
	secret string
}

func (a app) code(off time.Duration) string {
	a.n.t.Helper()
	c, err := totp.GenerateCode(a.secret, a.n.now().Add(off))
	if err != nil {
		a.n.t.Fatal(err)
	}
	return c
}

// next waits for the next code by moving the broker's clock.
func (a app) next() string {
	a.n.advance(30 * time.Second)
	return a.code(0)
}

// enroll adds an authenticator app to the caller and returns the recovery codes.
func (n *bench) enroll(c *client) (app, *apipb.FinishTotpResponse) {
	n.t.Helper()
	b := must[apipb.BeginTotpResponse](n.t)(c.mfa().BeginTotp(n.t.Context(), connect.NewRequest(&apipb.BeginTotpRequest{Name: "phone"})))
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(b.Secret); err != nil || !strings.HasPrefix(b.Uri, "otpauth://totp/") ||
		!strings.HasPrefix(string(b.QrPng), "\x89PNG") {
		n.t.Fatalf("%v: %v", b, err)
	}
	a := app{n, b.Secret}
	return a, must[apipb.FinishTotpResponse](n.t)(c.mfa().FinishTotp(n.t.Context(), connect.NewRequest(&apipb.FinishTotpRequest{Id: b.Id, Code: a.next()})))
}

func (c *client) prove(t *testing.T, p *apipb.ProveRequest) error {
	t.Helper()
	_, err := c.mfa().Prove(t.Context(), connect.NewRequest(p))
	return err
}

func byCode(code string) *apipb.ProveRequest {
	return &apipb.ProveRequest{Proof: &apipb.ProveRequest_Totp{Totp: code}}
}

func byRecovery(code string) *apipb.ProveRequest {
	return &apipb.ProveRequest{Proof: &apipb.ProveRequest_RecoveryCode{RecoveryCode: code}}
}

// Class O: half a sign-in may do nothing but complete itself.
func TestHalfASignInHasNoRights(t *testing.T) {
	n := newBench(t)
	first := n.rep("rob")
	phone, _ := n.enroll(first)
	half := n.visitor()
	a := must[apipb.SignInResponse](t)(half.signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "rob", Password: password})))
	if a.Rep != nil || a.Mfa != apipb.MfaNeed_MFA_NEED_PROVE {
		t.Fatal(a)
	}
	own := map[string]bool{"Challenge": true, "Prove": true, "SignOut": true}
	refused := 0
	for _, r := range n.routeTable(t) {
		name := r.Path[strings.LastIndexByte(r.Path, '/')+1:]
		if r.Public || !strings.HasPrefix(r.Path, "/alongside.") || own[name] {
			continue
		}
		if got := n.ask(r.Path, `{"confirm":true}`, asRep(half)); got != "not_signed_in" {
			t.Errorf("%s: %s", r.Path, got)
		}
		refused++
	}
	t.Logf("%d procedures", refused)
	if s := raw(t, n.b.plain.Addr().String(), "/viewer/ws", "GET", asRep(half), "Origin: http://"+n.b.plain.Addr().String()).StatusCode; s != 401 {
		t.Errorf("viewer: %d", s)
	}
	state := func(c *client) *apipb.StateResponse {
		return must[apipb.StateResponse](t)(c.signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})))
	}
	if s := state(half); s.Rep != nil || s.Mfa != apipb.MfaNeed_MFA_NEED_PROVE {
		t.Fatal(s)
	}
	before := half.cookie
	if err := half.prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	if s := state(half); s.Rep.GetName() != "rob" || s.Mfa != apipb.MfaNeed_MFA_NEED_NONE {
		t.Fatal(s)
	}
	// The cookie of the half is none of the whole, not for a moment.
	old := n.visitor()
	old.cookie = before
	if s := state(old); before == half.cookie || s.Mfa != apipb.MfaNeed_MFA_NEED_UNSPECIFIED {
		t.Fatal(s)
	}
	done := n.records(action("account.sign_in"))
	if last := done[len(done)-1]; !strings.HasPrefix(last.Detail, "by totp from") {
		t.Fatal(last.Detail)
	}
}

func TestA8_ReplaysAreRefused(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	phone, added := n.enroll(rob)
	stale, invalid := wirepb.ErrorCode_ERROR_CODE_MFA_STALE, wirepb.ErrorCode_ERROR_CODE_MFA_INVALID
	used := phone.next()
	if err := rob.prove(t, byCode(used)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, rob.prove(t, byCode(used)), stale)
	// Nor by another sign-in of the account, nor an older code after a newer one.
	other := n.visitor()
	must[apipb.SignInResponse](t)(other.signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "rob", Password: password})))
	wantCode(t, other.prove(t, byCode(used)), stale)
	wantCode(t, other.prove(t, byCode(phone.code(-30*time.Second))), stale)
	if err := other.prove(t, byCode(phone.code(30*time.Second))); err != nil {
		t.Fatal("one step ahead:", err)
	}
	wantCode(t, other.prove(t, byCode(phone.code(90*time.Second))), invalid)
	// Recovery codes count once, however many try at the same time.
	if len(added.RecoveryCodes) != 10 {
		t.Fatal(added.RecoveryCodes)
	}
	var wg sync.WaitGroup
	results := make(chan wirepb.ErrorCode, 3)
	for range 3 {
		wg.Go(func() {
			c := n.visitor()
			c.cookie = rob.cookie
			results <- code(c.prove(t, byRecovery(strings.ToUpper(added.RecoveryCodes[0]))))
		})
	}
	wg.Wait()
	close(results)
	won := 0
	for r := range results {
		if r == -1 {
			won++
		}
	}
	if won != 1 {
		t.Fatalf("%d used the same recovery code", won)
	}
}

func TestA6_AProofIsOfItsSignInAndAges(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	phone, _ := n.enroll(rob)
	factors := func(c *client) *apipb.ListFactorsResponse {
		return must[apipb.ListFactorsResponse](t)(c.mfa().ListFactors(t.Context(), connect.NewRequest(&apipb.ListFactorsRequest{})))
	}
	first := factors(rob)
	if first.ProvedAt == nil || len(first.Factors) != 1 || first.RecoveryCodes != 10 {
		t.Fatal(first)
	}
	n.advance(20 * time.Minute)
	// What changes factors and makes keys needs a fresh one.
	_, err := rob.mfa().NewRecoveryCodes(t.Context(), connect.NewRequest(&apipb.NewRecoveryCodesRequest{Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_STALE)
	_, err = rob.mfa().BeginTotp(t.Context(), connect.NewRequest(&apipb.BeginTotpRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_STALE)
	_, err = rob.people().CreateKey(t.Context(), connect.NewRequest(&apipb.CreateKeyRequest{Name: "x", Permissions: []string{"audit.read"}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_STALE)
	before := rob.cookie
	if err := rob.prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	if second := factors(rob); !second.ProvedAt.AsTime().After(first.ProvedAt.AsTime()) || rob.cookie == before {
		t.Fatal(second)
	}
	// The cookie before counts for a moment, without any proof.
	old := n.visitor()
	old.cookie = before
	if f := factors(old); f.ProvedAt != nil {
		t.Fatal(f)
	}
	n.advance(11 * time.Second)
	_, err = old.mfa().ListFactors(t.Context(), connect.NewRequest(&apipb.ListFactorsRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
}

func TestCodesAreLimited(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	phone, added := n.enroll(rob)
	evaluated := 0
	for i := range 200 {
		c := code(rob.prove(t, byCode(fmt.Sprintf("%06d", i))))
		if c == wirepb.ErrorCode_ERROR_CODE_MFA_INVALID {
			evaluated++
		} else if c != wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED {
			t.Fatal(c)
		}
	}
	if evaluated != 6 {
		t.Errorf("%d guesses were evaluated", evaluated)
	}
	wantCode(t, rob.prove(t, byRecovery(added.RecoveryCodes[0])), wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED)
	n.advance(2 * time.Minute)
	// What is right takes nothing from the tries.
	for range 10 {
		if err := rob.prove(t, byCode(phone.next())); err != nil {
			t.Fatal(err)
		}
	}
	if said := len(n.records(func(r store.Record) bool { return r.Action == "mfa.prove" && r.Result == "mfa_invalid" })); said != evaluated {
		t.Errorf("%d of %d wrong codes are in the audit log", said, evaluated)
	}
}

// Whoever sets a broker up is led to a second factor before anything else, and may
// decide afterwards that passwords are enough.
func TestD19_ANewBrokerDemandsASecondFactor(t *testing.T) {
	n := &bench{t: t, data: t.TempDir() + "/data"}
	n.start("127.0.0.1:0", "127.0.0.1:0")
	t.Cleanup(func() { n.stop() })
	first := n.visitor()
	made := must[apipb.SetupResponse](t)(first.signIn.Setup(t.Context(), connect.NewRequest(&apipb.SetupRequest{
		Secret: n.b.Setup.Reveal(), Name: "ada", DisplayName: "Ada Admin", Password: password, Organisation: "Example",
	})))
	state := must[apipb.StateResponse](t)(first.signIn.State(t.Context(), connect.NewRequest(&apipb.StateRequest{})))
	if made.Rep != nil || state.Rep != nil || state.Mfa != apipb.MfaNeed_MFA_NEED_ENROLL {
		t.Fatalf("%v, %v", made, state)
	}
	_, err := first.people().ListAccounts(t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	n.enroll(first)
	rules := must[apipb.SignInRulesResponse](t)(first.people().SignInRules(t.Context(), connect.NewRequest(&apipb.SignInRulesRequest{})))
	if !rules.MfaMandatory {
		t.Fatal("nothing is demanded")
	}
	must[apipb.CreateAccountResponse](t)(first.people().CreateAccount(t.Context(), connect.NewRequest(&apipb.CreateAccountRequest{
		Name: "rob", DisplayName: "Rob Rep", Password: password,
	})))
	signIn := func() *apipb.SignInResponse {
		return must[apipb.SignInResponse](t)(n.visitor().signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "rob", Password: password})))
	}
	if a := signIn(); a.Rep != nil || a.Mfa != apipb.MfaNeed_MFA_NEED_ENROLL {
		t.Fatal(a)
	}
	must[apipb.SaveSignInRulesResponse](t)(first.people().SaveSignInRules(t.Context(), connect.NewRequest(&apipb.SaveSignInRulesRequest{})))
	if a := signIn(); a.Rep == nil || a.Mfa != apipb.MfaNeed_MFA_NEED_NONE {
		t.Fatal(a)
	}
	if said := n.records(action("mfa.mandatory")); len(said) != 1 || said[0].Detail != "mandatory: true → false" {
		t.Fatal(said)
	}
}

func TestMFACanBeMandatory(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	rules := func(c *client, must bool) error {
		_, err := c.people().SaveSignInRules(t.Context(), connect.NewRequest(&apipb.SaveSignInRulesRequest{MfaMandatory: must, Confirm: true}))
		return err
	}
	wantCode(t, rules(rob, true), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if err := rules(ada, true); err != nil {
		t.Fatal(err)
	}
	// Sign-ins without a factor are half from now on, those that stand as well.
	list := func(c *client) error {
		_, err := c.inventory.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{}))
		return err
	}
	wantCode(t, list(rob), wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	fresh := n.visitor()
	a := must[apipb.SignInResponse](t)(fresh.signIn.SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "rob", Password: password})))
	if a.Rep != nil || a.Mfa != apipb.MfaNeed_MFA_NEED_ENROLL {
		t.Fatal(a)
	}
	phone, _ := n.enroll(fresh)
	if err := list(fresh); err != nil {
		t.Fatal(err)
	}
	// The other half has to prove it now, and may not add one of its own.
	_, err := rob.mfa().BeginTotp(t.Context(), connect.NewRequest(&apipb.BeginTotpRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	// The last factor stays while it is mandatory.
	have := must[apipb.ListFactorsResponse](t)(fresh.mfa().ListFactors(t.Context(), connect.NewRequest(&apipb.ListFactorsRequest{}))).Factors
	remove := func() error {
		_, err := fresh.mfa().RemoveFactor(t.Context(), connect.NewRequest(&apipb.RemoveFactorRequest{Id: have[0].Id, Confirm: true}))
		return err
	}
	wantCode(t, remove(), wirepb.ErrorCode_ERROR_CODE_IN_USE)
	n.enroll(ada)
	if err := rules(ada, false); err != nil {
		t.Fatal(err)
	}
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, fresh.prove(t, byCode(phone.next())), wirepb.ErrorCode_ERROR_CODE_MFA_INVALID)
	said := n.records(action("mfa.mandatory"))
	if len(said) != 2 || said[0].Detail != "mandatory: false → true" {
		t.Fatal(said)
	}
}

func TestMFAIsResetBySomebodyElse(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	n.enroll(ada)
	n.enroll(rob)
	reset := func(id string) error {
		_, err := ada.people().ResetMfa(t.Context(), connect.NewRequest(&apipb.ResetMfaRequest{Id: id, Confirm: true}))
		return err
	}
	for _, a := range must[apipb.ListAccountsResponse](t)(ada.people().ListAccounts(t.Context(), connect.NewRequest(&apipb.ListAccountsRequest{}))).Accounts {
		switch a.Name {
		case "ada":
			wantCode(t, reset(a.Id), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
		case "rob":
			if !a.Mfa {
				t.Error(a)
			}
			if err := reset(a.Id); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err := rob.mfa().ListFactors(t.Context(), connect.NewRequest(&apipb.ListFactorsRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN)
	n.rep("rob") // the password is enough again
	if said := n.records(action("mfa.reset")); len(said) != 1 || said[0].Detail != "factors: 1 → 0" {
		t.Fatal(said)
	}
}
