package recording

import (
	"testing"
	"time"
)

// A source that has three updates under way and makes another at once for each
// answer is slowed down to updatesPerSecond.
func TestUpdatesAreLimited(t *testing.T) {
	var c credit
	start := time.Unix(1000, 0)
	now, seq, answers := start, uint32(0), 0
	for range 3 {
		seq++
		if err := c.wrote(shown{1, seq}); err != nil {
			t.Fatal(err)
		}
	}
	for now.Sub(start) < 10*time.Second {
		s, ok, wait := c.take(now)
		if !ok {
			now = now.Add(wait)
			continue
		}
		answers++
		if s.seq != seq-2 {
			t.Fatalf("answered %d of %d", s.seq, seq)
		}
		seq++
		if err := c.wrote(shown{1, seq}); err != nil {
			t.Fatal(err)
		}
	}
	if want := 10*updatesPerSecond + updateBurst; answers < want-2 || answers > want+2 {
		t.Errorf("%d answers in 10 s, want about %d", answers, want)
	}
	if s, ok := c.breathe(now); !ok || s.seq != seq {
		t.Errorf("the breath answers %d, want %d", s.seq, seq)
	}
	if err := c.wrote(shown{1, seq + 1}); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := c.take(now); !ok {
		t.Error("the first update after a breath waits")
	}
}

func TestMoreThanTheCreditIsAnError(t *testing.T) {
	var c credit
	for i := range uint32(maxWaiting) {
		if err := c.wrote(shown{1, i}); err != nil {
			t.Fatal(err)
		}
	}
	if c.wrote(shown{1, maxWaiting}) == nil {
		t.Error("taken")
	}
}
