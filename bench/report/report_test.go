package report

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(t *testing.T) *Results {
	t.Helper()
	f, err := os.Open("testdata/results.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRead(t *testing.T) {
	r := sample(t)
	if d := cmp.Diff([]string{"none", "x0vnc-novnc", "freerdp", "mesh", "alongside"}, r.Systems); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]int{1, 2}, r.Reps); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"mesh, repetition 1: server not ready"}, r.Errors); d != "" {
		t.Error(d)
	}
	if _, err := Read(strings.NewReader("{\n")); err == nil {
		t.Error("half a line was taken")
	}
}

func TestFigures(t *testing.T) {
	r := sample(t)
	ours, theirs := where{headless, "scroll", 1}, where{"freerdp", "scroll", 1}
	for name, k := range map[string]struct{ got, want float64 }{
		"endpoint has the X server's share":   {endpoint(r, ours), 100},
		"bytes of frames that arrived":        {perFrame(r, theirs), 110},
		"bytes of frames that were drawn":     {perDrawn(r, theirs), 1760 * 8. / 240},
		"share of frames":                     {share(r, theirs), 100 * 128. / 240},
		"never is no number":                  {of("lossless_after_ms", 1)(r, where{headless, "scroll", 2}), math.NaN()},
		"peak is of all workloads":            {peak("rss_peak")(r, where{headless, "switch", 2}), 61},
		"a workload without the X's own cost": {endpoint(r, where{headless, "video", 1}), math.NaN()},
	} {
		same := math.Abs(k.got-k.want) < 1e-9 || math.IsNaN(k.got) && math.IsNaN(k.want)
		if !same {
			t.Errorf("%s: %v, want %v", name, k.got, k.want)
		}
	}
}

func TestClaimIsTheWorstRepetition(t *testing.T) {
	r := sample(t)
	for name, k := range map[string]struct {
		row                       Row
		worst                     float64
		best                      string
		reached, disturbed, ahead bool
	}{
		"the worse of two ratios": {
			row:   Row{Workload: "lat_idle", Target: 0.5, figure: of("p50", 1)},
			worst: 4.6 / 8.8, best: "x0vnc-novnc",
		},
		"good enough in both": {
			row:   Row{Workload: "lat_idle", Target: 0.53, figure: of("p50", 1)},
			worst: 4.6 / 8.8, best: "x0vnc-novnc", reached: true,
		},
		"a repetition with other load does not count": {
			row:   Row{Workload: "scroll", Target: 0.5, Peers: scraping, figure: endpoint},
			worst: 100. / 240, best: "x0vnc-novnc", reached: true,
		},
		"the best peer of each repetition": {
			row:   Row{Workload: "scroll", Target: 0.1, figure: perFrame},
			worst: 12. / 100, best: "freerdp",
		},
		"never is not reached": {
			row:   Row{Workload: "scroll", Target: 0.9, figure: of("lossless_after_ms", 1)},
			worst: 20. / 184, best: "freerdp",
		},
		"a figure of its own": {
			row:   Row{Workload: "scroll", Target: 99.5, Absolute: true, More: true, Peers: rdp, figure: share},
			worst: 100 * 239. / 240, best: "freerdp", reached: true,
		},
		"no peer has it": {
			row:   Row{Workload: "lat_idle", Target: 0.5, Peers: mesh, figure: of("p50", 1)},
			worst: math.NaN(), reached: true, ahead: true,
		},
		"we have not run it": {
			row:   Row{Workload: "lat_idle", Target: 0.5, System: console, figure: of("p50", 1)},
			worst: math.NaN(),
		},
		"nothing cannot be less": {
			row:   Row{Workload: "scroll", Target: 0.9, Peers: scraping, figure: func(*Results, where) float64 { return 0 }},
			worst: 0, best: "x0vnc-novnc", reached: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := r.Claim(k.row)
			if math.Abs(c.Worst-k.worst) > 1e-9 || math.IsNaN(c.Worst) != math.IsNaN(k.worst) || c.Best != k.best {
				t.Errorf("%v to %q, want %v to %q", c.Worst, c.Best, k.worst, k.best)
			}
			if c.Reached != k.reached || c.Disturbed != k.disturbed || c.Ahead != k.ahead {
				t.Errorf("reached %v, disturbed %v, ahead %v", c.Reached, c.Disturbed, c.Ahead)
			}
		})
	}
}

func TestEveryRowHasAFigure(t *testing.T) {
	for _, row := range append(Must(), Targets()...) {
		if row.figure == nil || row.Metric == "" || row.Unit == "" || row.Workload == "" || row.Target == 0 {
			t.Errorf("row %+v", row)
		}
	}
}

func TestMarkdown(t *testing.T) {
	got := sample(t).Markdown(Circumstances{
		Date: time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC), Machine: []string{"a CPU", "2 cores"}, Versions: []string{"go1"}, Commit: "abc", Options: "-dur 6",
	})
	for _, want := range []string{
		"Run of 2030-01-02 03:04 UTC, commit `abc`, 2 repetitions",
		"| metric | workload | **alongside** | x0vnc-novnc | freerdp | mesh | worst ratio | to | target | reached |",
		"| latency p50, ms | lat_idle | **3.3** | 8.9 | – | – | 0.52 | x0vnc-novnc | ≤ 1 | yes |",
		"| bit exact after, ms | scroll | **20** | never | 187 | – | 0.11 | freerdp | ≤ 0.9 | **no** |",
		"| latency p50, ms | lat_video | **–** | – | – | – | – |  | ≤ 1 | not run |",
		"- mesh, repetition 1: server not ready",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("without %q", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestSpliceKeepsWhatIsWrittenByHand(t *testing.T) {
	old := "# Title\n\n" + beginMark + "\nold\n" + endMark + "\n\nby hand\n"
	got, err := Splice(old, "\nnew\n")
	if want := "# Title\n\n" + beginMark + "\nnew\n" + endMark + "\n\nby hand\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := Splice("no marks", "new"); err == nil {
		t.Error("a document without marks was taken")
	}
}
