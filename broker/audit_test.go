package broker

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// export reads a whole export.
func (c *client) export(t *testing.T, r *apipb.ExportRequest) (string, error) {
	t.Helper()
	st, err := c.audit.Export(t.Context(), connect.NewRequest(r))
	if err != nil {
		return "", err
	}
	defer st.Close()
	var b bytes.Buffer
	for st.Receive() {
		b.Write(st.Msg().Content)
	}
	return b.String(), st.Err()
}

func TestA1_AuditIsNarrowedByFilters(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	unknown := account.NewID()
	if _, err := ada.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: unknown})); err == nil {
		t.Fatal("started on no device")
	}
	n.advance(time.Minute)
	since := n.now()
	n.token(1)
	for _, c := range []struct {
		name     string
		f        *apipb.AuditFilter
		has, not string
	}{
		{"everything", nil, "session.start", "no.such"},
		{"result", &apipb.AuditFilter{Result: store.RefusedResult}, "session.start", "enrollment.create"},
		{"result by name", &apipb.AuditFilter{Result: "not_enrolled"}, "session.start", "enrollment.create"},
		{"done", &apipb.AuditFilter{Result: audit.OK}, "enrollment.create", "session.start"},
		{"device", &apipb.AuditFilter{DeviceId: unknown}, "session.start", "enrollment.create"},
		{"action", &apipb.AuditFilter{Action: "enrollment.create"}, "enrollment.create", "session.start"},
		{"actions", &apipb.AuditFilter{Action: "session."}, "session.start", "enrollment.create"},
		{"since", &apipb.AuditFilter{Since: timestamppb.New(since)}, "enrollment.create", "session.start"},
		{"until", &apipb.AuditFilter{Until: timestamppb.New(since)}, "session.start", "enrollment.create"},
	} {
		res, err := ada.audit.ListAudit(t.Context(), connect.NewRequest(&apipb.ListAuditRequest{Filter: c.f}))
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, r := range res.Msg.Records {
			actions = append(actions, r.Action)
		}
		if got := strings.Join(actions, " "); !strings.Contains(got, c.has) || strings.Contains(got, c.not) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	_, err := ada.audit.ListAudit(t.Context(), connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{
		Since: timestamppb.New(since), Until: timestamppb.New(since),
	}}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
}

func TestAuditExportIsWholeAndRecorded(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	for range 300 { // more than a piece
		r := store.Record{At: n.now(), Action: "test", ActorName: "=1+1", Detail: strings.Repeat("x", 500), Result: audit.OK}
		if _, err := n.b.audit.Append(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	text, err := ada.export(t, &apipb.ExportRequest{Format: apipb.ExportFormat_EXPORT_FORMAT_CSV, Filter: &apipb.AuditFilter{Action: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 301 || rows[1][3] != "'=1+1" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if text, err = ada.export(t, &apipb.ExportRequest{Format: apipb.ExportFormat_EXPORT_FORMAT_JSON}); err != nil {
		t.Fatal(err)
	}
	exports := 0
	for line := range strings.Lines(text) {
		var r struct{ Action string }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if r.Action == "audit.export" {
			exports++
		}
	}
	if exports != 2 { // the one before, and this one, which was recorded first
		t.Errorf("%d exports recorded", exports)
	}
	_, err = ada.export(t, &apipb.ExportRequest{})
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	_, err = n.rep("rob").export(t, &apipb.ExportRequest{Format: apipb.ExportFormat_EXPORT_FORMAT_CSV})
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}
