package input

import (
	"fmt"
	"time"

	"github.com/alongside-remote/alongside/input/internal/keysym"
)

// Spare keys are keycodes that the layout leaves empty. They carry characters
// that it lacks.
//
// Changing one is a race with the programs: they are told at once but look the
// new meaning up later, when they handle the next key. Were a spare changed again
// before that, an old press would turn into the new character. Hence: all empty
// keycodes are used; a spare keeps its character until its place is needed, so
// that a text of few odd characters changes nothing twice; the one unused for
// longest goes first; and none is changed until the program has handled its last use.
type spare struct {
	code byte
	sym  uint32 // 0: empty
	used time.Time
}

// settle is how long a program that cannot be asked may take to handle a key before its
// spare can change. Programs answer keys within a frame or two; this allows for a busy
// machine. It costs time only for texts with more different characters that the layout
// lacks than there are spares (18 on a pc105 map).
const settle = 250 * time.Millisecond

// findSpares lists the spares of a new map. Spares of an injector that was
// killed are found by their shape and used further.
func (k *keyboard) findSpares() {
	old := k.spares
	k.spares = nil
	for code := int(k.layout.Min); code <= int(k.layout.Max); code++ {
		c := byte(code)
		sym, carries := k.layout.Holds(c)
		if carries {
			_, carries = keysym.Rune(sym)
		}
		if !carries && !k.layout.Empty(c) {
			continue
		}
		s := spare{code: c, sym: sym}
		if !carries {
			s.sym = 0
		}
		for _, o := range old {
			if o.code == c {
				s.used = o.used
			}
		}
		k.spares = append(k.spares, s)
	}
}

func (k *keyboard) isSpare(code byte) bool {
	for i := range k.spares {
		if k.spares[i].code == code {
			return true
		}
	}
	return false
}

// spare returns a key that carries a keysym, making one if need be.
func (x *xtest) spare(sym uint32) (byte, error) {
	var choice *spare
	for i := range x.keyboard.spares {
		s := &x.keyboard.spares[i]
		switch {
		case s.sym == sym:
			s.used = time.Now()
			return s.code, nil
		case choice == nil || s.sym == 0 && choice.sym != 0:
			choice = s
		case s.sym == 0 || choice.sym != 0:
			if s.used.Before(choice.used) {
				choice = s
			}
		}
	}
	if choice == nil {
		return 0, fmt.Errorf("%w: no empty keycode for a character", ErrBlocked)
	}
	if err := x.handled(choice.used, x.done); err != nil {
		return 0, err
	}
	x.setSpare(choice, sym)
	choice.used = time.Now()
	return choice.code, nil
}

func (x *xtest) setSpare(s *spare, sym uint32) {
	s.sym = sym
	x.unanswered++
	k := &x.keyboard
	x.conn.NewRequest(k.layout.SetKey(k.major, s.code, sym), x.conn.NewCookie(false, false))
}

// pause waits unless closed or lost.
func (x *xtest) pause(d time.Duration, done <-chan struct{}) error {
	if d <= 0 {
		return nil
	}
	x.watchdog.Stop()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		x.watchdog.Reset(answerLimit)
		return nil
	case <-done:
		return fmt.Errorf("%w: closed", ErrLost)
	case <-x.conn.Gone():
		return fmt.Errorf("%w: server gone", ErrLost)
	}
}

// restore empties the spares again, once the programs have read the last of them.
func (x *xtest) restore() error {
	if err := x.sync(); err != nil {
		return err
	}
	k := &x.keyboard
	var last time.Time
	for _, s := range k.spares {
		if s.sym != 0 && s.used.After(last) {
			last = s.used
		}
	}
	if err := x.handled(last, nil); err != nil {
		return err
	}
	for i := range k.spares {
		if s := &k.spares[i]; s.sym != 0 {
			x.setSpare(s, 0)
		}
	}
	return x.sync()
}
