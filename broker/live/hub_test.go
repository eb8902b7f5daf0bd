package live

import "testing"

func TestSlowSubscriberIsDropped(t *testing.T) {
	h := New()
	slow, quick := h.Subscribe(), h.Subscribe()
	defer quick.Cancel()
	for range queue + 1 {
		h.Publish(Change{Device: "d"})
		<-quick.Changes()
	}
	n := 0
	for range slow.Changes() {
		n++
	}
	if n != queue {
		t.Fatalf("%d changes before the end, want %d", n, queue)
	}
	h.Publish(Change{Device: "e"})
	if c := <-quick.Changes(); c.Device != "e" {
		t.Fatalf("the quick one got %v", c)
	}
	slow.Cancel() // after the drop is no error
}
