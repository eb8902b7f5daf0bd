package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// Record is one measurement: a line of results.jsonl.
type Record map[string]any

func (r Record) text(key string) string {
	s, _ := r[key].(string)
	return s
}

// number is a figure; the harness says -1 for what never happened.
func (r Record) number(key string) (float64, bool) {
	v, ok := r[key].(float64)
	return v, ok && v != -1
}

// Results are the measurements of one run of the harness.
type Results struct {
	records map[where]Record
	Systems []string // in order of appearance
	Reps    []int
	Errors  []string
}

// where is what a measurement is of.
type where struct {
	system, workload string
	rep              int
}

// maxLine bounds a line of results: they have a few hundred bytes.
const maxLine = 1 << 20

// Read reads results. Of two measurements of the same the later one counts.
func Read(in io.Reader) (*Results, error) {
	r := &Results{records: map[where]Record{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		var m Record
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rep, _ := m.number("rep")
		w := where{m.text("sut"), m.text("workload"), int(rep)}
		if !slices.Contains(r.Systems, w.system) {
			r.Systems = append(r.Systems, w.system)
		}
		if !slices.Contains(r.Reps, w.rep) {
			r.Reps = append(r.Reps, w.rep)
		}
		if why := m.text("error"); why != "" {
			r.Errors = append(r.Errors, fmt.Sprintf("%s, repetition %d: %s", w.system, w.rep, why))
			continue
		}
		r.records[w] = m
	}
	slices.Sort(r.Reps)
	return r, lines.Err()
}

// disturbedFrom is how many cores of other load make a measurement disturbed:
// the harness's own rule.
const disturbedFrom = 0.3

// disturbed tells whether other programs weighed on a measurement. Latencies
// carry no figure of that.
func (r *Results) disturbed(w where) bool {
	v, ok := r.records[w].number("cpu_foreign")
	return ok && v >= disturbedFrom
}
