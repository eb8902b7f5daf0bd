package report

// Row is one target.
type Row struct {
	Metric, Unit, Workload string
	Places                 int      // after the decimal point
	System                 string   // ours; empty: headless
	Peers                  []string // whose best counts; nil: every product's
	Target                 float64  // of the ratio, or of the figure itself
	Absolute               bool     // Target is a figure
	More                   bool     // more is better
	figure                 figure
}

// Ours and the peers by the names of their entries.
const (
	headless = "alongside"
	console  = "alongside-console"
)

var (
	scraping = []string{"x0vnc-novnc", "x0vnc-tiger"}
	tiger    = []string{"x0vnc-novnc", "x0vnc-tiger", "xtiger-novnc", "xtiger-tiger"}
	x11vnc   = []string{"x11vnc-novnc", "x11vnc-tiger"}
	mesh     = []string{"mesh"}
	rdp      = []string{"freerdp"}
	inChrome = []string{"web-novnc"}
)

// products are the peers that a row without Peers is held against. The viewers
// in a browser are held against each other alone.
var products = []string{
	"x0vnc-novnc", "x0vnc-tiger", "xtiger-novnc", "xtiger-tiger", "x11vnc-novnc", "x11vnc-tiger", "mesh", "freerdp", "xpra",
}

// Must is what has to hold: ahead of the peer that it names.
func Must() []Row {
	rows := []Row{
		{Metric: "latency p50", Unit: "ms", Workload: "lat_idle", Places: 1, Peers: tiger, Target: 1, figure: of("p50", 1)},
		{Metric: "latency p95", Unit: "ms", Workload: "lat_idle", Places: 1, Peers: tiger, Target: 1, figure: of("p95", 1)},
		{Metric: "latency p50", Unit: "ms", Workload: "lat_video", Places: 1, Peers: scraping, Target: 1, figure: of("p50", 1)},
		{Metric: "latency p95", Unit: "ms", Workload: "lat_video", Places: 1, Peers: scraping, Target: 1, figure: of("p95", 1)},
		{Metric: "bytes", Unit: "B/s", Workload: "idle", Target: 10, Absolute: true, figure: of("bytes_s", 1)},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "idle", Peers: scraping, Target: 1, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "typing", Peers: scraping, Target: 1, figure: endpoint},
		{Metric: "bytes", Unit: "kB/s", Workload: "typing", Places: 2, Peers: scraping, Target: 1, figure: of("bytes_s", 1e-3)},
	}
	for _, w := range []string{"scroll", "move", "switch"} {
		rows = append(rows,
			Row{Metric: "endpoint CPU", Unit: "ms/s", Workload: w, Peers: scraping, Target: 1, figure: endpoint},
			Row{Metric: "bytes per frame", Unit: "kB", Workload: w, Places: 1, Target: 1, figure: perFrame})
	}
	for _, w := range []string{"scroll", "move", "video"} {
		rows = append(rows, Row{Metric: "frames delivered", Unit: "%", Workload: w, Places: 1, Target: 99.5, Absolute: true, More: true, figure: share})
	}
	return append(rows,
		Row{Metric: "endpoint CPU", Unit: "ms/s", Workload: "video", Peers: scraping, Target: 1, figure: endpoint},
		Row{Metric: "bytes per frame", Unit: "kB", Workload: "video", Places: 1, Peers: tiger, Target: 1, figure: perFrame},
		Row{Metric: "settled picture", Unit: "dB", Workload: "video", Places: 1, Peers: tiger, Target: 1, More: true, figure: of("psnr_final", 1)},
		Row{Metric: "bit exact after", Unit: "ms", Workload: "typing", Peers: rdp, Target: 1, figure: of("lossless_after_ms", 1)},
		Row{Metric: "bit exact after", Unit: "ms", Workload: "video", Peers: rdp, Target: 1, figure: of("lossless_after_ms", 1)},
		Row{Metric: "session open to first full picture", Unit: "ms", Workload: "connect", Peers: append(mesh, scraping...), Target: 1, figure: of("open_to_full_ms", 1)},
		Row{Metric: "peak RSS", Unit: "MiB", Workload: "switch", Peers: append(mesh, scraping...), Target: 1, figure: peak("rss_peak")},
		Row{Metric: "console in Chromium: latency p50", Unit: "ms", Workload: "lat_idle", Places: 1, System: console, Peers: inChrome, Target: 1, figure: of("p50", 1)},
		Row{Metric: "console in Chromium: latency p50", Unit: "ms", Workload: "lat_video", Places: 1, System: console, Peers: inChrome, Target: 1, figure: of("p50", 1)},
	)
}

// Targets are the table to go towards.
func Targets() []Row {
	return []Row{
		{Metric: "latency p50", Unit: "ms", Workload: "lat_idle", Places: 1, Target: 0.5, figure: of("p50", 1)},
		{Metric: "latency p95", Unit: "ms", Workload: "lat_idle", Places: 1, Target: 0.6, figure: of("p95", 1)},
		{Metric: "latency p50", Unit: "ms", Workload: "lat_video", Places: 1, Target: 0.6, figure: of("p50", 1)},
		{Metric: "latency p95", Unit: "ms", Workload: "lat_video", Places: 1, Target: 0.7, figure: of("p95", 1)},
		{Metric: "frame age p50", Unit: "ms", Workload: "video", Places: 1, Target: 0.67, figure: of("age_p50", 1)},
		{Metric: "frame age p50", Unit: "ms", Workload: "scroll", Places: 1, Target: 0.5, figure: of("age_p50", 1)},
		{Metric: "frame age p50", Unit: "ms", Workload: "move", Places: 1, Target: 0.75, figure: of("age_p50", 1)},
		{Metric: "new picture complete", Unit: "ms", Workload: "switch", Places: 1, Target: 0.67, figure: of("age_p50", 1)},
		{Metric: "frames/s", Unit: "/s", Workload: "scroll", Places: 1, Target: 0.995, More: true, figure: of("fps", 1)},
		{Metric: "frames/s", Unit: "/s", Workload: "move", Places: 1, Target: 0.995, More: true, figure: of("fps", 1)},
		{Metric: "frames/s", Unit: "/s", Workload: "video", Places: 1, Target: 0.995, More: true, figure: of("fps", 1)},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "idle", Peers: scraping, Target: 1, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "typing", Peers: scraping, Target: 0.6, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "scroll", Target: 0.5, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "move", Peers: x11vnc, Target: 0.3, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "video", Target: 0.9, figure: endpoint},
		{Metric: "endpoint CPU", Unit: "ms/s", Workload: "switch", Peers: x11vnc, Target: 0.9, figure: endpoint},
		{Metric: "bytes", Unit: "B/s", Workload: "idle", Target: 10, Absolute: true, figure: of("bytes_s", 1)},
		{Metric: "bytes", Unit: "kB/s", Workload: "typing", Places: 2, Target: 0.9, figure: of("bytes_s", 1e-3)},
		{Metric: "bytes per frame", Unit: "kB", Workload: "scroll", Places: 1, Target: 0.1, Peers: rdp, figure: perFrame},
		{Metric: "bytes per frame", Unit: "kB", Workload: "move", Places: 1, Target: 0.55, figure: perFrame},
		{Metric: "bytes per frame", Unit: "kB", Workload: "video", Places: 1, Target: 0.6, Peers: tiger, figure: perFrame},
		{Metric: "bytes per frame", Unit: "kB", Workload: "video", Places: 1, Target: 0.8, Peers: mesh, figure: perFrame},
		{Metric: "bytes per switch with refinement", Unit: "kB", Workload: "switch", Target: 0.5, Peers: scraping, figure: perDrawn},
		{Metric: "picture after 200 ms", Unit: "dB", Workload: "video", Places: 1, Target: 1, More: true, Peers: tiger, figure: of("psnr_200ms", 1)},
		{Metric: "bit exact after", Unit: "ms", Workload: "typing", Target: 0.9, figure: of("lossless_after_ms", 1)},
		{Metric: "bit exact after", Unit: "ms", Workload: "move", Target: 0.9, figure: of("lossless_after_ms", 1)},
		{Metric: "bit exact after", Unit: "ms", Workload: "video", Target: 0.9, figure: of("lossless_after_ms", 1)},
		{Metric: "bit exact after", Unit: "ms", Workload: "scroll", Target: 0.9, figure: of("lossless_after_ms", 1)},
		{Metric: "bit exact after", Unit: "ms", Workload: "switch", Target: 0.9, figure: of("lossless_after_ms", 1)},
		{Metric: "48 dB after", Unit: "ms", Workload: "video", Target: 0.75, figure: of("ge48db_after_ms", 1)},
		{Metric: "48 dB after", Unit: "ms", Workload: "switch", Target: 0.75, figure: of("ge48db_after_ms", 1)},
		{Metric: "session open to first full picture", Unit: "ms", Workload: "connect", Target: 0.75, figure: of("open_to_full_ms", 1)},
		{Metric: "bytes of the first picture", Unit: "kB", Workload: "connect", Peers: tiger, Target: 0.72, figure: of("full_bytes", 1e-3)},
		{Metric: "peak RSS", Unit: "MiB", Workload: "switch", Peers: scraping, Target: 0.9, figure: peak("rss_peak")},
		{Metric: "broker CPU per MB", Unit: "ms", Workload: "scroll", Places: 1, Peers: mesh, Target: 0.15, figure: perMegabyte},
		{Metric: "broker CPU per MB", Unit: "ms", Workload: "video", Places: 1, Peers: mesh, Target: 0.15, figure: perMegabyte},
		{Metric: "console in Chromium: latency p50", Unit: "ms", Workload: "lat_idle", Places: 1, System: console, Peers: inChrome, Target: 0.6, figure: of("p50", 1)},
		{Metric: "console in Chromium: latency p50", Unit: "ms", Workload: "lat_video", Places: 1, System: console, Peers: inChrome, Target: 0.6, figure: of("p50", 1)},
	}
}
