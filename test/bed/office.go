//go:build linux

package bed

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
)

// Office is what a rep does beside sessions: requests, settings, recordings.
type Office struct {
	*Rep
	Requests   apipbconnect.RequestServiceClient
	Settings   apipbconnect.SettingsServiceClient
	Recordings apipbconnect.RecordingServiceClient
}

// Office is the rep's at the broker.
func (r *Rep) Office(b *Broker) *Office {
	return &Office{
		Rep:        r,
		Requests:   apipbconnect.NewRequestServiceClient(r.HTTP, b.Console),
		Settings:   apipbconnect.NewSettingsServiceClient(r.HTTP, b.Console),
		Recordings: apipbconnect.NewRecordingServiceClient(r.HTTP, b.Console),
	}
}

// Request waits for the only request of a phase.
func (o *Office) Request(ctx context.Context, phase apipb.RequestPhase) (*apipb.SupportRequest, error) {
	var found *apipb.SupportRequest
	err := Until(ctx, fmt.Sprintf("one request in %v", phase), func() (bool, error) {
		res, err := o.Requests.ListRequests(ctx, connect.NewRequest(&apipb.ListRequestsRequest{Phase: phase}))
		if err != nil {
			return false, err
		}
		if n := len(res.Msg.Requests); n != 1 {
			return false, fmt.Errorf("there are %d", n)
		}
		found = res.Msg.Requests[0]
		return true, nil
	})
	return found, err
}

// Approve accepts a request.
func (o *Office) Approve(ctx context.Context, id string) error {
	_, err := o.Requests.Approve(ctx, connect.NewRequest(&apipb.ApproveRequest{Id: id}))
	return err
}

// Scopes reads the list and its version.
func (o *Office) Scopes(ctx context.Context) ([]*apipb.Scope, uint64, error) {
	res, err := o.Settings.ListScopes(ctx, connect.NewRequest(&apipb.ListScopesRequest{}))
	if err != nil {
		return nil, 0, err
	}
	return res.Msg.Scopes, res.Msg.Version, nil
}

// AddScope puts a scope above all others and returns its id.
func (o *Office) AddScope(ctx context.Context, s *apipb.Scope) (string, error) {
	_, version, err := o.Scopes(ctx)
	if err != nil {
		return "", err
	}
	s.Version = version
	res, err := o.Settings.SaveScope(ctx, connect.NewRequest(&apipb.SaveScopeRequest{Scope: s}))
	if err != nil {
		return "", err
	}
	return res.Msg.Scope.Id, nil
}

// OrderScopes puts the scopes into this order.
func (o *Office) OrderScopes(ctx context.Context, ids ...string) error {
	_, version, err := o.Scopes(ctx)
	if err != nil {
		return err
	}
	_, err = o.Settings.OrderScopes(ctx, connect.NewRequest(&apipb.OrderScopesRequest{Ids: ids, Version: version}))
	return err
}

// Record waits until the audit log of a session says something with a result.
func (o *Office) Record(ctx context.Context, session, result string) (*apipb.AuditRecord, error) {
	var found *apipb.AuditRecord
	err := Until(ctx, "a record with result "+result, func() (bool, error) {
		res, err := o.Audit.ListAudit(ctx, connect.NewRequest(&apipb.ListAuditRequest{SessionId: session}))
		if err != nil {
			return false, err
		}
		for _, r := range res.Msg.Records {
			if r.Result == result {
				found = r
				return true, nil
			}
		}
		return false, nil
	})
	return found, err
}

// Recording waits until the recording of a session that is over can be opened.
func (o *Office) Recording(ctx context.Context, session string) (*apipb.OpenRecordingResponse, error) {
	var opened *apipb.OpenRecordingResponse
	err := Until(ctx, "the recording", func() (bool, error) {
		res, err := o.Recordings.ListRecordings(ctx, connect.NewRequest(&apipb.ListRecordingsRequest{SessionId: session}))
		if err != nil {
			return false, err
		}
		if n := len(res.Msg.Recordings); n != 1 {
			return false, fmt.Errorf("there are %d", n)
		}
		open, err := o.Recordings.OpenRecording(ctx, connect.NewRequest(&apipb.OpenRecordingRequest{Id: res.Msg.Recordings[0].Id}))
		if err != nil {
			return false, err
		}
		opened = open.Msg
		return true, nil
	})
	return opened, err
}

// Play decodes a whole recording as a viewer does. picture is called with the
// canvas after each update and the milliseconds since the recording began.
func (o *Office) Play(ctx context.Context, r *apipb.OpenRecordingResponse, picture func(c *viewer.Canvas, ms uint32)) error {
	c := viewer.NewCanvas(recordingCache)
	defer c.Close()
	for _, s := range r.Segments {
		content, err := o.Segment(ctx, r.Recording.Id, s.Index)
		if err != nil {
			return err
		}
		for in := bytes.NewReader(content); in.Len() > 0; {
			ms, m, err := stamped(in)
			if err != nil {
				return fmt.Errorf("segment %d: %w", s.Index, err)
			}
			if m.Kind != wire.MediaUpdate {
				continue
			}
			if err := c.Apply(m.Epoch, m.Payload); err != nil {
				return fmt.Errorf("segment %d: update %d of epoch %d: %w", s.Index, m.Seq, m.Epoch, err)
			}
			picture(c, ms)
		}
	}
	return nil
}

// recordingCache is at least what the recorder asks for.
const recordingCache = 64 << 20

// Segment is the decrypted content of one file of a recording.
func (o *Office) Segment(ctx context.Context, id string, index uint32) ([]byte, error) {
	res, err := o.Recordings.ReadSegment(ctx, connect.NewRequest(&apipb.ReadSegmentRequest{Id: id, Index: index}))
	if err != nil {
		return nil, err
	}
	var content []byte
	for res.Receive() {
		content = append(content, res.Msg().Content...)
	}
	return content, errors.Join(res.Err(), res.Close())
}

// stamped reads one message of a recording and its time.
func stamped(in *bytes.Reader) (uint32, wire.Media, error) {
	var ms uint32
	for range 4 {
		b, err := in.ReadByte()
		if err != nil {
			return 0, wire.Media{}, err
		}
		ms = ms<<8 | uint32(b)
	}
	m, _, err := wire.ReadMedia(in, nil)
	return ms, m, err
}
