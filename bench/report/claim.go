package report

import (
	"math"
	"slices"
)

// Claim is what a run says of a row.
type Claim struct {
	Row
	Ours      float64            // median
	Others    map[string]float64 // medians by system
	Best      string             // the peer that was best in the worst repetition
	Worst     float64            // ratio, or figure if Absolute, of the worst repetition; NaN: there is none
	Reached   bool
	Run       bool // ours was measured at all
	Disturbed bool // no repetition of the row was free of other load
	Ahead     bool // no peer has the figure at all, and we do
}

// Claim computes a row: the ratio to the best peer is taken within each
// repetition, and the worst repetition is the claim. Repetitions during which
// other load weighed on either side count only where there are no others.
func (r *Results) Claim(row Row) Claim {
	if row.System == "" {
		row.System = headless
	}
	if row.Peers == nil {
		row.Peers = products
	}
	c := Claim{Row: row, Others: map[string]float64{}, Ours: r.median(row, row.System), Worst: math.NaN()}
	for _, s := range r.Systems {
		c.Others[s] = r.median(row, s)
	}
	calm, all := r.tries(row)
	c.Run = len(all) > 0
	c.Disturbed = c.Run && len(calm) == 0
	if len(calm) > 0 {
		all = calm
	}
	ours := 0
	for _, t := range all {
		if !math.IsNaN(t.ours) {
			ours++
		}
		v := t.ours / t.theirs
		switch {
		case row.Absolute:
			v = t.ours
		case t.ours == 0 && !row.More && !math.IsNaN(t.theirs):
			v = 0 // also of nothing: it cannot be better
		}
		if !math.IsNaN(v) && (math.IsNaN(c.Worst) || row.worse(v, c.Worst)) {
			c.Worst, c.Best = v, t.peer
		}
	}
	complete := ours == len(all) && ours > 0
	c.Ahead = complete && math.IsNaN(c.Worst)
	c.Reached = complete && (c.Ahead || c.Worst == row.Target || row.worse(row.Target, c.Worst))
	return c
}

// worse tells whether a is worse than b.
func (row Row) worse(a, b float64) bool {
	if row.More {
		return a < b
	}
	return a > b
}

// try is a row in one repetition.
type try struct {
	ours, theirs float64
	peer         string
}

// tries are the repetitions of a row: those without other load, and all.
func (r *Results) tries(row Row) (calm, all []try) {
	for _, rep := range r.Reps {
		w := where{row.System, row.Workload, rep}
		if r.records[w] == nil {
			continue
		}
		t := try{ours: row.figure(r, w), theirs: math.NaN()}
		loud := r.disturbed(w)
		var best where
		for _, p := range row.Peers {
			at := where{p, row.Workload, rep}
			v := row.figure(r, at)
			if !math.IsNaN(v) && (math.IsNaN(t.theirs) || row.worse(t.theirs, v)) {
				t.theirs, t.peer, best = v, p, at
			}
		}
		all = append(all, t)
		if !loud && !r.disturbed(best) {
			calm = append(calm, t)
		}
	}
	return calm, all
}

// median is a system's figure over the repetitions, of calm ones if there are any.
func (r *Results) median(row Row, system string) float64 {
	var calm, all []float64
	for _, rep := range r.Reps {
		w := where{system, row.Workload, rep}
		v := row.figure(r, w)
		if math.IsNaN(v) {
			continue
		}
		all = append(all, v)
		if !r.disturbed(w) {
			calm = append(calm, v)
		}
	}
	if len(calm) > 0 {
		all = calm
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}
