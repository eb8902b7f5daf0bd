package polkit

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"
)

// What polkit's helper says decides what the rep is told, and the password goes to it
// alone, as one line.
func TestV6_HelperSaysHowItWent(t *testing.T) {
	for name, c := range map[string]struct {
		says string
		want error
		told string
	}{
		"right":            {"PAM_PROMPT_ECHO_OFF Password: \nSUCCESS\n", nil, "cookie\nsecret\n"},
		"wrong":            {"PAM_PROMPT_ECHO_OFF Password: \nFAILURE\n", ErrCredentials, "cookie\nsecret\n"},
		"locked":           {"PAM_ERROR_MSG The account is locked due to 3 failed logins.\nFAILURE\n", ErrLocked, "cookie\n"},
		"expired":          {"PAM_PROMPT_ECHO_OFF Password: \nPAM_ERROR_MSG Your account has expired; please contact your system administrator.\nFAILURE\n", ErrLocked, "cookie\nsecret\n"},
		"a second factor":  {"PAM_PROMPT_ECHO_OFF Password: \nPAM_PROMPT_ECHO_OFF Code: \n", ErrUnavailable, "cookie\nsecret\n"},
		"another question": {"PAM_PROMPT_ECHO_ON Name: \n", ErrUnavailable, "cookie\n"},
		"nothing":          {"", ErrUnavailable, "cookie\n"},
		"endless":          {strings.Repeat("PAM_TEXT_INFO x\n", 4<<10), ErrUnavailable, "cookie\n"},
	} {
		var in bytes.Buffer
		err := converse(&in, strings.NewReader(c.says), "cookie", []byte("secret"))
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if in.String() != c.told {
			t.Errorf("%s: told %q", name, in.String())
		}
	}
}

// Only polkit is answered, only for the pkexec that was started, and only once.
func TestD14_AgentAnswersPolkitAlone(t *testing.T) {
	ask := func(change func(sender, action *string, details map[string]string)) (*agent, bool) {
		a := &agent{owner: ":1.2", program: "/usr/bin/alongside", started: make(chan struct{}), cred: &Credentials{User: "root", Password: []byte("x")}, ctx: t.Context()}
		a.expect(7)
		sender, action := ":1.2", execAction
		details := map[string]string{"program": "/usr/bin/alongside", "polkit.caller-pid": "7"}
		change(&sender, &action, details)
		return a, askAs(a, sender, action, details)
	}
	for name, change := range map[string]func(sender, action *string, details map[string]string){
		"somebody else": func(s, _ *string, _ map[string]string) { *s = ":1.3" },
		"another act":   func(_, a *string, _ map[string]string) { *a = "org.freedesktop.login1.reboot" },
		"a program":     func(_, _ *string, d map[string]string) { d["program"] = "/bin/sh" },
		"a pkexec":      func(_, _ *string, d map[string]string) { d["polkit.caller-pid"] = "8" },
		"nobody's":      func(_, _ *string, d map[string]string) { delete(d, "polkit.caller-pid") },
	} {
		if a, taken := ask(change); taken || a.cred == nil {
			t.Errorf("%s was answered", name)
		}
	}
	a, taken := ask(func(_, _ *string, _ map[string]string) {})
	if !taken || !errors.Is(a.result(), ErrNotAdministrator) { // nobody is one
		t.Errorf("taken %v, %v", taken, a.result())
	}
	if askAs(a, ":1.2", execAction, map[string]string{"polkit.caller-pid": "7"}) {
		t.Error("answered twice")
	}
}

func askAs(a *agent, sender, action string, details map[string]string) bool {
	return face{a}.BeginAuthentication(dbus.Sender(sender), action, "", "", details, "cookie", nil) == nil
}
