package broker

import (
	"context"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) machine() apipbconnect.MachineServiceClient {
	return apipbconnect.NewMachineServiceClient(c.http, c.base)
}

func (c *client) describe(ctx context.Context, session string) (*wirepb.MachineInfo, error) {
	r, err := c.machine().Describe(ctx, connect.NewRequest(&apipb.DescribeRequest{SessionId: session}))
	if err != nil {
		return nil, err
	}
	return r.Msg.Info, nil
}

// machineAsked waits for the question.
func (a *agent) machineAsked() *wirepb.MachineAsk {
	return await(a, "question about the machine", func(m *wirepb.BrokerMessage) (*wirepb.MachineAsk, bool) {
		return m.GetMachineAsk(), m.GetMachineAsk() != nil
	})
}

func (a *agent) tellMachine(to *wirepb.MachineAsk, t *wirepb.MachineTold) {
	t.Session, t.Seq = to.Session, to.Seq
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_MachineTold{MachineTold: t}})
}

type described struct {
	info *wirepb.MachineInfo
	err  error
}

// describing asks beside the test.
func (c *client) describing(t *testing.T, session string) <-chan described {
	done := make(chan described, 1)
	go func() {
		info, err := c.describe(t.Context(), session)
		done <- described{info, err}
	}()
	return done
}

// What the endpoint says of itself reaches who asked, and nobody else, made safe to
// show; the question is recorded before the endpoint hears of it, and the answer after.
func TestX6_F_WhatTheEndpointTellsIsSafeToShow(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	done := rob.describing(t, s.Id)
	ask := a.machineAsked()
	if got := n.records(action("session.machine")); len(got) != 1 || got[0].ActorName != "Rob Rep" || got[0].Session != s.Id {
		t.Errorf("recorded before: %v", got)
	}
	if ask.RepId != rob.id(t) {
		t.Errorf("asked for %q", ask.RepId)
	}
	_, err := rob.describe(t.Context(), s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_BUSY)
	hostile := "a\u202eb\x1b[31m\n" + strings.Repeat("x", 2*wire.MaxName)
	told := &wirepb.MachineInfo{Hostname: hostile, Os: hostile, Kernel: hostile, Arch: hostile, User: hostile, Processor: hostile, UptimeS: 60, Threads: 4}
	for range wire.MaxDisks + 5 {
		told.Disks = append(told.Disks, &wirepb.Disk{Mount: "/\u2066", FileSystem: hostile[:8], Bytes: 10, FreeBytes: 5})
	}
	for range wire.MaxAddresses + 5 {
		told.Addresses = append(told.Addresses, &wirepb.Address{Interface: "eth0\x00", Address: "192.0.2.1/24"})
	}
	a.tellMachine(&wirepb.MachineAsk{Session: ask.Session, Seq: ask.Seq + 1}, &wirepb.MachineTold{Info: told}) // an answer to nothing
	a.tellMachine(ask, &wirepb.MachineTold{Info: told})
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	i := got.info
	for _, x := range []string{i.Hostname, i.Os, i.Kernel, i.Arch, i.User, i.Processor} {
		if !strings.HasPrefix(x, "ab[31m x") || len(x) > wire.MaxName {
			t.Errorf("%q", x)
		}
	}
	if len(i.Disks) != wire.MaxDisks || i.Disks[0].Mount != "/" || strings.ContainsAny(i.Disks[0].FileSystem, "\x1b\u202e") {
		t.Errorf("disks: %d, %v", len(i.Disks), i.Disks[0])
	}
	if len(i.Addresses) != wire.MaxAddresses || i.Addresses[0].Interface != "eth0" || i.UptimeS != 60 || i.Threads != 4 {
		t.Errorf("addresses: %d, %v", len(i.Addresses), i.Addresses[0])
	}
	if got := n.records(action("session.machine_told")); len(got) != 1 || got[0].Result != "ok" || strings.Contains(got[0].Detail, "x") {
		t.Errorf("recorded after: %v", got)
	}
}

// Who is not in the session, and before and after it, is refused; a typed No of the
// endpoint's arrives, and so does the loss of its link.
func TestX6_TheMachineIsAskedWithinASessionOnly(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	s := rob.start(t, a.dev)
	refused := func(c *client, want wirepb.ErrorCode) {
		t.Helper()
		_, err := c.describe(t.Context(), s.Id)
		wantCode(t, err, want)
	}
	refused(rob, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	a.answer(a.offer(), true)
	n.phase(rob, s.Id, active)
	refused(ada, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	done := rob.describing(t, s.Id)
	a.tellMachine(a.machineAsked(), &wirepb.MachineTold{Code: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE})
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE)
	// A caller who gives up leaves room for the next.
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { _, err := rob.describe(ctx, s.Id); gone <- err }()
	late := a.machineAsked()
	cancel()
	<-gone
	eventually(t, "that nobody waits any more", func() bool { return len(n.records(action("session.machine_told"))) == 2 })
	a.tellMachine(late, &wirepb.MachineTold{Info: &wirepb.MachineInfo{Os: "late"}})
	done = rob.describing(t, s.Id)
	a.tellMachine(a.machineAsked(), &wirepb.MachineTold{Info: &wirepb.MachineInfo{Os: "new"}})
	if got := <-done; got.err != nil || got.info.Os != "new" {
		t.Errorf("%v", got)
	}
	if _, err := rob.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	refused(rob, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
	rob.end(t, s.Id)
	refused(rob, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
}
