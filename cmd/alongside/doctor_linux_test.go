package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/alongside-remote/alongside/doctor"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// patient is a machine that the doctor looks at.
type patient struct {
	t     *testing.T
	env   []string
	state string
}

// examine runs the doctor, without a broken end on a report that is well, and the
// other way round.
func (p patient) examine() map[string]doctor.Finding {
	p.t.Helper()
	prog := alongside(p.t, p.env, "doctor", "--json", "--state", p.state)
	var out bytes.Buffer
	prog.cmd.Stdout = &out
	code, said := prog.run(p.t)
	var r doctor.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		p.t.Fatalf("report: %v: %s %s", err, out.Bytes(), said)
	}
	if r.Works() != (code == exitOK) {
		p.t.Errorf("exit code %d for a report that says %v", code, r.Works())
	}
	found := map[string]doctor.Finding{}
	for _, f := range r.Findings {
		found[f.Name] = f
		if f.State == doctor.Fails && (f.Reason == "" || f.Advice == "") {
			p.t.Errorf("%s fails without a reason or an advice: %+v", f.Name, f)
		}
	}
	return found
}

func (p patient) want(found map[string]doctor.Finding, states map[string]doctor.State) {
	p.t.Helper()
	for name, s := range states {
		if found[name].State != s {
			p.t.Errorf("%s: %+v, want that it %s", name, found[name], s)
		}
	}
}

func TestX12_DoctorSaysWhatWorksAndWhyNot(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	b := newBroker(t)
	home := t.TempDir()
	p := patient{t, []string{"HOME=" + home, "DISPLAY=" + server.Display, "PATH=" + os.Getenv("PATH")}, filepath.Join(home, "state")}

	found := p.examine()
	p.want(found, map[string]doctor.State{"enrollment": doctor.Fails, "quic": doctor.Unknown, "wss": doctor.Unknown, "service": doctor.Fails, "screen": doctor.Works, "prompt": doctor.Works})
	if found["enrollment"].Reason != "not_enrolled" || found["service"].Reason != "no_service" {
		t.Errorf("reasons %+v, %+v", found["enrollment"], found["service"])
	}
	if _, err := os.Stat(p.state); !os.IsNotExist(err) {
		t.Errorf("the doctor made a state directory: %v", err)
	}

	run := alongside(t, p.env, "run", "--state", p.state, "--bundle", b.bundle())
	if err := run.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	receive(t, "hello", b.hellos)
	for {
		c := receive(t, "working screen and prompt", b.caps)
		if c.Screen.Reason == wirepb.Reason_REASON_OK && c.Consent.Reason == wirepb.Reason_REASON_OK {
			break
		}
	}
	found = p.examine()
	p.want(found, map[string]doctor.State{
		"enrollment": doctor.Works, "policy": doctor.Works, "quic": doctor.Works, "wss": doctor.Works, "service": doctor.Works,
		"user": doctor.Works, "screen": doctor.Works, "input": doctor.Works, "prompt": doctor.Works,
	})
	if len(b.hellos) > 0 {
		t.Error("the doctor said hello in the name of the device")
	}
	if code, out := alongside(t, p.env, "doctor", "--state", p.state).run(t); code != exitOK || !bytes.Contains([]byte(out), []byte("A support session is possible.")) {
		t.Errorf("exit code %d: %s", code, out)
	}
	if err := run.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := run.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Whoever else answers at the broker's address is named as that, and not as a
// network that is down.
func TestX12_DoctorTellsAnotherKeyFromNoAnswer(t *testing.T) {
	b, other := newBroker(t), newBroker(t)
	home := t.TempDir()
	p := patient{t, []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, filepath.Join(home, "state")}
	if code, out := alongside(t, p.env, "enroll", "--state", p.state, "--bundle", b.bundle()).run(t); code != exitOK {
		t.Fatalf("enroll: %d %s", code, out)
	}
	file := filepath.Join(p.state, "enrollment.json")
	record, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := func(addr string) {
		t.Helper()
		if err := os.WriteFile(file, bytes.Replace(record, []byte(b.server.Addr().String()), []byte(addr), 1), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at(other.server.Addr().String())
	found := p.examine()
	if found["quic"].Reason != "broker_key" || found["wss"].Reason != "broker_key" {
		t.Errorf("another key: %+v, %+v", found["quic"], found["wss"])
	}
	at("127.0.0.1:1")
	found = p.examine()
	if found["wss"].Reason != "unreachable" || found["screen"].Reason != "no_display" {
		t.Errorf("no answer: %+v; no display: %+v", found["wss"], found["screen"])
	}
}
