//go:build linux

package gnome

import (
	"testing"

	"github.com/alongside-remote/alongside/internal/portal/gnometest"
)

// TestD10_GnomeBannerIsSeen: by the portal's own picture, after the person's Yes to the
// desktop, at every scale that the compositor has for its monitors.
func TestD10_GnomeBannerIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		options gnometest.Options
		scales  []float64
	}{
		"one":        {gnometest.Options{}, nil},
		"double":     {gnometest.Options{Monitors: []string{"2560x1440"}}, []float64{2}},
		"fractional": {gnometest.Options{Monitors: []string{"1920x1080"}, Fractional: true}, []float64{1.25}},
		"half":       {gnometest.Options{Monitors: []string{"1920x1080"}, Fractional: true}, []float64{1.5}},
		"twice":      {gnometest.Options{Monitors: []string{"2560x1440"}, Fractional: true}, []float64{2}},
		"two":        {gnometest.Options{Monitors: []string{"1280x720", "1024x768"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, c.options, c.scales...)
			b.banner(true)
			b.share()
			b.seen(true)
			b.shot("seen")
			b.banner(false)
			b.seen(true)
		})
	}
}
