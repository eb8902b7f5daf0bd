package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Circumstances are what a run's figures depend on.
type Circumstances struct {
	Date     time.Time
	Machine  []string // CPU, cores, kernel
	Versions []string // of the peers
	Commit   string
	Options  string // of the harness
}

// Markdown is the generated part of the document.
func (r *Results) Markdown(c Circumstances) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Run of %s, commit `%s`, %d repetitions (interleaved).", c.Date.Format("2006-01-02 15:04 MST"), c.Commit, len(r.Reps))
	if c.Options != "" {
		fmt.Fprintf(&b, " Options of the harness: `%s`.", c.Options)
	}
	fmt.Fprintf(&b, "\n\nMachine: %s.\n\nVersions: %s.\n", strings.Join(c.Machine, ", "), strings.Join(c.Versions, ", "))
	b.WriteString("\nFigures are medians of the repetitions. Ratio: ours to the best peer of the row, taken within one repetition; of the repetitions the **worst** is shown. ")
	b.WriteString("“disturbed”: other load weighed on every repetition of the row. “never”: not while it was watched.\n")
	r.table(&b, "Ahead of the peers", Must())
	r.table(&b, "Targets", Targets())
	r.alone(&b)
	if len(r.Errors) > 0 {
		b.WriteString("\n### Errors\n\n")
		for _, e := range r.Errors {
			fmt.Fprintf(&b, "- %s\n", e)
		}
	}
	return b.String()
}

func (r *Results) table(b *strings.Builder, title string, rows []Row) {
	var peers []string
	reached := 0
	var claims []Claim
	for _, row := range rows {
		c := r.Claim(row)
		if c.Reached {
			reached++
		}
		claims = append(claims, c)
	}
	for _, s := range r.Systems {
		if s != noSystem && !strings.HasPrefix(s, headless) {
			peers = append(peers, s)
		}
	}
	fmt.Fprintf(b, "\n### %s: %d of %d rows\n\n", title, reached, len(rows))
	heads := append([]string{"metric", "workload", "**alongside**"}, peers...)
	heads = append(heads, "worst ratio", "to", "target", "reached")
	line(b, heads...)
	line(b, slices.Repeat([]string{"---"}, len(heads))...)
	for _, c := range claims {
		cells := []string{c.Metric + ", " + c.Unit, c.Workload, "**" + c.cell(c.Ours, c.Run) + "**"}
		for _, p := range peers {
			if c.System == console && !slices.Contains(c.Peers, p) {
				cells = append(cells, "") // not a viewer in a browser
				continue
			}
			cells = append(cells, c.cell(c.Others[p], r.measured(p, c.Workload)))
		}
		cells = append(cells, c.ratio(), c.Best, c.target(), c.verdict())
		line(b, cells...)
	}
}

// alone are the figures of ours that no row has: what a session costs beside.
func (r *Results) alone(b *strings.Builder) {
	fmt.Fprintf(b, "\n### Ours alone\n\n")
	workloads := []string{"idle", "typing", "scroll", "move", "video", "switch"}
	line(b, append([]string{"figure"}, workloads...)...)
	line(b, slices.Repeat([]string{"---"}, len(workloads)+1)...)
	for _, row := range []Row{
		{Metric: "agent CPU, ms/s", figure: of("cpu_server", 1000)},
		{Metric: "X server CPU, ms/s", figure: of("cpu_x", 1000)},
		{Metric: "broker CPU, ms/s", figure: of("cpu_aux", 1000)},
		{Metric: "viewer CPU, ms/s", figure: of("cpu_client", 1000)},
		{Metric: "updates/s", Places: 1, figure: of("updates_s", 1)},
		{Metric: "peak RSS of the agent so far, MiB", figure: of("rss_peak", 1)},
		{Metric: "peak RSS of the broker so far, MiB", figure: of("rss_aux", 1)},
		{Metric: "other load, cores", Places: 2, figure: of("cpu_foreign", 1)},
	} {
		cells := []string{row.Metric}
		for _, w := range workloads {
			row.Workload = w
			cells = append(cells, Claim{Row: row}.cell(r.median(row, headless), true))
		}
		line(b, cells...)
	}
}

// measured tells whether a system ran a workload at all.
func (r *Results) measured(system, workload string) bool {
	return slices.ContainsFunc(r.Reps, func(rep int) bool { return r.records[where{system, workload, rep}] != nil })
}

func line(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// cell is a figure. What happens some time after can also never happen.
func (c Claim) cell(v float64, measured bool) string {
	switch {
	case !math.IsNaN(v):
		return strconv.FormatFloat(v, 'f', c.Places, 64)
	case measured && strings.HasSuffix(c.Metric, "after"):
		return "never"
	default:
		return "–"
	}
}

func (c Claim) ratio() string {
	switch {
	case c.Absolute && !math.IsNaN(c.Worst):
		return strconv.FormatFloat(c.Worst, 'f', c.Places, 64) + " " + c.Unit
	case c.Ahead:
		return "no peer"
	case math.IsNaN(c.Worst):
		return "–"
	case math.IsInf(c.Worst, 1):
		return "∞"
	default:
		return strconv.FormatFloat(c.Worst, 'f', 2, 64)
	}
}

func (c Claim) target() string {
	sign, unit := "≤ ", ""
	if c.More {
		sign = "≥ "
	}
	if c.Absolute {
		unit = " " + c.Unit
	}
	return sign + strconv.FormatFloat(c.Target, 'f', -1, 64) + unit
}

func (c Claim) verdict() string {
	verdict := "**no**"
	switch {
	case !c.Run:
		return "not run"
	case c.Reached:
		verdict = "yes"
	}
	if c.Disturbed {
		verdict += " (disturbed)"
	}
	return verdict
}
