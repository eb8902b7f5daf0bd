package portal

import (
	"fmt"
	"testing"
	"time"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// try counts which tries of some addresses are evaluated, all of them wrong.
func try(g guesses, now time.Time, times int, address func(i int) string) (evaluated int) {
	for i := range times {
		if _, ok := g.take(address(i), now); ok {
			evaluated++
		}
	}
	return evaluated
}

func of(a string) func(int) string { return func(int) string { return a } }

func TestX11_GuessesOfOneAddressAreCounted(t *testing.T) {
	g := newGuesses()
	if n := try(g, noon, 1000, of("192.0.2.7:1")); n != guessBurst {
		t.Errorf("%d were evaluated, want %d", n, guessBurst)
	}
	if n := try(g, noon.Add(guessEvery), 2, of("192.0.2.7:2")); n != 1 {
		t.Errorf("%d were evaluated later, want 1", n)
	}
	if n := try(g, noon, 1, of("192.0.2.8:1")); n != 1 {
		t.Error("the neighbour is kept out")
	}
}

// All addresses of a network are one, in both families.
func TestX11_OneNetworkDoesNotUseUpEverybodysGuesses(t *testing.T) {
	for _, network := range []string{"192.0.2.%d:1", "[2001:db8:1:%x::1]:1"} {
		g := newGuesses()
		if n := try(g, noon, 5000, func(i int) string { return fmt.Sprintf(network, i%250) }); n != networkGuessBurst {
			t.Errorf("%s: %d were evaluated, want %d", network, n, networkGuessBurst)
		}
		if n := try(g, noon, guessBurst, of("198.51.100.1:1")); n != guessBurst {
			t.Errorf("%s: %d of somebody else's were evaluated", network, n)
		}
	}
}

// Many networks use up what everybody has together: then each gets one try, so that a
// right key still opens.
func TestX11_ManyNetworksKeepNobodyOut(t *testing.T) {
	g := newGuesses()
	const networks = 1000
	n := try(g, noon, 20*networks, func(i int) string { return fmt.Sprintf("10.%d.%d.7:1", i%networks/250, i%250) })
	if want := allGuessBurst + networks; n != want {
		t.Errorf("%d guesses of %d networks were evaluated, want %d", n, networks, want)
	}
	for range 5 {
		right, ok := g.take("198.51.100.1:1", noon)
		if !ok {
			t.Fatal("a customer of another network is kept out")
		}
		right()
	}
	if n := try(g, noon, 5, of("198.51.100.1:1")); n != 1 {
		t.Errorf("%d wrong ones of theirs were evaluated, want 1", n)
	}
}
