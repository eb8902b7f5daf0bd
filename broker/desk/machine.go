package desk

import (
	"context"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// machineWait is how long an endpoint may take to say what machine it is. Older ones
// do not answer at all.
const machineWait = 15 * time.Second

// machineAsk is a question to the endpoint that a rep's call waits for. One that was
// answered, or given up, is not that of its entry any more.
type machineAsk struct {
	seq  uint32
	told chan *wirepb.MachineTold // has room for the answer
}

// MaySeeMachine says whether p may ask what machine a session's endpoint is.
func MaySeeMachine(p account.Principal, s Session) error {
	if err := policy.Can(p.Policy(), policy.SeeMachine, About(s.Session)); err != nil {
		return err
	}
	switch {
	case s.ChatOnly():
		return notInMode()
	case s.Phase == support.Held && !s.Attends(p.ID):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "the session is held: resume it first")
	case s.Phase != support.Active && s.Phase != support.Held:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is not active")
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	return nil
}

// DescribeMachine asks the endpoint of a session what machine it is, and waits for the
// answer. Both are recorded, the question before the endpoint hears of it.
func (d *Desk) DescribeMachine(ctx context.Context, p account.Principal, id wire.SessionID) (*wirepb.MachineInfo, error) {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MaySeeMachine(p, s)
		}
		if err == nil {
			err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
		}
		return nil, err
	}
	ask, err := d.askMachine(ctx, e, p)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, machineWait)
	defer cancel()
	select {
	case t := <-ask.told:
		if t.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED || t.Info == nil {
			return nil, wire.Refuse(t.Code, text.Name(t.Detail))
		}
		return cleanMachine(t.Info), nil
	case <-ctx.Done():
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.machine == ask {
			e.machine = nil
			d.recordMachine(ctx, e, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
		}
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint did not answer")
	}
}

func (d *Desk) askMachine(ctx context.Context, e *entry, p account.Principal) (*machineAsk, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := MaySeeMachine(p, d.shown(e)); err != nil {
		return nil, err
	}
	if e.machine != nil {
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "the endpoint is being asked already")
	}
	r := d.aboutMachine(e, "session.machine")
	r.Actor, r.ActorName, r.Result = p.Actor(), p.DisplayName, ok
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return nil, err
	}
	e.asked++
	ask := &machineAsk{seq: e.asked, told: make(chan *wirepb.MachineTold, 1)}
	err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_MachineAsk{
		MachineAsk: &wirepb.MachineAsk{Session: e.id[:], Seq: ask.seq, RepId: p.ID},
	}})
	if err != nil {
		d.recordMachine(ctx, e, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
		return nil, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	e.machine = ask
	return ask, nil
}

// machineTold is the endpoint's answer; one that nobody waits for is dropped.
func (d *Desk) machineTold(ctx context.Context, e *entry, _ store.Device, t *wirepb.MachineTold) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ask := e.machine
	if ask == nil || ask.seq != t.Seq {
		return
	}
	e.machine = nil
	d.recordMachine(ctx, e, t.Code)
	ask.told <- t
}

func (d *Desk) aboutMachine(e *entry, action string) store.Record {
	return store.Record{At: d.conf.Now(), Action: action, Object: "device:" + e.device, ObjectName: e.s.DeviceName, Session: e.id.String()}
}

// recordMachine records how a question ended. What was told is nobody's business but
// that of who asked, and is not in the log.
func (d *Desk) recordMachine(ctx context.Context, e *entry, code wirepb.ErrorCode) {
	r := d.aboutMachine(e, "session.machine_told")
	r.Actor, r.ActorName, r.Result = "device:"+e.device, customer(e.s), ok
	if code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(code)
	}
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		d.conf.Log.ErrorContext(ctx, "record what an endpoint told", "session", e.id.String(), "error", err)
	}
}

// cleanMachine is what an endpoint says of itself, made safe to show.
func cleanMachine(m *wirepb.MachineInfo) *wirepb.MachineInfo {
	c := &wirepb.MachineInfo{
		Hostname: text.Name(m.Hostname), Os: text.Name(m.Os), Kernel: text.Name(m.Kernel), Arch: text.Name(m.Arch), User: text.Name(m.User),
		UptimeS: m.UptimeS, Processor: text.Name(m.Processor), Threads: m.Threads, MemoryBytes: m.MemoryBytes, MemoryFreeBytes: m.MemoryFreeBytes,
	}
	for _, x := range m.Disks[:min(len(m.Disks), wire.MaxDisks)] {
		c.Disks = append(c.Disks, &wirepb.Disk{
			Mount: text.Name(x.GetMount()), FileSystem: text.Name(x.GetFileSystem()), Bytes: x.GetBytes(), FreeBytes: x.GetFreeBytes(),
		})
	}
	for _, x := range m.Addresses[:min(len(m.Addresses), wire.MaxAddresses)] {
		c.Addresses = append(c.Addresses, &wirepb.Address{Interface: text.Name(x.GetInterface()), Address: text.Name(x.GetAddress())})
	}
	return c
}
