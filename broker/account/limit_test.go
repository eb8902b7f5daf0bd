package account

import (
	"fmt"
	"testing"
	"time"
)

// Ten thousand guesses of one account or from one network are evaluated a few
// times, whatever address they come from.
func TestGuessesAreLimited(t *testing.T) {
	now := time.Unix(1e9, 0)
	for what, of := range map[string]struct {
		key  func(i int) string
		l    *Limiter
		want int
	}{
		"an account":    {func(int) string { return "rob" }, NewLimiter(guessEvery, guessBurst), guessBurst},
		"an IPv6 /64":   {func(i int) string { return Prefix(fmt.Sprintf("[2001:db8::%x:%x]:%d", i>>8, i&255, 1024+i)) }, NewLimiter(guessEvery, guessBurst), guessBurst},
		"an IPv4":       {func(i int) string { return Prefix(fmt.Sprintf("192.0.2.1:%d", 1024+i)) }, NewLimiter(guessEvery, guessBurst), guessBurst},
		"no address":    {func(i int) string { return Prefix(fmt.Sprint("x", i)) }, NewLimiter(guessEvery, guessBurst), guessBurst},
		"codes":         {func(int) string { return "rob" }, NewLimiter(codeEvery, codeBurst), codeBurst},
		"many networks": {func(i int) string { return fmt.Sprint(i) }, NewLimiter(guessEvery, 1), maxKeys},
	} {
		evaluated := 0
		for i := range 10_000 {
			if of.l.Allow(of.key(i), now) {
				evaluated++
			}
		}
		if evaluated != of.want {
			t.Errorf("%s: %d were evaluated, want %d", what, evaluated, of.want)
		}
	}
}

func TestWhatIsGivenBackCountsAgain(t *testing.T) {
	l, now := NewLimiter(time.Minute, 2), time.Unix(1e9, 0)
	for range 10 {
		giveBack, ok := l.Take("a", now)
		if !ok {
			t.Fatal("limited")
		}
		giveBack()
	}
	_, first := l.Take("a", now)
	_, second := l.Take("a", now)
	if _, third := l.Take("a", now); !first || !second || third {
		t.Error(first, second, third)
	}
	if _, later := l.Take("a", now.Add(time.Minute)); !later {
		t.Error("a try does not come back")
	}
}
