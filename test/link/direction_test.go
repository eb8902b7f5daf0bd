package link

import (
	"testing"
	"time"
)

// drain gives the times at which packets leave, from begin on.
func drain(w *direction, begin time.Time) (at []time.Duration) {
	now := begin
	for {
		packet, wait := w.next(now)
		switch {
		case packet != nil:
			at = append(at, now.Sub(begin))
		case wait < 0:
			return at
		default:
			now = now.Add(wait)
		}
	}
}

func TestPacketsLeaveInTurnAndLate(t *testing.T) {
	begin := time.Unix(0, 0)
	w := newDirection(Conditions{Rate: 8000, Delay: 30 * time.Millisecond, Queue: time.Second}, 1)
	for range 3 {
		w.put(begin, make([]byte, 100)) // 100 ms each
	}
	want := []time.Duration{130, 230, 330}
	got := drain(w, begin)
	if len(got) != len(want) {
		t.Fatalf("%d packets left, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i]*time.Millisecond {
			t.Errorf("packet %d left after %v, want %v", i, got[i], want[i]*time.Millisecond)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	begin := time.Unix(0, 0)
	w := newDirection(Conditions{Rate: 200_000}, 1)
	for range 100 {
		w.put(begin, make([]byte, 1250)) // 50 ms each
	}
	// One on the link, and those that begin within 100 ms.
	if got := len(drain(w, begin)); got != 3 {
		t.Errorf("%d packets left, want 3", got)
	}
	if c := w.counters(); c.Overflow != 97 || c.Packets != 100 || c.Longest != 100*time.Millisecond {
		t.Errorf("counters %+v", c)
	}
	fast := newDirection(Conditions{Delay: time.Second}, 1)
	for range maxHeld + 5 {
		fast.put(begin, nil)
	}
	if c := fast.counters(); c.Overflow != 5 {
		t.Errorf("a link without a rate holds %d packets more than it may", 5-c.Overflow)
	}
}

func TestLossIsSeededAndRight(t *testing.T) {
	const packets = 20_000
	lost := func(seed uint64, direction uint64) int64 {
		w := newDirection(Conditions{Loss: 0.05, Seed: seed}, direction)
		for i := range packets {
			now := time.Unix(int64(i), 0)
			w.put(now, []byte{1})
			w.next(now)
		}
		return w.counters().Lost
	}
	first := lost(1, 1)
	if again := lost(1, 1); again != first {
		t.Errorf("seed 1 lost %d, then %d", first, again)
	}
	if other := lost(1, 2); other == first {
		t.Error("both directions lose the same packets")
	}
	// Five standard deviations of a binomial of 20,000 at 5 % are 154.
	if first < 1000-154 || first > 1000+154 {
		t.Errorf("%d of %d lost, want about 1000", first, packets)
	}
}
