package api

import (
	"context"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/directory"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
)

type configService struct {
	*Server
	apipbconnect.UnimplementedConfigServiceHandler
}

func (s *Server) directoryRoutes(opts []connect.HandlerOption) []Route {
	_, h := apipbconnect.NewConfigServiceHandler(configService{Server: s}, opts...)
	return private(h, apipbconnect.ConfigServiceListObjectsProcedure, apipbconnect.ConfigServiceSaveObjectProcedure, apipbconnect.ConfigServiceDeleteObjectProcedure)
}

// noKind is the answer to an object of no kind that there is.
func noKind(field string) error {
	return &account.FieldError{Field: field, Detail: "choose the kind of object"}
}

// objects lists the objects of one kind.
func objects[T any](ctx context.Context, from *directory.Objects[T], of func(T) *apipb.ConfigObject) ([]*apipb.ConfigObject, error) {
	all, err := from.List(ctx)
	found := make([]*apipb.ConfigObject, len(all))
	for i, v := range all {
		found[i] = of(v)
	}
	return found, err
}

// save keeps an object and shows it as it is kept.
func save[T any](ctx context.Context, in *directory.Objects[T], v T, of func(T) *apipb.ConfigObject) (*apipb.ConfigObject, error) {
	v, err := in.Save(ctx, account.Of(ctx), v)
	if err != nil {
		return nil, err
	}
	return of(v), nil
}

func (s configService) ListObjects(ctx context.Context, r *connect.Request[apipb.ListObjectsRequest]) (*connect.Response[apipb.ListObjectsResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	a := new(apipb.ListObjectsResponse)
	var err error
	switch d := s.Directory; r.Msg.Kind {
	case apipb.ObjectKind_OBJECT_KIND_TEAM:
		a.Objects, err = objects(ctx, d.Teams, wireTeam)
	case apipb.ObjectKind_OBJECT_KIND_QUEUE:
		a.Objects, err = objects(ctx, d.Queues, wireQueue)
	case apipb.ObjectKind_OBJECT_KIND_ISSUE:
		a.Objects, err = objects(ctx, d.Issues, wireIssue)
	case apipb.ObjectKind_OBJECT_KIND_JUMP_GROUP:
		a.Objects, err = objects(ctx, d.JumpGroups, wireJumpGroup)
	case apipb.ObjectKind_OBJECT_KIND_SESSION_POLICY:
		a.Objects, err = objects(ctx, d.SessionPolicies, wireSessionPolicy)
		for _, c := range policy.Capabilities() {
			a.Capabilities = append(a.Capabilities, &apipb.Capability{Name: string(c), Title: c.Title()})
		}
	case apipb.ObjectKind_OBJECT_KIND_BUTTON_PROFILE:
		a.Objects, err = objects(ctx, d.ButtonProfiles, wireButtonProfile)
	case apipb.ObjectKind_OBJECT_KIND_JUMP_POLICY:
		a.Objects, err = objects(ctx, d.JumpPolicies, wireJumpPolicy)
	default:
		err = noKind("kind")
	}
	return connect.NewResponse(a), err
}

func (s configService) SaveObject(ctx context.Context, r *connect.Request[apipb.SaveObjectRequest]) (*connect.Response[apipb.SaveObjectResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	w, d := r.Msg.GetObject(), s.Directory
	head := store.Object{ID: w.GetId(), Name: w.GetName(), Note: w.GetNote(), Version: w.GetVersion()}
	a := new(apipb.SaveObjectResponse)
	var err error
	switch v := w.GetObject().(type) {
	case *apipb.ConfigObject_Team:
		a.Object, err = save(ctx, d.Teams, store.Team{Object: head, Members: v.Team.GetMembers()}, wireTeam)
	case *apipb.ConfigObject_Queue:
		a.Object, err = save(ctx, d.Queues, store.Queue{Object: head, Team: v.Queue.GetTeam(), Fallback: v.Queue.GetFallback()}, wireQueue)
	case *apipb.ConfigObject_Issue:
		a.Object, err = save(ctx, d.Issues, store.Issue{Object: head, Queue: v.Issue.GetQueue(), Help: v.Issue.GetRequestHelp()}, wireIssue)
	case *apipb.ConfigObject_JumpGroup:
		g := store.JumpGroup{Object: head}
		for _, m := range v.JumpGroup.GetMembers() {
			g.Members = append(g.Members, store.JumpMember{Account: m.GetAccount(), Pin: m.GetPin()})
		}
		a.Object, err = save(ctx, d.JumpGroups, g, wireJumpGroup)
	case *apipb.ConfigObject_SessionPolicy:
		a.Object, err = save(ctx, d.SessionPolicies, store.SessionPolicy{Object: head, Capabilities: v.SessionPolicy.GetCapabilities()}, wireSessionPolicy)
	case *apipb.ConfigObject_ButtonProfile:
		p := v.ButtonProfile
		a.Object, err = save(ctx, d.ButtonProfiles, store.ButtonProfile{
			Object: head, Title: p.GetTitle(), Queue: p.GetQueue(), AllUsers: p.GetAllUsers(), MaxDays: p.GetMaxDays(),
			Icon: p.GetIcon(), Colour: p.GetColour(), Greeting: p.GetGreeting(), Form: p.GetForm(),
		}, wireButtonProfile)
		if err == nil {
			s.Buttons.Reshape(ctx, a.Object.Id)
		}
	case *apipb.ConfigObject_JumpPolicy:
		p := v.JumpPolicy
		a.Object, err = save(ctx, d.JumpPolicies, store.JumpPolicy{
			Object: head, Hours: p.GetHours(), SecondFactor: p.GetSecondFactor(), Ask: p.GetAsk(), Join: p.GetJoin(),
		}, wireJumpPolicy)
	default:
		err = noKind("object")
	}
	return connect.NewResponse(a), err
}

func (s configService) DeleteObject(ctx context.Context, r *connect.Request[apipb.DeleteObjectRequest]) (*connect.Response[apipb.DeleteObjectResponse], error) {
	if err := can(ctx, policy.EditSettings, policy.Object{}); err != nil {
		return nil, err
	}
	if !r.Msg.Confirm {
		return nil, unconfirmed("it is gone for everybody")
	}
	p, d := account.Of(ctx), s.Directory
	remove := map[apipb.ObjectKind]func(context.Context, account.Principal, string) error{
		apipb.ObjectKind_OBJECT_KIND_TEAM: d.Teams.Delete, apipb.ObjectKind_OBJECT_KIND_QUEUE: d.Queues.Delete,
		apipb.ObjectKind_OBJECT_KIND_ISSUE: d.Issues.Delete, apipb.ObjectKind_OBJECT_KIND_JUMP_GROUP: d.JumpGroups.Delete,
		apipb.ObjectKind_OBJECT_KIND_SESSION_POLICY: d.SessionPolicies.Delete, apipb.ObjectKind_OBJECT_KIND_BUTTON_PROFILE: d.ButtonProfiles.Delete,
		apipb.ObjectKind_OBJECT_KIND_JUMP_POLICY: d.JumpPolicies.Delete,
	}[r.Msg.Kind]
	if remove == nil {
		return nil, noKind("kind")
	}
	return connect.NewResponse(&apipb.DeleteObjectResponse{}), remove(ctx, p, r.Msg.Id)
}

func wireObject(o store.Object) *apipb.ConfigObject {
	return &apipb.ConfigObject{Id: o.ID, Name: o.Name, Note: o.Note, Version: o.Version}
}

func wireTeam(m store.Team) *apipb.ConfigObject {
	w := wireObject(m.Object)
	w.Object = &apipb.ConfigObject_Team{Team: &apipb.Team{Members: m.Members}}
	return w
}

func wireQueue(q store.Queue) *apipb.ConfigObject {
	w := wireObject(q.Object)
	w.Object = &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: q.Team, Fallback: q.Fallback}}
	return w
}

func wireIssue(i store.Issue) *apipb.ConfigObject {
	w := wireObject(i.Object)
	w.Object = &apipb.ConfigObject_Issue{Issue: &apipb.Issue{Queue: i.Queue, RequestHelp: i.Help}}
	return w
}

func wireJumpGroup(g store.JumpGroup) *apipb.ConfigObject {
	w, all := wireObject(g.Object), new(apipb.JumpGroup)
	for _, m := range g.Members {
		all.Members = append(all.Members, &apipb.JumpMember{Account: m.Account, Pin: m.Pin})
	}
	w.Object = &apipb.ConfigObject_JumpGroup{JumpGroup: all}
	return w
}

func wireSessionPolicy(p store.SessionPolicy) *apipb.ConfigObject {
	w := wireObject(p.Object)
	w.Object = &apipb.ConfigObject_SessionPolicy{SessionPolicy: &apipb.SessionPolicy{Capabilities: p.Capabilities}}
	return w
}

func wireButtonProfile(p store.ButtonProfile) *apipb.ConfigObject {
	w := wireObject(p.Object)
	w.Object = &apipb.ConfigObject_ButtonProfile{ButtonProfile: &apipb.ButtonProfile{
		Title: p.Title, Queue: p.Queue, AllUsers: p.AllUsers, MaxDays: p.MaxDays,
		Icon: p.Icon, Colour: p.Colour, Greeting: p.Greeting, Form: p.Form,
	}}
	return w
}

func wireJumpPolicy(p store.JumpPolicy) *apipb.ConfigObject {
	w := wireObject(p.Object)
	w.Object = &apipb.ConfigObject_JumpPolicy{JumpPolicy: &apipb.JumpPolicy{Hours: p.Hours, SecondFactor: p.SecondFactor, Ask: p.Ask, Join: p.Join}}
	return w
}
