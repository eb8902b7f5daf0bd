package gnometest

import (
	"fmt"

	"github.com/godbus/dbus/v5"
)

const (
	displayConfig = "org.gnome.Mutter.DisplayConfig"

	temporary = 1

	layoutLogical = "1"
)

// mode, output and their like are as in that interface.
type mode struct {
	ID            string
	Width, Height int32
	Rate          float64
	Preferred     float64
	Scales        []float64
	Props         map[string]dbus.Variant
}

type connector struct{ Connector, Vendor, Product, Serial string }

type output struct {
	Name  connector
	Modes []mode
	Props map[string]dbus.Variant
}

type logical struct {
	X, Y      int32
	Scale     float64
	Transform uint32
	Primary   bool
	Outputs   []connector
	Props     map[string]dbus.Variant
}

// Scale lays the monitors out in a row, each scaled by the factor that the compositor has
// next to one, and says which those are.
func (d *Desktop) Scale(factors ...float64) []float64 {
	d.t.Helper()
	config := d.bus.Object(displayConfig, "/org/gnome/Mutter/DisplayConfig")
	var serial uint32
	var outputs []output
	var before []logical
	var props map[string]dbus.Variant
	if err := config.Call(displayConfig+".GetCurrentState", 0).Store(&serial, &outputs, &before, &props); err != nil {
		d.t.Fatal(err)
	}
	if len(outputs) != len(factors) {
		d.t.Fatalf("%d monitors", len(outputs))
	}
	type wantedOutput struct {
		Connector, Mode string
		Props           map[string]dbus.Variant
	}
	type wantedLogical struct {
		X, Y      int32
		Scale     float64
		Transform uint32
		Primary   bool
		Outputs   []wantedOutput
	}
	var all []wantedLogical
	var used []float64
	x := int32(0)
	for i, o := range outputs {
		m := o.Modes[0]
		best := m.Scales[0]
		for _, s := range m.Scales {
			if abs(s-factors[i]) < abs(best-factors[i]) {
				best = s
			}
		}
		all = append(all, wantedLogical{x, 0, best, 0, i == 0, []wantedOutput{{o.Name.Connector, m.ID, map[string]dbus.Variant{}}}})
		used = append(used, best)
		width := float64(m.Width)
		if fmt.Sprint(props["layout-mode"].Value()) == layoutLogical {
			width /= best
		}
		x += int32(width + 0.5)
	}
	if err := config.Call(displayConfig+".ApplyMonitorsConfig", 0, serial, uint32(temporary), all, map[string]dbus.Variant{}).Err; err != nil {
		d.t.Fatal(err)
	}
	d.scale = used[0]
	return used
}

func abs(f float64) float64 { return max(f, -f) }
