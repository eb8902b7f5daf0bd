package policy

import (
	"testing"
	"time"
)

func TestHoursOpen(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		hours, at string
		want      bool
	}{
		{"", "2026-01-05 03:00", true},
		{"Mon 00:00-24:00 Europe/Berlin", "2026-01-05 00:00", true},
		{"Mon 00:00-24:00 Europe/Berlin", "2026-01-05 23:59", true},
		{"Mon 00:00-24:00 Europe/Berlin", "2026-01-06 00:00", false},
		{"mon,wed 08:00-09:00 Europe/Berlin", "2026-01-07 08:30", true},
		{"mon,wed 08:00-09:00 Europe/Berlin", "2026-01-06 08:30", false},
		{"Sat-Mon 08:00-09:00 Europe/Berlin", "2026-01-04 08:30", true},
		{"Sat-Mon 08:00-09:00 Europe/Berlin", "2026-01-06 08:30", false},
		{"Mon 08:00-09:00 UTC", "2026-01-05 09:30", true},
		{"Mon 08:00-09:00 UTC", "2026-07-06 10:30", true},
		{"Mon 08:00-09:00 UTC", "2026-07-06 09:30", false},
		{"Sun 22:00-02:00 Europe/Berlin", "2026-01-05 01:59", true},
		{"Sun 22:00-02:00 Europe/Berlin", "2026-01-05 02:00", false},
		{"Sun 22:00-02:00 Europe/Berlin", "2026-01-04 01:00", false},
		{"Sun 02:30-04:00 Europe/Berlin", "2026-03-29 03:10", true},  // 02:30 does not exist
		{"Sun 02:00-03:00 Europe/Berlin", "2026-10-25 02:30", true},  // twice
		{"Sun 00:00-02:00 Europe/Berlin", "2026-10-25 02:30", false}, // neither time
	} {
		h, err := ParseHours(c.hours)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Open(at(c.at)); got != c.want {
			t.Errorf("%q at %s: %v", c.hours, c.at, got)
		}
	}
}

func TestParseHoursRefuses(t *testing.T) {
	for _, s := range []string{
		"Mon", "Mon 08:00-09:00", "Monday 08:00-09:00 UTC", "Mon 8:00-9:00 UTC", "Mon 08:00-24:01 UTC", "Mon 08:60-09:00 UTC",
		"Mon 08:00-08:00 UTC", "Mon 24:00-08:00 UTC", "Mon 08:00 UTC", "Mon 08:00-09:00 Local", "Mon 08:00-09:00 Nowhere/Town",
		"Mon 08:00-09:00 ../../etc/passwd", "Mon- 08:00-09:00 UTC", ",Mon 08:00-09:00 UTC", "Mon -1:00-09:00 UTC", "Mon 08:00-09:00 UTC x",
	} {
		if h, err := ParseHours(s); err == nil {
			t.Errorf("%q is taken: %v", s, h)
		}
	}
	if (Hours{"nonsense"}).Open(time.Time{}) {
		t.Error("what cannot be read opens something")
	}
}

func FuzzParseHours(f *testing.F) {
	f.Add("Mon-Fri 08:00-18:00 Europe/Berlin")
	f.Add("Sat,Sun 22:00-06:00 UTC;Mon 00:00-24:00 UTC")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHours(s)
		if err != nil {
			return
		}
		again, err := ParseHours(joined(h))
		if err != nil || joined(again) != joined(h) {
			t.Fatalf("%q is not stable: %q %v", s, again, err)
		}
	})
}

func joined(h Hours) (s string) {
	for _, l := range h {
		s += l + "\n"
	}
	return s
}

func FuzzParseFloor(f *testing.F) {
	f.Add("view_only = true # always\nconsent = \"ask\"\nreason_min = 12\n")
	f.Add("longest_session_min = 30\nclipboard = \"in\"")
	f.Fuzz(func(t *testing.T, s string) {
		floor, err := ParseFloor([]byte(s))
		if err != nil && floor != (Floor{}) {
			t.Fatalf("%q: an error with a floor that permits something", s)
		}
	})
}
