package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type accountService struct{ *Server }

func (s *Server) accountRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewAccountServiceHandler(accountService{s}, opts...)
	return personal(
		h, apipbconnect.AccountServiceListAccountsProcedure, apipbconnect.AccountServiceCreateAccountProcedure,
		apipbconnect.AccountServiceUpdateAccountProcedure, apipbconnect.AccountServiceChangePasswordProcedure,
		apipbconnect.AccountServiceResetMfaProcedure, apipbconnect.AccountServiceListRolesProcedure,
		apipbconnect.AccountServiceSaveRoleProcedure, apipbconnect.AccountServiceDeleteRoleProcedure,
		apipbconnect.AccountServiceListSignInsProcedure, apipbconnect.AccountServiceEndSignInProcedure,
		apipbconnect.AccountServiceListKeysProcedure, apipbconnect.AccountServiceCreateKeyProcedure,
		apipbconnect.AccountServiceRevokeKeyProcedure, apipbconnect.AccountServiceSignInRulesProcedure,
		apipbconnect.AccountServiceSaveSignInRulesProcedure,
	)
}

func unconfirmed(detail string) error {
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, detail)
}

// Lists that consoles read again.
const (
	accountsList = "accounts"
	keysList     = "keys"
)

func (s *Server) changed(list string) { s.Hub.Publish(live.Change{List: list}) }

func accountOf(a store.Account) *apipb.Account {
	w := &apipb.Account{
		Id: a.ID, Name: a.Name, DisplayName: a.DisplayName, Email: a.Email, Disabled: !a.DisabledAt.IsZero(), Mfa: a.Factors > 0,
		CreatedAt: timestamp(a.CreatedAt), SeenAt: timestamp(a.SeenAt), External: a.Subject != "",
	}
	for _, r := range a.Roles {
		w.Roles = append(w.Roles, r.ID)
	}
	return w
}

func (s accountService) ListAccounts(ctx context.Context, _ *connect.Request[apipb.ListAccountsRequest]) (*connect.Response[apipb.ListAccountsResponse], error) {
	all, err := s.Accounts.Accounts(ctx, account.By(account.Of(ctx)))
	if err != nil {
		return nil, err
	}
	a := &apipb.ListAccountsResponse{}
	for _, e := range all {
		a.Accounts = append(a.Accounts, accountOf(e))
	}
	return connect.NewResponse(a), nil
}

func (s accountService) CreateAccount(ctx context.Context, r *connect.Request[apipb.CreateAccountRequest]) (*connect.Response[apipb.CreateAccountResponse], error) {
	p, err := s.Accounts.Create(ctx, account.By(account.Of(ctx)), account.NewAccount{
		Name: r.Msg.Name, DisplayName: r.Msg.DisplayName, Email: r.Msg.Email, Password: account.Secret(r.Msg.Password), Roles: r.Msg.Roles,
	})
	if err != nil {
		return nil, err
	}
	a, err := s.Store.Account(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.CreateAccountResponse{Account: accountOf(a)}), nil
}

func (s accountService) UpdateAccount(ctx context.Context, r *connect.Request[apipb.UpdateAccountRequest]) (*connect.Response[apipb.UpdateAccountResponse], error) {
	c := account.Change{DisplayName: r.Msg.DisplayName, Email: r.Msg.Email, Disabled: r.Msg.Disabled}
	if r.Msg.Roles != nil {
		c.Roles = &r.Msg.Roles.Ids
	}
	if r.Msg.Password != nil {
		p := account.Secret(*r.Msg.Password)
		c.Password = &p
	}
	a, err := s.Accounts.Update(ctx, account.By(account.Of(ctx)), r.Msg.Id, c)
	if err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.UpdateAccountResponse{Account: accountOf(a)}), nil
}

func (s accountService) ChangePassword(
	ctx context.Context, r *connect.Request[apipb.ChangePasswordRequest],
) (*connect.Response[apipb.ChangePasswordResponse], error) {
	if err := s.Accounts.ChangePassword(ctx, account.Of(ctx), account.Secret(r.Msg.Old), account.Secret(r.Msg.New)); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.ChangePasswordResponse{}), nil
}

func (s accountService) ResetMfa(ctx context.Context, r *connect.Request[apipb.ResetMfaRequest]) (*connect.Response[apipb.ResetMfaResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("the account can sign in with its password alone afterwards")
	}
	if err := s.Accounts.ResetMFA(ctx, account.By(account.Of(ctx)), r.Msg.Id); err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.ResetMfaResponse{}), nil
}

func roleOf(r account.Role) *apipb.Role {
	return &apipb.Role{Id: r.ID, Name: r.Name, Permissions: r.Permissions.Names(), BuiltIn: r.BuiltIn, Accounts: uint32(r.Accounts)}
}

func (s accountService) ListRoles(ctx context.Context, _ *connect.Request[apipb.ListRolesRequest]) (*connect.Response[apipb.ListRolesResponse], error) {
	all, err := s.Accounts.Roles(ctx, account.Of(ctx))
	if err != nil {
		return nil, err
	}
	a := &apipb.ListRolesResponse{}
	for _, r := range all {
		a.Roles = append(a.Roles, roleOf(r))
	}
	for _, p := range policy.Permissions() {
		a.Permissions = append(a.Permissions, &apipb.Permission{Name: string(p), Title: p.Title()})
	}
	return connect.NewResponse(a), nil
}

func (s accountService) SaveRole(ctx context.Context, r *connect.Request[apipb.SaveRoleRequest]) (*connect.Response[apipb.SaveRoleResponse], error) {
	of, err := policy.ParseSet(r.Msg.GetRole().GetPermissions())
	if err != nil {
		return nil, &account.FieldError{Field: "permissions", Detail: err.Error()}
	}
	saved, err := s.Accounts.SaveRole(ctx, account.Of(ctx), policy.Role{ID: r.Msg.GetRole().GetId(), Name: r.Msg.GetRole().GetName(), Permissions: of})
	if err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.SaveRoleResponse{Role: roleOf(saved)}), nil
}

func (s accountService) DeleteRole(ctx context.Context, r *connect.Request[apipb.DeleteRoleRequest]) (*connect.Response[apipb.DeleteRoleResponse], error) {
	if !r.Msg.Confirm {
		return nil, unconfirmed("the role is gone for good")
	}
	if err := s.Accounts.DeleteRole(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.DeleteRoleResponse{}), nil
}

func (s accountService) SignInRules(ctx context.Context, _ *connect.Request[apipb.SignInRulesRequest]) (*connect.Response[apipb.SignInRulesResponse], error) {
	if err := can(ctx, policy.ListAccounts, policy.Object{}); err != nil {
		return nil, err
	}
	must, err := s.Accounts.MFAMandatory(ctx)
	return connect.NewResponse(&apipb.SignInRulesResponse{MfaMandatory: must}), err
}

func (s accountService) SaveSignInRules(
	ctx context.Context, r *connect.Request[apipb.SaveSignInRulesRequest],
) (*connect.Response[apipb.SaveSignInRulesResponse], error) {
	if r.Msg.MfaMandatory && !r.Msg.Confirm {
		return nil, unconfirmed("whoever has no second factor can do nothing until there is one")
	}
	if err := s.Accounts.SetMFAMandatory(ctx, account.By(account.Of(ctx)), r.Msg.MfaMandatory); err != nil {
		return nil, err
	}
	s.changed(accountsList)
	return connect.NewResponse(&apipb.SaveSignInRulesResponse{MfaMandatory: r.Msg.MfaMandatory}), nil
}
