package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/alongside-remote/alongside/broker/store"
)

// Writer writes records into a file of some form.
type Writer interface {
	// Write adds a record.
	Write(r store.Record) error
	// Flush hands everything on that was added.
	Flush() error
}

// columns are the fields of an export, in both forms.
var columns = []string{"seq", "at", "actor", "actor_name", "action", "object", "object_name", "result", "detail", "session", "hash"}

func fields(r store.Record) []string {
	return []string{
		strconv.FormatUint(r.Seq, 10), r.At.UTC().Format(time.RFC3339Nano), r.Actor, r.ActorName, r.Action, r.Object, r.ObjectName,
		r.Result, r.Detail, r.Session, fmt.Sprintf("%x", r.Hash),
	}
}

// NewJSON writes one JSON object a line.
func NewJSON(w io.Writer) Writer { return jsonLines{json.NewEncoder(w)} }

type jsonLines struct{ to *json.Encoder }

func (j jsonLines) Write(r store.Record) error {
	f := fields(r)
	m := make(map[string]any, len(f))
	for i, name := range columns {
		m[name] = f[i]
	}
	m["seq"] = r.Seq
	return j.to.Encode(m)
}

func (jsonLines) Flush() error { return nil }

// NewCSV writes a table (RFC 4180) with its names in the first line. What a
// spreadsheet would take for a formula gets an apostrophe in front: names and
// texts of others stand in it.
func NewCSV(w io.Writer) (Writer, error) {
	c := csv.NewWriter(w)
	return table{c}, c.Write(columns)
}

type table struct{ to *csv.Writer }

func (t table) Write(r store.Record) error {
	f := fields(r)
	for i := range f {
		f[i] = inert(f[i])
	}
	return t.to.Write(f)
}

func (t table) Flush() error {
	t.to.Flush()
	return t.to.Error()
}

// inert is a cell that is text to every spreadsheet. Some look behind spaces for
// the sign that begins a formula.
func inert(cell string) string {
	if s := strings.TrimLeft(cell, " "); s != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(s[0])) {
		return "'" + cell
	}
	return cell
}
