//go:build linux

package test

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	_ "modernc.org/sqlite" // for button_expired: no test waits for a button's time

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// shop makes a team with the rep, its queue, and a profile of buttons that lead there.
func (w *world) shop() (profile, queue string) {
	w.t.Helper()
	config := apipbconnect.NewConfigServiceClient(w.rep.HTTP, w.broker.Console)
	save := func(o *apipb.ConfigObject) string {
		w.t.Helper()
		res, err := config.SaveObject(w.ctx, connect.NewRequest(&apipb.SaveObjectRequest{Object: o}))
		w.must(err)
		return res.Msg.Object.Id
	}
	people, err := apipbconnect.NewAccountServiceClient(w.rep.HTTP, w.broker.Console).ListAccounts(w.ctx, connect.NewRequest(&apipb.ListAccountsRequest{}))
	w.must(err)
	team := save(&apipb.ConfigObject{Name: "Shops", Object: &apipb.ConfigObject_Team{Team: &apipb.Team{Members: []string{people.Msg.Accounts[0].Id}}}})
	queue = save(&apipb.ConfigObject{Name: "Shop queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team}}})
	profile = save(&apipb.ConfigObject{Name: "Tills", Object: &apipb.ConfigObject_ButtonProfile{ButtonProfile: &apipb.ButtonProfile{
		Title: "Help & more", Queue: queue, MaxDays: 7, Colour: "#8a1c4c", Greeting: "We know that you wait.",
	}}})
	return profile, queue
}

// entries waits for the entries of buttons to be as many, on the desktop and in the
// menu, and returns them.
func (w *world) entries(n int) (all []string) {
	w.t.Helper()
	w.must(bed.Until(w.ctx, "the button's entries", func() (bool, error) {
		all = nil
		for _, dir := range []string{"Desktop", ".local/share/applications"} {
			found, err := filepath.Glob(filepath.Join(w.desktop.Dir, dir, "alongside-button-*.desktop"))
			if err != nil {
				return false, err
			}
			all = append(all, found...)
		}
		return len(all) == n, nil
	}))
	return all
}

// use runs what a desktop entry runs.
func (w *world) use(entry string) {
	w.t.Helper()
	b, err := os.ReadFile(entry)
	w.must(err)
	for line := range strings.Lines(string(b)) {
		if command, ok := strings.CutPrefix(line, "Exec="); ok {
			w.must(w.desktop.Run(strings.TrimSpace(command)))
			return
		}
	}
	w.t.Fatalf("%s runs nothing", entry)
}

// told waits for a window that tells something, keeps a picture of it and closes it.
func (w *world) told(title, picture string) {
	w.t.Helper()
	_, err := w.desktop.Window(w.ctx, title)
	w.must(err)
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, picture+".png")))
	w.must(w.desktop.Type(w.ctx, title))
}

// TestB1_B6_B9_B10_B11_R14_AButtonOnTheDesktop: a rep leaves a button on the desktop
// out of a session; later it brings its user into the queue and to a session, says
// why it cannot, and goes when it is removed.
func TestB1_B6_B9_B10_B11_R14_AButtonOnTheDesktop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	profile, queue := w.shop()
	buttons := apipbconnect.NewButtonServiceClient(w.rep.HTTP, w.broker.Console)
	s := w.ask()
	w.must(w.desktop.Answer(w.ctx, true))
	_, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.entries(0)
	made, err := buttons.Deploy(w.ctx, connect.NewRequest(&apipb.DeployRequest{SessionId: s.Id, ProfileId: profile, Description: "till 7", LastsS: 3600}))
	w.must(err)
	all := w.entries(2)
	if path, err := exec.LookPath("desktop-file-validate"); err == nil {
		if out, err := exec.CommandContext(w.ctx, path, all...).CombinedOutput(); err != nil {
			t.Errorf("desktop-file-validate: %v: %s", err, out)
		}
	}
	w.must(bed.Until(w.ctx, "the device to say that it is there", func() (bool, error) {
		l, err := buttons.ListButtons(w.ctx, connect.NewRequest(&apipb.ListButtonsRequest{DeviceId: s.DeviceId}))
		return err == nil && l.Msg.LaidOut, err
	}))
	w.must(w.desktop.Done(w.ctx))
	w.must(w.desktop.Type(w.ctx, "Support session ended"))

	// One click, and no form.
	w.use(all[0])
	q := w.pending()
	if q.QueueId != queue || q.QueueName != "Shop queue" || !q.WaitsForMe || q.ButtonTitle != "Help & more" || q.ButtonNote != "till 7" {
		t.Errorf("the request says %v", q)
	}
	w.told("Help & more", "used")
	res, err := apipbconnect.NewRequestServiceClient(w.rep.HTTP, w.broker.Console).Approve(w.ctx, connect.NewRequest(&apipb.ApproveRequest{Id: q.Id}))
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	session := res.Msg.Request.SessionId
	_, err = w.rep.Phase(w.ctx, session, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)

	// Its time is over: the session is not.
	w.expire(made.Msg.Button.Id)
	got, err := w.rep.Phase(w.ctx, session, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	if got.Code != 0 {
		t.Errorf("%v", got)
	}
	w.must(w.desktop.Done(w.ctx))
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	w.use(all[1])
	w.told("Button expired", "expired")
	records, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "request.create", Result: "refused"}}))
	w.must(err)
	if r := records.Msg.Records; len(r) != 1 || r[0].Result != "button_expired" {
		t.Errorf("records: %v", r)
	}

	// Removed, after a question; a copy that was made before is refused.
	remove := func(confirm bool) error {
		_, err := buttons.Remove(w.ctx, connect.NewRequest(&apipb.RemoveButtonRequest{Id: made.Msg.Button.Id, Confirm: confirm}))
		return err
	}
	if err := remove(false); err == nil || !strings.Contains(err.Error(), "confirmation_required") {
		t.Errorf("without a confirmation: %v", err)
	}
	stale, err := os.ReadFile(all[0])
	w.must(err)
	w.entries(2)
	w.must(remove(true))
	w.entries(0)
	kept := filepath.Join(w.desktop.Dir, "copy.desktop")
	w.must(os.WriteFile(kept, stale, 0o600))
	w.use(kept)
	w.told("Button removed", "removed")

	// Without a broker it says what can be done.
	w.broker.Stop()
	w.use(kept)
	w.told("No connection", "offline")
}

// expire has a button's time be over, as it will be one day.
func (w *world) expire(button string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.broker.Data, "broker.db")+"?_pragma=busy_timeout(10000)")
	w.must(err)
	_, err = db.ExecContext(w.ctx, "UPDATE buttons SET expires_at = 1 WHERE id = ?", button)
	w.must(err)
	w.must(db.Close())
}
