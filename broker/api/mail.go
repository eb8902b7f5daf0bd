package api

import (
	"context"
	"errors"
	"math"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type mailService struct {
	*Server
	apipbconnect.UnimplementedMailServiceHandler
}

func (s *Server) mailRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewMailServiceHandler(mailService{Server: s}, opts...)
	return private(h, apipbconnect.MailServiceGetMailProcedure, apipbconnect.MailServiceSaveMailProcedure, apipbconnect.MailServiceTestMailProcedure)
}

func mailOf(m store.Mail, password bool) *apipb.MailSettings {
	return &apipb.MailSettings{
		Enabled: m.Enabled, Host: m.Host, Port: uint32(m.Port), Security: m.Security, User: m.User, PasswordSet: password,
		From: m.From, Notify: m.Notify,
	}
}

func (s mailService) GetMail(ctx context.Context, _ *connect.Request[apipb.GetMailRequest]) (*connect.Response[apipb.GetMailResponse], error) {
	if err := can(ctx, policy.ReadMail, policy.Object{}); err != nil {
		return nil, err
	}
	m, password, last, err := s.Mail.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.GetMailResponse{Settings: mailOf(m, password), LastError: last}), nil
}

func (s mailService) SaveMail(ctx context.Context, r *connect.Request[apipb.SaveMailRequest]) (*connect.Response[apipb.SaveMailResponse], error) {
	if err := can(ctx, policy.EditMail, policy.Object{}); err != nil {
		return nil, err
	}
	w := r.Msg.Settings
	if w.GetPort() > math.MaxUint16 {
		return nil, &account.FieldError{Field: "port", Detail: "there is no such port"}
	}
	m := store.Mail{
		Enabled: w.GetEnabled(), Host: w.GetHost(), Port: uint16(w.GetPort()), Security: w.GetSecurity(), User: w.GetUser(),
		From: w.GetFrom(), Notify: w.GetNotify(),
	}
	var password *account.Secret
	if r.Msg.Password != nil {
		p := account.Secret(*r.Msg.Password)
		password = &p
	}
	if _, err := s.Mail.Save(ctx, account.Of(ctx), m, password); err != nil {
		return nil, err
	}
	saved, set, _, err := s.Mail.Settings(ctx)
	return connect.NewResponse(&apipb.SaveMailResponse{Settings: mailOf(saved, set)}), err
}

func (s mailService) TestMail(ctx context.Context, r *connect.Request[apipb.TestMailRequest]) (*connect.Response[apipb.TestMailResponse], error) {
	if err := can(ctx, policy.EditMail, policy.Object{}); err != nil {
		return nil, err
	}
	err := s.Mail.Test(ctx, account.Of(ctx), r.Msg.To)
	var field *account.FieldError
	if err != nil && !errors.As(err, &field) && !errors.Is(err, audit.ErrUnavailable) {
		// What the server said is what the administrator needs.
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, err.Error())
	}
	return connect.NewResponse(&apipb.TestMailResponse{}), err
}
