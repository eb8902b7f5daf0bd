package gate

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/internal/redact"
)

// TestD27_AHandlersPanicTellsItsPlaceAlone: the answer is cut off, and what the panic says
// is in no log; the server's own included.
func TestD27_AHandlersPanicTellsItsPlaceAlone(t *testing.T) {
	const canary = "canary-4711"
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: redact.Attr}))
	get := []string{http.MethodGet}
	s := httptest.NewUnstartedServer(nil)
	s.Config.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	s.Config.Handler = New(Config{Hosts: []string{s.Listener.Addr().String()}, Log: log, Routes: []Route{
		{Path: "/panics", Methods: get, Same: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic("the password is " + canary)
		})},
		{Path: "/aborts", Methods: get, Same: true, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })},
	}})
	s.Start()
	for _, path := range []string{"/panics", "/aborts"} {
		r, err := s.Client().Get(s.URL + path) //nolint:noctx // the server ends with the test
		if err == nil {
			_, err = io.ReadAll(r.Body)
			r.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: an answer that looks whole", path)
		}
	}
	s.Close() // what was served is over, and logged
	if strings.Contains(out.String(), canary) {
		t.Errorf("shown:\n%s", out.String())
	}
	if strings.Count(out.String(), "panic") != 1+strings.Count(out.String(), "/panics") || !strings.Contains(out.String(), "gate_test.go:") {
		t.Errorf("the log has\n%s", out.String())
	}
}
