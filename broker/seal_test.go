package broker

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// legible says whether a text stands in the database's files.
func (n *bench) legible(text string) bool {
	n.t.Helper()
	files, err := filepath.Glob(filepath.Join(n.data, "broker.db*"))
	if err != nil || len(files) == 0 {
		n.t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			n.t.Fatal(err)
		}
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// half is a sign-in that lacks its proof.
func (n *bench) half(name string) *client {
	n.t.Helper()
	c := n.visitor()
	must[apipb.SignInResponse](n.t)(c.signIn.SignIn(n.t.Context(), connect.NewRequest(&apipb.SignInRequest{Name: name, Password: password})))
	return c
}

func (n *bench) factor(name string) store.Factor {
	n.t.Helper()
	a, err := n.b.store.AccountByName(n.t.Context(), name)
	if err != nil {
		n.t.Fatal(err)
	}
	all, err := n.b.store.Factors(n.t.Context(), a.ID)
	if err != nil || len(all) != 1 {
		n.t.Fatal(all, err)
	}
	return all[0]
}

// put replaces what a factor is checked with.
func (n *bench) put(f store.Factor, secret string) {
	n.t.Helper()
	if err := n.b.store.Update(n.t.Context(), func(tx *store.Tx) error { return tx.UseFactor(f.ID, f.Secret, secret, f.UsedAt) }); err != nil {
		n.t.Fatal(err)
	}
}

// older makes a database one that an older broker wrote.
func older(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "PRAGMA user_version = 0")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestNoSecretOfAnAppIsLegibleInTheDatabase(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	b := must[apipb.BeginTotpResponse](t)(rob.mfa().BeginTotp(t.Context(), connect.NewRequest(&apipb.BeginTotpRequest{Name: "phone"})))
	if !n.legible(account.TOTP) {
		t.Fatal("the files are not the database's")
	}
	if n.legible(b.Secret) {
		t.Error("a secret that is not confirmed yet is legible")
	}
	phone := app{n, b.Secret}
	must[apipb.FinishTotpResponse](t)(rob.mfa().FinishTotp(t.Context(), connect.NewRequest(&apipb.FinishTotpRequest{Id: b.Id, Code: phone.next()})))
	if err := n.half("rob").prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	n.restart()
	if n.legible(b.Secret) {
		t.Error("the secret is legible")
	}
	if err := n.half("rob").prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
	// A secret that is put into another account opens nothing there.
	tablet, _ := n.enroll(n.rep("ria"))
	n.put(n.factor("ria"), n.factor("rob").Secret)
	for _, code := range []string{phone.next(), tablet.next()} {
		wantCode(t, n.half("ria").prove(t, byCode(code)), wirepb.ErrorCode_ERROR_CODE_INTERNAL)
	}
	// Nor does one that somebody wrote there.
	n.put(n.factor("ria"), b.Secret)
	wantCode(t, n.half("ria").prove(t, byCode(phone.next())), wirepb.ErrorCode_ERROR_CODE_INTERNAL)
}

// TestSecretsOfBeforeAreSealedAndForgotten: those of an older broker, also where
// rows have been removed.
func TestSecretsOfBeforeAreSealedAndForgotten(t *testing.T) {
	n := newBench(t)
	phone, _ := n.enroll(n.rep("rob"))
	n.put(n.factor("rob"), phone.secret)
	gone, pending := strings.Repeat("GONE", 8), strings.Repeat("PEND", 8)
	now := n.now()
	for kind, secret := range map[string]string{"removed": gone, account.TOTP: pending} {
		c := store.Challenge{ID: kind, Kind: kind, Content: `{"Name":"x","Secret":"` + secret + `"}`, ExpiresAt: now.Add(time.Hour)}
		if err := n.b.store.AddChallenge(t.Context(), c, now); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.b.store.Update(t.Context(), func(tx *store.Tx) error { return tx.RemoveChallenges("removed") }); err != nil {
		t.Fatal(err)
	}
	n.stop()
	older(t, filepath.Join(n.data, "broker.db"))
	for _, s := range []string{phone.secret, gone, pending} {
		if !n.legible(s) {
			t.Fatal("the test wrote nothing that could be found")
		}
	}
	n.restart()
	for _, s := range []string{phone.secret, gone, pending} {
		if n.legible(s) {
			t.Errorf("%s is still legible", s[:4])
		}
	}
	if err := n.half("rob").prove(t, byCode(phone.next())); err != nil {
		t.Fatal(err)
	}
}

// TestALostKeyIsSaidAndMayComeBack.
func TestALostKeyIsSaidAndMayComeBack(t *testing.T) {
	n := newBench(t)
	phone, _ := n.enroll(n.rep("rob"))
	file := filepath.Join(n.data, "factor.key")
	key, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	n.restart()
	err = n.half("rob").prove(t, byCode(phone.next()))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_INTERNAL)
	if !strings.Contains(err.Error(), "factor.key") || !strings.Contains(err.Error(), "account mfa reset") {
		t.Errorf("it does not say what to do: %v", err)
	}
	// What is added meanwhile is sealed with the new key, and both hold together.
	tablet, _ := n.enroll(n.rep("ria"))
	added, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(key, added...), 0o600); err != nil {
		t.Fatal(err)
	}
	n.restart()
	for name, a := range map[string]app{"rob": phone, "ria": tablet} {
		if err := n.half(name).prove(t, byCode(a.next())); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
