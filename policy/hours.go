package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxWindows bounds the lines of Hours.
const maxWindows = 32

// errHours tells how a line of Hours is written.
const errHours = `write it like "Mon-Fri 08:00-18:00 Europe/Berlin"`

// window is one line of Hours. It begins on its days and may reach into the next.
type window struct {
	days     [7]bool // by time.Weekday
	from, to int     // minutes of the day; to is greater than from and at most from+24 h
	zone     *time.Location
}

// ParseHours reads lines, one window each. Empty lines are left out.
func ParseHours(s string) (Hours, error) {
	var h Hours
	for line := range strings.Lines(strings.ReplaceAll(s, ";", "\n")) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		if _, err := parseWindow(line); err != nil {
			return nil, err
		}
		h = append(h, line)
	}
	if len(h) > maxWindows {
		return nil, fmt.Errorf("use at most %d lines", maxWindows)
	}
	return h, nil
}

// Open reports whether sessions may start at a time. A line that cannot be read
// opens nothing.
func (h Hours) Open(at time.Time) bool { return len(h) == 0 || compile(h).open(at) }

// compile keeps what can be read of h.
func compile(h Hours) windows {
	var all windows
	for _, line := range h {
		if w, err := parseWindow(line); err == nil {
			all = append(all, w)
		}
	}
	return all
}

type windows []window

func (ws windows) open(at time.Time) bool {
	return slices.ContainsFunc(ws, func(w window) bool { return w.open(at) })
}

// open goes by the clock on the wall of the zone, also on days that have 23 or
// 25 hours.
func (w window) open(at time.Time) bool {
	at = at.In(w.zone)
	now, day := at.Hour()*60+at.Minute(), at.Weekday()
	if w.days[day] && now >= w.from && now < w.to {
		return true
	}
	return w.days[(day+6)%7] && now+24*60 < w.to
}

func parseWindow(line string) (window, error) {
	var w window
	fields := strings.Fields(line)
	if len(fields) != 3 {
		return w, fmt.Errorf("%q: %s", line, errHours)
	}
	for part := range strings.SplitSeq(fields[0], ",") {
		first, last, span := strings.Cut(part, "-")
		a, ok := weekday(first)
		b := a
		if span && ok {
			b, ok = weekday(last)
		}
		if !ok {
			return w, fmt.Errorf("%q: days are Mon, Tue, Wed, Thu, Fri, Sat, Sun: %s", line, errHours)
		}
		for d := a; ; d = (d + 1) % 7 {
			w.days[d] = true
			if d == b {
				break
			}
		}
	}
	from, to, ok := strings.Cut(fields[1], "-")
	var good [2]bool
	w.from, good[0] = minutes(from)
	w.to, good[1] = minutes(to)
	if !ok || !good[0] || !good[1] || w.from == w.to || w.from == 24*60 {
		return w, fmt.Errorf("%q: times are 00:00 to 24:00: %s", line, errHours)
	}
	if w.to < w.from {
		w.to += 24 * 60
	}
	if fields[2] == "Local" {
		return w, fmt.Errorf("%q: name the time zone: %s", line, errHours)
	}
	var err error
	if w.zone, err = time.LoadLocation(fields[2]); err != nil {
		return w, fmt.Errorf("%q: no such time zone: %s", line, errHours)
	}
	return w, nil
}

func weekday(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(s, d.String()[:3]) {
			return d, true
		}
	}
	return 0, false
}

func minutes(s string) (int, bool) {
	h, m, ok := strings.Cut(s, ":")
	if !ok || len(h) != 2 || len(m) != 2 {
		return 0, false
	}
	hours, errH := strconv.ParseUint(h, 10, 8)
	mins, errM := strconv.ParseUint(m, 10, 8)
	all := int(hours*60 + mins)
	return all, errH == nil && errM == nil && mins < 60 && all <= 24*60
}
