package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of a grant beside those of wire.VerifyGrant.
var (
	errReplayed  = errors.New("grant was used before")
	errOlder     = errors.New("grant is older than this service")
	errTooMany   = errors.New("too many grants at a time")
	errWithoutID = errors.New("offer without a session id")
)

// jtiLimit is how many used grants are remembered at a time. They expire after
// about a minute; a person is not asked a thousand times in one.
const jtiLimit = 1024

// jtiMemory remembers used grants until they would be refused as expired.
type jtiMemory map[[wire.SessionIDSize]byte]time.Time

// use marks jti as used; now and until are in the broker's time.
func (j *jtiMemory) use(jti [wire.SessionIDSize]byte, now, until time.Time) error {
	if *j == nil {
		*j = jtiMemory{}
	}
	for k, t := range *j {
		if now.After(t) {
			delete(*j, k)
		}
	}
	if _, used := (*j)[jti]; used {
		return errReplayed
	}
	if len(*j) >= jtiLimit {
		return errTooMany
	}
	(*j)[jti] = until
	return nil
}

// checkGrant decides whether an offer is the broker's, for us, for now and for
// the first time.
func (a *agent) checkGrant(k *link, o *wirepb.SessionOffer) (wire.SessionID, *wirepb.SessionGrant, error) {
	id, err := wire.ParseSessionID(o.Session)
	if err != nil {
		return id, nil, errWithoutID
	}
	now := k.now()
	g, err := wire.VerifyGrant(a.GrantKey, a.Identity.Pin(), id, o.Grant, o.GrantSignature, now)
	if err != nil {
		return id, nil, err
	}
	// What was used before this process began is not remembered: a grant from
	// then cannot have been meant for it.
	if time.UnixMilli(g.StartBeforeUnixMs).Before(a.birth) || time.UnixMilli(g.NotBeforeUnixMs).Before(a.birth.Add(-wire.GrantSkew)) {
		return id, nil, errOlder
	}
	until := time.UnixMilli(g.StartBeforeUnixMs).Add(2 * wire.GrantSkew)
	if err := a.jti.use([wire.SessionIDSize]byte(g.Jti), now, until); err != nil {
		return id, nil, fmt.Errorf("grant: %w", err)
	}
	return id, g, nil
}
