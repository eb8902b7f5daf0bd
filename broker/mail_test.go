package broker

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestMailSettingsAreWriteOnly(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	calls := func(c *client) apipbconnect.MailServiceClient {
		return apipbconnect.NewMailServiceClient(c.http, c.base)
	}
	secret := "a canary password"
	save := &apipb.SaveMailRequest{
		Settings: &apipb.MailSettings{Enabled: true, Host: "127.0.0.1", Port: 9, Security: "none", User: "u", From: "support@example.com"},
		Password: &secret,
	}
	if _, err := calls(rob).SaveMail(t.Context(), connect.NewRequest(save)); err == nil {
		t.Fatal("a representative changed how mail is sent")
	}
	_, err := calls(rob).GetMail(t.Context(), connect.NewRequest(&apipb.GetMailRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	saved, err := calls(ada).SaveMail(t.Context(), connect.NewRequest(save))
	if err != nil {
		t.Fatal(err)
	}
	if !saved.Msg.Settings.PasswordSet || saved.Msg.Settings.Host != "127.0.0.1" {
		t.Errorf("%v", saved.Msg)
	}
	_, err = calls(ada).TestMail(t.Context(), connect.NewRequest(&apipb.TestMailRequest{To: "nobody"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	if _, err = calls(ada).TestMail(t.Context(), connect.NewRequest(&apipb.TestMailRequest{To: "ria@example.com"})); err == nil {
		t.Error("a mail was sent to a closed port")
	}
	got, err := calls(ada).GetMail(t.Context(), connect.NewRequest(&apipb.GetMailRequest{}))
	if err != nil || got.Msg.LastError == "" {
		t.Errorf("%v, %v", got, err)
	}
}
