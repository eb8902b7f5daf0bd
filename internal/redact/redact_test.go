package redact

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "canary-4711"

// TestD27_SecretsAreNotLogged by whichever way they get to the handler.
func TestD27_SecretsAreNotLogged(t *testing.T) {
	for _, name := range []string{"text", "json"} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			o := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: Attr}
			var h slog.Handler = slog.NewTextHandler(&out, o)
			if name == "json" {
				h = slog.NewJSONHandler(&out, o)
			}
			log := slog.New(h)
			for _, key := range []string{
				"password", "Password", "smtp_password", "client-secret", "token", "X-Auth-Token", "Cookie", "Authorization", "totp", "api_key", "session.key", "recovery_codes",
			} {
				log.Info("said", key, canary, "user", "rob")
				log.With(key, canary).Info("kept")
				log.Debug("bytes", key, []byte(canary))
				log.Warn("error", key, fmt.Errorf("not %s", canary))
			}
			log.WithGroup("credentials").Info("in a group", "name", canary)
			log.Info("a group", slog.Group("request", slog.Group("cookie", "value", canary)))
			log.Info("inline", slog.Any("request", slog.GroupValue(slog.String("password", canary))))
			if strings.Contains(out.String(), canary) {
				t.Errorf("shown:\n%s", out.String())
			}
			if n := strings.Count(out.String(), "rob"); n != 12 {
				t.Errorf("%d users are left, want 12", n)
			}
		})
	}
}

// TestD27_OtherNamesStay: what a log is read for.
func TestD27_OtherNamesStay(t *testing.T) {
	for _, key := range []string{"err", "code", "key", "token_id", "not_in_control", "session", "device", "pinned", "secretary", slog.MessageKey, slog.LevelKey} {
		a := slog.String(key, "x")
		if got := Attr([]string{"request"}, a); !got.Equal(a) {
			t.Errorf("%s is %v", key, got)
		}
	}
}

// TestD27_APanicTellsItsPlaceAlone, whatever panics.
func TestD27_APanicTellsItsPlaceAlone(t *testing.T) {
	for name, f := range map[string]func(){
		"said":    func() { panic("the password is " + canary) },
		"error":   func() { panic(fmt.Errorf("%w: %s", errors.ErrUnsupported, canary)) },
		"runtime": func() { _ = []byte(canary)[len(canary)+len(name(canary)):][0] },
		"map":     func() { mark(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			err := func() (err error) {
				defer Contain(&err)
				f()
				return nil
			}()
			if !errors.Is(err, ErrPanicked) || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "redact_test.go:") {
				t.Errorf("%v", err)
			}
		})
	}
}

func name(s string) string { return s }

func mark(m map[string]bool) { m[canary] = true }

// TestContainLeavesWhatDidNotPanic.
func TestContainLeavesWhatDidNotPanic(t *testing.T) {
	err := func() (err error) {
		defer Contain(&err)
		return errors.ErrUnsupported
	}()
	if !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, ErrPanicked) {
		t.Errorf("%v", err)
	}
}
