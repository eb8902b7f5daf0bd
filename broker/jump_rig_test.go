package broker

import (
	"errors"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) jumps() apipbconnect.JumpServiceClient {
	return apipbconnect.NewJumpServiceClient(c.http, c.base)
}

func (c *client) listJumps(t *testing.T, query string) []*apipb.JumpClient {
	t.Helper()
	return must[apipb.ListJumpClientsResponse](t)(c.jumps().ListJumpClients(t.Context(), connect.NewRequest(&apipb.ListJumpClientsRequest{Query: query}))).Clients
}

func (c *client) jump(t *testing.T, id string) (*apipb.StartJumpResponse, error) {
	t.Helper()
	r, err := c.jumps().StartJump(t.Context(), connect.NewRequest(&apipb.StartJumpRequest{Id: id}))
	if err != nil {
		return nil, err
	}
	return r.Msg, nil
}

func (c *client) unpin(t *testing.T, id string, confirm bool) error {
	t.Helper()
	_, err := c.jumps().Unpin(t.Context(), connect.NewRequest(&apipb.UnpinRequest{Id: id, Confirm: confirm}))
	return err
}

// pinning asks to pin, on a goroutine: the answer comes when the endpoint has said so.
func (c *client) pinning(t *testing.T, q *apipb.PinRequest) <-chan pinned {
	t.Helper()
	done := make(chan pinned, 1)
	go func() {
		r, err := c.jumps().Pin(t.Context(), connect.NewRequest(q))
		if err != nil {
			done <- pinned{err: err}
			return
		}
		done <- pinned{r.Msg.Client, nil}
	}()
	return done
}

type pinned struct {
	client *apipb.JumpClient
	err    error
}

// order waits for the question whether the device is pinned.
func (a *agent) order() (*wirepb.Pin, *wirepb.PinOrder) {
	a.t.Helper()
	p := await(a, "pin", func(m *wirepb.BrokerMessage) (*wirepb.Pin, bool) { return m.GetPin(), m.GetPin() != nil })
	o, err := wire.VerifyPin(a.hi.GrantKey, a.id.Pin(), p.Order, p.OrderSignature, a.n.now())
	if err != nil {
		a.t.Fatal(err)
	}
	return p, o
}

func (a *agent) answerPin(p *wirepb.Pin, o *wirepb.PinOrder, yes bool, signer *transport.Identity) {
	a.t.Helper()
	receipt, message, err := wire.PinnedMessage(p.Order, &wirepb.PinReceipt{Yes: yes, User: "cora", TerminalSession: "1", AtUnixMs: a.n.now().UnixMilli()})
	if err != nil {
		a.t.Fatal(err)
	}
	m := &wirepb.Pinned{Jti: o.Jti, Receipt: receipt, ReceiptSignature: signer.Sign(message)}
	if !yes {
		m.Code = wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: m}})
}

// unpinned waits for the order to uninstall and says that it was done.
func (a *agent) unpinned(want string) {
	a.t.Helper()
	u := await(a, "unpin", func(m *wirepb.BrokerMessage) (*wirepb.Unpin, bool) { return m.GetUnpin(), m.GetUnpin() != nil })
	o, err := wire.VerifyUnpin(a.hi.GrantKey, a.id.Pin(), u.Order, u.OrderSignature)
	if err != nil || o.Client != want {
		a.t.Fatalf("%v, %v", o, err)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Unpinned{Unpinned: &wirepb.Unpinned{Client: o.Client}}})
}

// pin makes a device a Jump Client out of a session, which it ends.
func (a *agent) pin(c *client, d *apipb.JumpDetails) *apipb.JumpClient {
	a.t.Helper()
	s := a.active(c)
	done := c.pinning(a.t, &apipb.PinRequest{SessionId: s.Id, Details: d})
	p, o := a.order()
	a.answerPin(p, o, true, a.id)
	got := <-done
	if got.err != nil {
		a.t.Fatal(got.err)
	}
	if _, err := c.session.End(a.t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		a.t.Fatal(err)
	}
	a.ended()
	return got.client
}

// wrongField is the one that an answer names.
func wrongField(err error) string {
	var ce *connect.Error
	if errors.As(err, &ce) && len(ce.Details()) > 0 {
		if v, err := ce.Details()[0].Value(); err == nil {
			if e, ok := v.(*apipb.ErrorDetail); ok {
				return e.Field
			}
		}
	}
	return ""
}

func jumpPolicy(name string, p *apipb.JumpPolicy) *apipb.ConfigObject {
	return &apipb.ConfigObject{Name: name, Object: &apipb.ConfigObject_JumpPolicy{JumpPolicy: p}}
}

func may(c *apipb.JumpClient, id string) *apipb.Action {
	for _, a := range c.GetActions() {
		if a.Id == id {
			return a
		}
	}
	return &apipb.Action{}
}
