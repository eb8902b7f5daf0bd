package api

import (
	"bytes"
	"context"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Pages of the list of recordings, and the pieces in which a segment is sent.
const (
	recordingPage    = 100
	maxRecordingPage = 500
	segmentPiece     = 256 << 10
)

type recordingService struct{ *Server }

func (s *Server) recordingRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewRecordingServiceHandler(recordingService{s}, opts...)
	return private(h,
		apipbconnect.RecordingServiceListRecordingsProcedure, apipbconnect.RecordingServiceOpenRecordingProcedure,
		apipbconnect.RecordingServiceReadSegmentProcedure, apipbconnect.RecordingServiceDeleteRecordingProcedure,
		apipbconnect.RecordingServiceListRecipientsProcedure, apipbconnect.RecordingServiceAddRecipientProcedure,
		apipbconnect.RecordingServiceRetireRecipientProcedure)
}

func (s recordingService) ListRecordings(ctx context.Context, r *connect.Request[apipb.ListRecordingsRequest]) (*connect.Response[apipb.ListRecordingsResponse], error) {
	if err := can(ctx, policy.ListRecordings, policy.Object{}); err != nil {
		return nil, err
	}
	limit := int(min(r.Msg.Limit, maxRecordingPage))
	if limit == 0 {
		limit = recordingPage
	}
	var session wire.SessionID
	if r.Msg.SessionId != "" {
		var err error
		if session, err = parseID(r.Msg.SessionId); err != nil {
			return nil, err
		}
	}
	fetch := limit
	if r.Msg.View != "" {
		fetch = 0 // which are in the view is known from their devices alone
	}
	all, err := s.Recordings.List(ctx, session, fetch)
	if err != nil {
		return nil, err
	}
	a := new(apipb.ListRecordingsResponse)
	for _, rec := range all {
		if len(a.Recordings) == limit {
			break
		}
		in := r.Msg.View == ""
		if !in {
			d, err := s.Store.Device(ctx, rec.Device)
			if err != nil {
				return nil, err
			}
			in = s.Desk.InView(r.Msg.View, d)
		}
		if in {
			a.Recordings = append(a.Recordings, recordingOf(rec))
		}
	}
	return connect.NewResponse(a), nil
}

func recordingOf(r store.Recording) *apipb.Recording {
	m := &apipb.Recording{
		Id: r.ID, SessionId: r.Session.String(), DeviceId: r.Device, DeviceName: r.DeviceName, RepName: r.RepName,
		StartedAt: timestamppb.New(r.StartedAt), EndedAt: timestamppb.New(r.EndedAt), DurationMs: uint64(r.Duration.Milliseconds()),
		Bytes: uint64(r.Bytes), Gaps: uint32(r.Gaps), Complete: r.Complete,
	}
	if u := r.KeptUntil(); !u.IsZero() {
		m.KeptUntil = timestamppb.New(u)
	}
	return m
}

func (s recordingService) OpenRecording(ctx context.Context, r *connect.Request[apipb.OpenRecordingRequest]) (*connect.Response[apipb.OpenRecordingResponse], error) {
	if err := can(ctx, policy.PlayRecording, policy.Object{}); err != nil {
		return nil, err
	}
	rec, x, err := s.Recordings.Open(ctx, account.Of(ctx), r.Msg.Id)
	if err != nil {
		return nil, err
	}
	a := &apipb.OpenRecordingResponse{Recording: recordingOf(rec)}
	for i, g := range x.Segments {
		a.Segments = append(a.Segments, &apipb.Segment{
			Index: uint32(i + 1), FromMs: uint64(g.From), ToMs: uint64(g.To), Bytes: uint64(g.Plain), Key: g.Key,
		})
	}
	for _, m := range x.Marks {
		a.Marks = append(a.Marks, &apipb.Mark{AtMs: uint64(m.At), Kind: m.Kind, Text: m.Text, UntilMs: uint64(m.Until)})
	}
	return connect.NewResponse(a), nil
}

func (s recordingService) ReadSegment(ctx context.Context, r *connect.Request[apipb.ReadSegmentRequest], to *connect.ServerStream[apipb.ReadSegmentResponse]) error {
	if err := can(ctx, policy.PlayRecording, policy.Object{}); err != nil {
		return err
	}
	b, err := s.Recordings.Segment(ctx, account.Of(ctx), r.Msg.Id, int(r.Msg.Index))
	if err != nil {
		return err
	}
	for content := bytes.NewBuffer(b); content.Len() > 0; {
		if err := to.Send(&apipb.ReadSegmentResponse{Content: content.Next(segmentPiece)}); err != nil {
			return err
		}
	}
	return nil
}

func (s recordingService) DeleteRecording(ctx context.Context, r *connect.Request[apipb.DeleteRecordingRequest]) (*connect.Response[apipb.DeleteRecordingResponse], error) {
	if err := can(ctx, policy.DeleteRecording, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "the recording is gone for everybody")
	}
	if err := s.Recordings.Delete(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.DeleteRecordingResponse{}), nil
}

func (s recordingService) ListRecipients(ctx context.Context, _ *connect.Request[apipb.ListRecipientsRequest]) (*connect.Response[apipb.ListRecipientsResponse], error) {
	if err := can(ctx, policy.ListRecipients, policy.Object{}); err != nil {
		return nil, err
	}
	all, err := s.Recordings.Recipients(ctx)
	if err != nil {
		return nil, err
	}
	a := new(apipb.ListRecipientsResponse)
	for _, k := range all {
		a.Recipients = append(a.Recipients, recipientOf(k))
	}
	return connect.NewResponse(a), nil
}

func recipientOf(r store.Recipient) *apipb.Recipient {
	return &apipb.Recipient{Id: r.ID, Key: r.Key, Name: r.Name, AddedAt: timestamppb.New(r.AddedAt), Retired: !r.RetiredAt.IsZero(), Own: r.Own}
}

func (s recordingService) AddRecipient(ctx context.Context, r *connect.Request[apipb.AddRecipientRequest]) (*connect.Response[apipb.AddRecipientResponse], error) {
	if err := can(ctx, policy.EditRecipients, policy.Object{}); err != nil {
		return nil, err
	}
	k, err := s.Recordings.AddRecipient(ctx, account.Of(ctx), r.Msg.Name, r.Msg.Key)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.AddRecipientResponse{Recipient: recipientOf(k)}), nil
}

func (s recordingService) RetireRecipient(ctx context.Context, r *connect.Request[apipb.RetireRecipientRequest]) (*connect.Response[apipb.RetireRecipientResponse], error) {
	if err := can(ctx, policy.EditRecipients, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "nothing new can be read with this key")
	}
	if err := s.Recordings.RetireRecipient(ctx, account.Of(ctx), r.Msg.Id); err != nil {
		return nil, err
	}
	return connect.NewResponse(&apipb.RetireRecipientResponse{}), nil
}
