package portal

import (
	"time"

	"github.com/alongside-remote/alongside/broker/account"
)

// Limits of tries at keys. A wrong try takes one of its address, of its network and of
// everybody's; a right one takes nothing.
const (
	// A key that is read out wrongly is typed again.
	guessEvery = 30 * time.Second
	guessBurst = 10
	// What the addresses of one network try together: a company's, or all of a hoster's
	// customer.
	networkGuessEvery = 10 * time.Second
	networkGuessBurst = 40
	// What everybody tries together, however many networks somebody has. At this rate
	// one of a thousand keys is guessed in 35 years.
	allGuessEvery = time.Second
	allGuessBurst = 100
	// What a network may still try when that is used up, so that who guesses from many
	// networks does not keep out everybody else: a right key, typed once. A thousand
	// networks guess at half of the rate above with it.
	spareEvery = 30 * time.Minute
	spareBurst = 1
)

// guesses counts tries at keys. It may be used from any goroutine.
type guesses struct{ address, network, all, spare *account.Limiter }

func newGuesses() guesses {
	return guesses{
		address: account.NewLimiter(guessEvery, guessBurst),
		network: account.NewLimiter(networkGuessEvery, networkGuessBurst),
		all:     account.NewLimiter(allGuessEvery, allGuessBurst),
		spare:   account.NewLimiter(spareEvery, spareBurst),
	}
}

// take takes one try of an address, which right undoes. A try that is refused takes
// nothing: who is over a limit of their own uses up nothing of the others'.
func (g guesses) take(remote string, now time.Time) (right func(), ok bool) {
	network := account.Network(remote)
	byAddress, ok := g.address.Take(account.Prefix(remote), now)
	if !ok {
		return nil, false
	}
	byNetwork, ok := g.network.Take(network, now)
	if !ok {
		byAddress()
		return nil, false
	}
	last, ok := g.all.Take("", now)
	if !ok {
		last, ok = g.spare.Take(network, now)
	}
	right = func() {
		byAddress()
		byNetwork()
		last()
	}
	if !ok {
		right()
		return nil, false
	}
	return right, true
}
