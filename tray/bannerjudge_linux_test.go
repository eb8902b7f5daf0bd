package tray

import (
	"strings"
	"testing"
	"time"
)

// What a banner on several monitors is worth, step by step. Letters are sheets: s seen,
// n seen but not yet as it is wanted now, c covered, d on a dark monitor, g taken away,
// x drawn and not yet looked at.
func TestD10_WhatASheetTellsOfTheBanner(t *testing.T) {
	type step struct {
		after  time.Duration
		sheets string
		want   string
	}
	const ms = time.Millisecond
	for name, steps := range map[string][]step{
		"seen on all":               {{0, "xx", ""}, {0, "sx", ""}, {0, "ss", "shown"}, {0, "ss", ""}},
		"other words":               {{0, "n", ""}, {0, "s", "shown"}},
		"covered for a moment":      {{0, "s", "shown"}, {0, "c", ""}, {999 * ms, "c", ""}, {0, "s", ""}},
		"covered":                   {{0, "s", "shown"}, {0, "c", ""}, {1000 * ms, "c", "covered"}, {9000 * ms, "c", ""}, {0, "s", "shown"}},
		"covered on one of two":     {{0, "ss", "shown"}, {0, "sc", ""}, {1000 * ms, "sc", "covered"}},
		"drawn again while covered": {{0, "s", "shown"}, {0, "c", ""}, {500 * ms, "x", ""}, {500 * ms, "c", "covered"}},
		"flashing up":               {{0, "s", "shown"}, {0, "c", ""}, {600 * ms, "s", ""}, {100 * ms, "c", ""}, {400 * ms, "c", "covered"}},
		"covered now and then":      {{0, "s", "shown"}, {0, "c", ""}, {600 * ms, "s", ""}, {1000 * ms, "c", ""}, {999 * ms, "c", ""}, {1 * ms, "c", "covered"}},
		"covered from the start":    {{0, "c", ""}, {5000 * ms, "c", ""}, {0, "s", "shown"}},
		"never on a lit monitor":    {{0, "d", ""}, {5000 * ms, "d", ""}, {0, "s", "shown"}},
		"monitors switched off":     {{0, "ss", "shown"}, {0, "sd", ""}, {0, "dd", ""}, {5000 * ms, "dd", ""}, {0, "ss", ""}},
		"switched off and covered":  {{0, "s", "shown"}, {0, "c", ""}, {1000 * ms, "d", "covered"}},
		"taken away":                {{0, "s", "shown"}, {0, "g", "taken"}, {0, "s", "shown"}},
		"taken away from one":       {{0, "ss", "shown"}, {0, "sg", ""}, {1000 * ms, "sg", "covered"}},
		"its monitor is gone":       {{0, "s", "shown"}, {0, "", "no monitor"}, {0, "", ""}, {0, "s", "shown"}},
	} {
		var got string
		v := &layerView{sign: func(k signKind, detail string) bool {
			if got += detail; k == signShown {
				got += "shown"
			}
			return true
		}}
		now := time.Now()
		for i, s := range steps {
			now = now.Add(s.after)
			v.sheets = map[uint32]*sheet{}
			for j, c := range s.sheets {
				state := map[rune]sheetState{'s': sheetSeen, 'n': sheetSeen, 'c': sheetCovered, 'd': sheetDark, 'g': sheetGone, 'x': sheetDrawn}[c]
				v.sheets[uint32(j)] = &sheet{state: state, judged: c != 'n' && c != 'x'} //nolint:gosec // few
			}
			got = ""
			if v.judge(now); got != s.want && (s.want == "" || !strings.Contains(got, s.want)) {
				t.Errorf("%s, step %d: %q, want %q", name, i, got, s.want)
			}
		}
	}
}
