package broker

import (
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestD4_TokenGivesItsDevicesTheirPlace(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	create := func(r *apipb.CreateEnrollmentTokenRequest) (*transport.Bundle, error) {
		res, err := ada.inventory.CreateEnrollmentToken(t.Context(), connect.NewRequest(r))
		if err != nil {
			return nil, err
		}
		return transport.ParseBundle([]byte(res.Msg.Bundle), n.now())
	}
	bundle, err := create(&apipb.CreateEnrollmentTokenRequest{
		Uses: 3, Note: "for the branch", Group: "Branch", Tags: []string{"till", "linux"}, WithoutSupport: true, Pending: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []*apipb.CreateEnrollmentTokenRequest{{Tags: []string{"two\nlines"}}, {Group: "\u202egroup"}, {Uses: 1 << 30}} {
		_, err := create(bad)
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	}
	m := n.agent().tryEnroll(bundle.Token)
	if m.GetEnrolled() == nil {
		t.Fatalf("%v", m)
	}
	d, err := n.b.store.Device(t.Context(), m.GetEnrolled().DeviceId)
	if err != nil || d.Group != "Branch" || !slices.Equal(d.Tags, []string{"till", "linux"}) || d.Entitled || !d.Pending {
		t.Errorf("%+v, %v", d, err)
	}
	list := func() []*apipb.EnrollmentToken {
		t.Helper()
		res, err := ada.inventory.ListEnrollmentTokens(t.Context(), connect.NewRequest(&apipb.ListEnrollmentTokensRequest{}))
		if err != nil {
			t.Fatal(err)
		}
		return res.Msg.Tokens
	}
	all := list()
	if len(all) != 1 || all[0].Uses != 3 || all[0].Used != 1 || all[0].Note != "for the branch" || all[0].Group != "Branch" || len(all[0].Tags) != 2 ||
		!all[0].Pending || all[0].CreatedBy != "Ada Admin" || all[0].Revoked {
		t.Fatalf("%v", all)
	}
	revoke := func(confirm bool) error {
		_, err := ada.inventory.RevokeEnrollmentToken(t.Context(), connect.NewRequest(&apipb.RevokeEnrollmentTokenRequest{Id: all[0].Id, Confirm: confirm}))
		return err
	}
	wantCode(t, revoke(false), wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if err := revoke(true); err != nil {
		t.Fatal(err)
	}
	wantCode(t, revoke(true), wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	if !list()[0].Revoked {
		t.Error("it is not shown as revoked")
	}
	if m := n.agent().tryEnroll(bundle.Token); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TOKEN_EXPIRED {
		t.Errorf("enrolled with a revoked token: %v", m)
	}
	if got := n.records(action("enrollment.revoke")); len(got) != 1 {
		t.Errorf("%d records of the revocation", len(got))
	}
}
