package broker

import (
	"context"
	"net/http"

	"github.com/alongside-remote/alongside/broker/gate"
	"github.com/alongside-remote/alongside/broker/oidc"
)

// openIdentity opens the identity provider, where there is one, and returns its
// name and routes.
func (b *Broker) openIdentity() (name string, routes []gate.Route, err error) {
	if b.conf.OIDC == "" {
		return "", nil, nil
	}
	c, err := oidc.Load(b.conf.OIDC)
	if err != nil {
		return "", nil, err
	}
	if err := b.accounts.KnownRoles(context.Background(), c.RoleIDs()); err != nil {
		// A role may be made later; until then nobody with it can sign in.
		b.conf.Log.Warn("identity provider names a role that is not there", "roles", c.RoleIDs(), "error", err)
	}
	p, err := oidc.New(c, b.accounts, b.conf.Log, b.conf.Now)
	if err != nil {
		return "", nil, err
	}
	get := []string{http.MethodGet}
	return p.Name(), []gate.Route{
		{Path: oidc.StartPath, Methods: get, Public: true, Handler: http.HandlerFunc(p.Start)},
		{Path: oidc.CallbackPath, Methods: get, Public: true, Handler: http.HandlerFunc(p.Callback)},
	}, nil
}
