package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

type settingsService struct {
	*Server
	apipbconnect.UnimplementedSettingsServiceHandler
}

func (s *Server) settingsRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewSettingsServiceHandler(settingsService{Server: s}, opts...)
	return private(h,
		apipbconnect.SettingsServiceListScopesProcedure, apipbconnect.SettingsServiceSaveScopeProcedure,
		apipbconnect.SettingsServiceDeleteScopeProcedure, apipbconnect.SettingsServiceOrderScopesProcedure,
		apipbconnect.SettingsServiceCatalogueProcedure, apipbconnect.SettingsServiceExplainProcedure,
		apipbconnect.SettingsServiceSummaryProcedure)
}

func (s settingsService) ListScopes(ctx context.Context, _ *connect.Request[apipb.ListScopesRequest]) (*connect.Response[apipb.ListScopesResponse], error) {
	if err := can(ctx, policy.ReadSettings, policy.Object{}); err != nil {
		return nil, err
	}
	l := s.Book.Scopes()
	m := &apipb.ListScopesResponse{Version: l.Version}
	for _, c := range l.List {
		m.Scopes = append(m.Scopes, scopeOf(c, l.Version))
	}
	return connect.NewResponse(m), nil
}

func (s settingsService) SaveScope(ctx context.Context, r *connect.Request[apipb.SaveScopeRequest]) (*connect.Response[apipb.SaveScopeResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	w := r.Msg.GetScope()
	c := policy.Scope{
		ID: w.GetId(), Name: w.GetName(), Devices: matcherOf(w.GetDevices()), Users: matcherOf(w.GetUsers()),
		Settings: make(map[policy.Key]string, len(w.GetSettings())),
	}
	for k, v := range w.GetSettings() {
		c.Settings[policy.Key(k)] = v
	}
	c, version, err := s.Book.Save(ctx, account.Of(ctx), c, w.GetVersion())
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.SaveScopeResponse{Scope: scopeOf(c, version), Version: version}), nil
}

func (s settingsService) DeleteScope(ctx context.Context, r *connect.Request[apipb.DeleteScopeRequest]) (*connect.Response[apipb.DeleteScopeResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "its devices fall to the scopes below, or to the defaults")
	}
	version, err := s.Book.Delete(ctx, account.Of(ctx), r.Msg.Id, r.Msg.Version)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.DeleteScopeResponse{Version: version}), nil
}

func (s settingsService) OrderScopes(ctx context.Context, r *connect.Request[apipb.OrderScopesRequest]) (*connect.Response[apipb.OrderScopesResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	version, err := s.Book.Order(ctx, account.Of(ctx), r.Msg.Ids, r.Msg.Version)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.OrderScopesResponse{Version: version}), nil
}

func (s settingsService) Catalogue(ctx context.Context, _ *connect.Request[apipb.CatalogueRequest]) (*connect.Response[apipb.CatalogueResponse], error) {
	if err := can(ctx, policy.ReadSettings, policy.Object{}); err != nil {
		return nil, err
	}
	m := new(apipb.CatalogueResponse)
	for _, c := range policy.Catalogue() {
		m.Settings = append(m.Settings, &apipb.Setting{
			Key: string(c.Key), Kind: string(c.Kind), Choices: c.Choices, Default: c.Default(), Unit: c.Unit, Title: c.Title, Help: c.Help,
			Min: float64(c.Min), Max: float64(c.Max),
		})
	}
	return connect.NewResponse(m), nil
}

func scopeOf(c policy.Scope, version uint64) *apipb.Scope {
	w := &apipb.Scope{
		Id: c.ID, Name: c.Name, Devices: wireMatcher(c.Devices), Users: wireMatcher(c.Users),
		Settings: make(map[string]string, len(c.Settings)), Version: version,
	}
	for k, v := range c.Settings {
		w.Settings[string(k)] = v
	}
	return w
}

func wireMatcher(m policy.Matcher) *apipb.Matcher {
	return &apipb.Matcher{Names: m.Names, Groups: m.Groups, Tags: m.Tags}
}

func matcherOf(w *apipb.Matcher) policy.Matcher {
	return policy.Matcher{Names: w.GetNames(), Groups: w.GetGroups(), Tags: w.GetTags()}
}
