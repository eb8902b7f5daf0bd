package api

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
)

// Pages of the audit log, and pieces of its export.
const (
	auditPage    = 100
	maxAuditPage = 500
	exportPiece  = 32 << 10
)

type auditService struct {
	*Server
	apipbconnect.UnimplementedAuditServiceHandler
}

func (s *Server) auditRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewAuditServiceHandler(auditService{Server: s}, opts...)
	return private(h, apipbconnect.AuditServiceListAuditProcedure, apipbconnect.AuditServiceExportProcedure)
}

// recordFilter is what a call chooses.
func recordFilter(query, session string, w *apipb.AuditFilter) (store.RecordFilter, error) {
	f := store.RecordFilter{
		Query: query, Since: timeOf(w.GetSince()), Until: timeOf(w.GetUntil()), Actor: w.GetActor(), Action: w.GetAction(),
		Device: w.GetDeviceId(), Result: w.GetResult(),
	}
	for _, text := range []struct{ field, value string }{
		{"query", f.Query}, {"actor", f.Actor}, {"action", f.Action}, {"device_id", f.Device}, {"result", f.Result},
	} {
		if len(text.value) > wire.MaxName {
			return f, &account.FieldError{Field: text.field, Detail: "too long"}
		}
	}
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		return f, &account.FieldError{Field: "until", Detail: "has to be after since"}
	}
	if session != "" {
		id, err := parseID(session)
		if err != nil {
			return f, err
		}
		f.Session = id.String()
	}
	return f, nil
}

func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

func (s auditService) ListAudit(ctx context.Context, r *connect.Request[apipb.ListAuditRequest]) (*connect.Response[apipb.ListAuditResponse], error) {
	if err := can(ctx, policy.ReadAudit, policy.Object{}); err != nil {
		return nil, err
	}
	f, err := recordFilter(r.Msg.Query, r.Msg.SessionId, r.Msg.Filter)
	if err != nil {
		return nil, err
	}
	f.Before, f.Limit = r.Msg.BeforeSeq, int(min(r.Msg.Limit, maxAuditPage))
	if f.Limit == 0 {
		f.Limit = auditPage
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

// Export is recorded before the first byte leaves.
func (s auditService) Export(ctx context.Context, r *connect.Request[apipb.ExportRequest], out *connect.ServerStream[apipb.ExportResponse]) error {
	if err := can(ctx, policy.ExportAudit, policy.Object{}); err != nil {
		return err
	}
	f, err := recordFilter(r.Msg.Query, r.Msg.SessionId, r.Msg.Filter)
	if err != nil {
		return err
	}
	var piece bytes.Buffer
	var w audit.Writer
	switch r.Msg.Format {
	case apipb.ExportFormat_EXPORT_FORMAT_JSON:
		w = audit.NewJSON(&piece)
	case apipb.ExportFormat_EXPORT_FORMAT_CSV:
		if w, err = audit.NewCSV(&piece); err != nil {
			return err
		}
	default:
		return &account.FieldError{Field: "format", Detail: "choose JSON or CSV"}
	}
	p := account.Of(ctx)
	if _, err := s.Audit.Append(ctx, store.Record{
		At: s.Now(), Actor: p.Actor(), ActorName: p.DisplayName, Action: "audit.export", Object: "audit", Result: audit.OK,
		Session: f.Session, Detail: describeExport(r.Msg),
	}); err != nil {
		return err
	}
	send := func() error {
		defer piece.Reset()
		return out.Send(&apipb.ExportResponse{Content: piece.Bytes()})
	}
	if err := s.Store.EachRecordOf(ctx, f, func(rec store.Record) error {
		if err := w.Write(rec); err != nil || piece.Len() < exportPiece {
			return err
		}
		return send()
	}); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return send()
}

// describeExport says what was taken out.
func describeExport(r *apipb.ExportRequest) string {
	parts := []string{"format=" + strings.ToLower(strings.TrimPrefix(r.Format.String(), "EXPORT_FORMAT_"))}
	for _, text := range []struct{ name, value string }{
		{"query", r.Query},
		{"actor", r.Filter.GetActor()},
		{"action", r.Filter.GetAction()},
		{"device", r.Filter.GetDeviceId()},
		{"result", r.Filter.GetResult()},
	} {
		if text.value != "" {
			parts = append(parts, fmt.Sprintf("%s=%q", text.name, text.value))
		}
	}
	for _, at := range []struct {
		name string
		t    *timestamppb.Timestamp
	}{{"since", r.Filter.GetSince()}, {"until", r.Filter.GetUntil()}} {
		if at.t != nil {
			parts = append(parts, at.name+"="+at.t.AsTime().Format(time.RFC3339))
		}
	}
	return strings.Join(parts, " ")
}
