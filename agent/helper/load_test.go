package helper

import (
	"slices"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	var told []int
	l := load{tell: func(n int) { told = append(told, n) }}
	now := time.Now()
	for _, s := range []struct {
		updates     int
		each, pause time.Duration
	}{
		{20, time.Millisecond, 100 * time.Millisecond},     // typing
		{1, 40 * time.Millisecond, time.Second},            // another page
		{90, 6 * time.Millisecond, 27 * time.Millisecond},  // a video
		{90, 25 * time.Millisecond, 8 * time.Millisecond},  // of the whole screen
		{20, time.Millisecond, 100 * time.Millisecond},     // typing
		{300, 33 * time.Millisecond, 4 * time.Millisecond}, // several viewers
	} {
		for range s.updates {
			from := now
			now = now.Add(s.each)
			l.encoded(from, now)
			now = now.Add(s.pause)
		}
	}
	if want := []int{1, 2, 1, 2}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}
