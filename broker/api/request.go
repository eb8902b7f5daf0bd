package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
)

// Pages of the list of requests.
const (
	requestPage    = 100
	maxRequestPage = 500
)

type requestService struct {
	*Server
	apipbconnect.UnimplementedRequestServiceHandler
}

func (s *Server) requestRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewRequestServiceHandler(requestService{Server: s}, opts...)
	return private(h, apipbconnect.RequestServiceListRequestsProcedure, apipbconnect.RequestServiceApproveProcedure, apipbconnect.RequestServiceDenyProcedure)
}

func (s requestService) ListRequests(
	ctx context.Context, r *connect.Request[apipb.ListRequestsRequest],
) (*connect.Response[apipb.ListRequestsResponse], error) {
	p := account.Of(ctx)
	if err := seesRequests(p); err != nil {
		return nil, err
	}
	state := support.WishNone
	for w, phase := range wishes {
		if phase == r.Msg.Phase {
			state = w
		}
	}
	if state == support.WishNone && r.Msg.Phase != apipb.RequestPhase_REQUEST_PHASE_UNSPECIFIED {
		return nil, &account.FieldError{Field: "phase", Detail: "no such phase"}
	}
	limit := int(min(r.Msg.Limit, maxRequestPage))
	if limit == 0 {
		limit = requestPage
	}
	found, err := s.requests(ctx, p, state, r.Msg.View, limit)
	return connect.NewResponse(&apipb.ListRequestsResponse{Requests: found}), err
}

// seesRequests: who decides, and who may take what needs no decision.
func seesRequests(p account.Principal) error {
	err := policy.Can(p.Policy(), policy.ListRequests, policy.Object{})
	if err != nil && policy.Can(p.Policy(), policy.StartSession, policy.Object{}) == nil {
		return nil
	}
	return err
}

// requests lists at most so many of a state and view, newest first.
func (s *Server) requests(ctx context.Context, p account.Principal, state support.Wish, view string, limit int) ([]*apipb.SupportRequest, error) {
	all, err := s.Store.Requests(ctx, state)
	if err != nil {
		return nil, err
	}
	devices := map[string]store.Device{}
	var found []*apipb.SupportRequest
	for _, q := range all {
		d, known := devices[q.Device]
		if !known {
			if d, err = s.Store.Device(ctx, q.Device); err != nil {
				return nil, err
			}
			devices[q.Device] = d
		}
		sees, err := s.Desk.SeesRequest(ctx, p, q)
		if err != nil {
			return nil, err
		}
		if !sees || !s.Desk.InView(view, d) {
			continue
		}
		w, err := s.requestOf(ctx, p, q, d)
		if err != nil {
			return nil, err
		}
		if found = append(found, w); len(found) == limit {
			break
		}
	}
	return found, nil
}

func (s requestService) Approve(ctx context.Context, r *connect.Request[apipb.ApproveRequest]) (*connect.Response[apipb.ApproveResponse], error) {
	p := account.Of(ctx)
	if err := seesRequests(p); err != nil {
		return nil, err
	}
	q, err := s.Desk.Approve(ctx, p, r.Msg.Id, r.Msg.ViewOnly)
	if err != nil {
		return nil, err
	}
	d, err := s.Store.Device(ctx, q.Device)
	if err != nil {
		return nil, err
	}
	w, err := s.requestOf(ctx, p, q, d)
	return connect.NewResponse(&apipb.ApproveResponse{Request: w}), err
}

func (s requestService) Deny(ctx context.Context, r *connect.Request[apipb.DenyRequest]) (*connect.Response[apipb.DenyResponse], error) {
	if err := can(ctx, policy.DecideRequest, policy.Object{}); err != nil {
		return nil, err
	}
	if len(r.Msg.Reason) > wire.MaxText {
		return nil, &account.FieldError{Field: "reason", Detail: "too long"}
	}
	p := account.Of(ctx)
	q, err := s.Desk.Deny(ctx, p, r.Msg.Id, r.Msg.Reason)
	if err != nil {
		return nil, err
	}
	d, err := s.Store.Device(ctx, q.Device)
	if err != nil {
		return nil, err
	}
	w, err := s.requestOf(ctx, p, q, d)
	return connect.NewResponse(&apipb.DenyResponse{Request: w}), err
}

// wishes pairs the states of requests with those of the API.
var wishes = map[support.Wish]apipb.RequestPhase{
	support.WishPending:   apipb.RequestPhase_REQUEST_PHASE_PENDING,
	support.WishApproved:  apipb.RequestPhase_REQUEST_PHASE_APPROVED,
	support.WishDenied:    apipb.RequestPhase_REQUEST_PHASE_DENIED,
	support.WishCancelled: apipb.RequestPhase_REQUEST_PHASE_CANCELLED,
	support.WishExpired:   apipb.RequestPhase_REQUEST_PHASE_EXPIRED,
	support.WishDone:      apipb.RequestPhase_REQUEST_PHASE_DONE,
}

// requestOf is a request as p may see it.
func (s *Server) requestOf(ctx context.Context, p account.Principal, q store.Request, d store.Device) (*apipb.SupportRequest, error) {
	waits, err := s.Desk.WaitsFor(ctx, p, q)
	if err != nil {
		return nil, err
	}
	note := ""
	if waits || policy.Can(p.Policy(), policy.ListButtons, policy.Object{}) == nil {
		note = q.ButtonNote
	}
	may := offered("approve", s.Desk.MayApprove(ctx, p, q, d))
	return &apipb.SupportRequest{
		Id: q.ID, DeviceId: q.Device, DeviceName: q.DeviceName, User: q.User, Name: q.Name, Email: q.Email, Phone: q.Phone,
		Reason: q.Reason, At: timestamp(q.At), Phase: wishes[q.State], DecidedBy: q.DecidedBy, Decision: q.Decision,
		DecidedAt: timestamp(q.DecidedAt), SessionId: q.Session.String(), MayDecide: may.Enabled, MayNotWhy: may.Reason,
		QueueId: q.Queue, QueueName: q.QueueName, WaitsForMe: waits, ButtonTitle: q.ButtonTitle, ButtonNote: note,
	}, nil
}
