package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
)

// Who cannot sign in any more is helped at the broker's own machine, also while
// it runs.
func TestAccountCommands(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	run := func(stdin string, args ...string) string {
		t.Helper()
		out, err := do(t, data, stdin, append([]string{"account"}, args...)...)
		if err != nil {
			t.Fatal(args, out, err)
		}
		return out
	}
	run(password+"\n", "create", "--name", "ada", "--display-name", "Ada", "--admin")
	run(password+"\n", "create", "--name", "rob", "--display-name", "Rob")
	passwordsSuffice(t, data)
	_, ready, _ := serve(t, data)
	api := signIn(t, ready["console"])
	if _, err := api.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{})); err != nil {
		t.Fatal(err)
	}
	run("another password\n", "password", "ada")
	if _, err := api.ListDevices(t.Context(), connect.NewRequest(&apipb.ListDevicesRequest{})); connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Fatal("the sign-in stands:", err)
	}
	run("", "mfa", "mandatory", "on")
	a, err := apipbconnect.NewSignInServiceClient(http.DefaultClient, ready["console"]).
		SignIn(t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: "ada", Password: "another password"}))
	if err != nil || a.Msg.Mfa != apipb.MfaNeed_MFA_NEED_ENROLL {
		t.Fatal(a, err)
	}
	run("", "mfa", "mandatory", "off")
	run("", "mfa", "reset", "rob")
	list := run("", "list")
	for _, want := range []string{"NAME", "administrator", "representative", "never", "enabled"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in\n%s", want, list)
		}
	}
	for _, args := range [][]string{{"mfa", "reset", "nobody"}, {"mfa", "mandatory", "maybe"}, {"password", "nobody"}} {
		if out, err := do(t, data, password+"\n", append([]string{"account"}, args...)...); err == nil {
			t.Errorf("%v: %s", args, out)
		}
	}
	if out, err := do(t, data, "short\n", "account", "password", "ada"); err == nil || !strings.Contains(out, "10 to 256") {
		t.Error(out, err)
	}
}
