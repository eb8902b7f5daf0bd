package audit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/store"
)

func TestCSVCellsAreNoFormulas(t *testing.T) {
	hostile := []string{
		"=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =cmd|' /C calc'!A0", "%0A=1", "|calc",
	}
	var b bytes.Buffer
	w, err := NewCSV(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range hostile {
		if err := w.Write(store.Record{Seq: uint64(i + 1), At: time.UnixMilli(0), ActorName: s, ObjectName: s, Detail: s, Action: "a", Result: OK}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b.Bytes())).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if d := cmp.Diff(columns, rows[0]); d != "" {
		t.Error(d)
	}
	for i, row := range rows[1:] {
		for col, cell := range row {
			if first := strings.TrimLeft(cell, " \t\r\n"); first != "" && strings.ContainsAny(first[:1], "=+-@|%") {
				t.Errorf("%q: %s is %q", hostile[i], columns[col], cell)
			}
		}
		if !strings.HasSuffix(row[3], strings.TrimLeft(hostile[i], "\r")) && !strings.Contains(row[3], "=1") {
			t.Errorf("%q became %q", hostile[i], row[3])
		}
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var b bytes.Buffer
	w := NewJSON(&b)
	for i := range 3 {
		if err := w.Write(store.Record{Seq: uint64(i + 1), At: time.UnixMilli(1), Detail: "two\nlines", Result: OK}); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	var m struct {
		Seq    uint64
		At     time.Time
		Detail string
	}
	if err := json.Unmarshal([]byte(lines[2]), &m); err != nil || m.Seq != 3 || m.Detail != "two\nlines" || !m.At.Equal(time.UnixMilli(1)) {
		t.Fatalf("%+v, %v", m, err)
	}
}
