package broker

import (
	"crypto/rand"
	"encoding/hex"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// wish is a request of the customer that is good.
func wish() *wirepb.SupportRequest {
	q := &wirepb.SupportRequest{Id: make([]byte, 16), Name: "Cora O’Neil", Email: "cora@example.org", Phone: "+49 (0)30 4711-12", Reason: "Der Drucker\nspinnt – <b>sehr</b>"}
	_, _ = rand.Read(q.Id)
	return q
}

// request sends a request and returns the broker's answer.
func (a *agent) request(q *wirepb.SupportRequest) *wirepb.RequestAnswer {
	a.t.Helper()
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: q}})
	return await(a, "answer", func(m *wirepb.BrokerMessage) (*wirepb.RequestAnswer, bool) {
		return m.GetRequestAnswer(), m.GetRequestAnswer() != nil
	})
}

// asked is a request that was taken.
func (a *agent) asked() *wirepb.SupportRequest {
	a.t.Helper()
	q := wish()
	if got := a.request(q); got.Code != 0 {
		a.t.Fatalf("%v", got)
	}
	return q
}

// told waits until the customer is told of a state.
func (a *agent) told(want wirepb.RequestState) *wirepb.RequestStatus {
	a.t.Helper()
	return await(a, want.String(), func(m *wirepb.BrokerMessage) (*wirepb.RequestStatus, bool) {
		s := m.GetRequestStatus()
		return s, s.GetState() == want
	})
}

func (c *client) requests() apipbconnect.RequestServiceClient {
	return apipbconnect.NewRequestServiceClient(c.http, c.base)
}

func (c *client) wishes(t *testing.T, phase apipb.RequestPhase, view string) []*apipb.SupportRequest {
	t.Helper()
	r, err := c.requests().ListRequests(t.Context(), connect.NewRequest(&apipb.ListRequestsRequest{Phase: phase, View: view}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg.Requests
}

func (c *client) approve(t *testing.T, id []byte) (*apipb.SupportRequest, error) {
	r, err := c.requests().Approve(t.Context(), connect.NewRequest(&apipb.ApproveRequest{Id: hex.EncodeToString(id)}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Request, nil
}

func (c *client) deny(t *testing.T, id []byte, reason string) (*apipb.SupportRequest, error) {
	r, err := c.requests().Deny(t.Context(), connect.NewRequest(&apipb.DenyRequest{Id: hex.EncodeToString(id), Reason: reason}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Request, nil
}
