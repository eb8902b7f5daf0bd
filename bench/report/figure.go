package report

import "math"

// figure is a number out of a measurement; NaN where there is none.
type figure func(r *Results, w where) float64

// of is a key of the results, scaled.
func of(key string, scale float64) figure {
	return func(r *Results, w where) float64 {
		if v, ok := r.records[w].number(key); ok {
			return v * scale
		}
		return math.NaN()
	}
}

// endpoint is the CPU that a system costs the endpoint in ms/s: its own, and the
// X server's beyond what the workload costs without any system.
func endpoint(r *Results, w where) float64 {
	own, x := of("cpu_server", 1000)(r, w), of("cpu_x", 1000)(r, w)
	bare := of("cpu_x", 1000)(r, where{noSystem, w.workload, w.rep})
	return max(0, own+x-bare)
}

// noSystem is the harness's entry that only draws.
const noSystem = "none"

// perFrame is kB of each frame that arrived.
func perFrame(r *Results, w where) float64 {
	return of("bytes_s", 1e-3)(r, w) / of("fps", 1)(r, w)
}

// perDrawn is kB of each frame that was drawn.
func perDrawn(r *Results, w where) float64 {
	return of("bytes_s", 1e-3)(r, w) * of("dur_s", 1)(r, w) / of("frames_drawn", 1)(r, w)
}

// share is how much of what was drawn arrived, in percent.
func share(r *Results, w where) float64 {
	return 100 * of("frames_seen", 1)(r, w) / of("frames_drawn", 1)(r, w)
}

// peak is a figure's largest value over all workloads: it grows from one to the
// next, and which one is the last depends on what was run.
func peak(key string) figure {
	return func(r *Results, w where) float64 {
		worst := math.NaN()
		for at := range r.records {
			if at.system != w.system || at.rep != w.rep {
				continue
			}
			if v := of(key, 1)(r, at); math.IsNaN(worst) || v > worst {
				worst = v
			}
		}
		return worst
	}
}

// perMegabyte is the broker's CPU in ms for each MB that it relayed.
func perMegabyte(r *Results, w where) float64 {
	return of("cpu_aux", 1000)(r, w) / of("bytes_s", 1e-6)(r, w)
}
