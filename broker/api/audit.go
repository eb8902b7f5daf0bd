package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// Pages of the audit log.
const (
	auditPage    = 100
	maxAuditPage = 500
)

type auditService struct {
	*Server
	apipbconnect.UnimplementedAuditServiceHandler
}

func (s *Server) auditRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewAuditServiceHandler(auditService{Server: s}, opts...)
	return private(h, apipbconnect.AuditServiceListAuditProcedure)
}

func (s auditService) ListAudit(ctx context.Context, r *connect.Request[apipb.ListAuditRequest]) (*connect.Response[apipb.ListAuditResponse], error) {
	if err := can(ctx, policy.ReadAudit, policy.Object{}); err != nil {
		return nil, err
	}
	if len(r.Msg.Query) > wire.MaxName {
		return nil, &account.FieldError{Field: "query", Detail: "too long"}
	}
	f := store.RecordFilter{Query: r.Msg.Query, Before: r.Msg.BeforeSeq, Limit: int(min(r.Msg.Limit, maxAuditPage))}
	if f.Limit == 0 {
		f.Limit = auditPage
	}
	if r.Msg.SessionId != "" {
		id, err := parseID(r.Msg.SessionId)
		if err != nil {
			return nil, err
		}
		f.Session = id.String()
	}
	want := f.Limit
	f.Limit++ // one more tells whether there are more
	found, err := s.Store.Records(ctx, f)
	if err != nil {
		return nil, err
	}
	a := &apipb.ListAuditResponse{More: len(found) > want}
	for _, rec := range found[:min(len(found), want)] {
		a.Records = append(a.Records, recordOf(rec))
	}
	return connect.NewResponse(a), nil
}
