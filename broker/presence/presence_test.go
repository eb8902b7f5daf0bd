package presence

import (
	"slices"
	"testing"
	"time"
)

func TestRepIsHereWhileAConsoleIsOpen(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var told []string
	r := New(func() time.Time { return now }, func(rep string) { told = append(told, rep) })
	made := now
	if r.Here("rob") || !r.Gone("rob").Equal(made) {
		t.Fatal("here before anybody came")
	}
	now = now.Add(time.Minute)
	first, second := r.Enter("rob"), r.Enter("rob")
	if !r.Here("rob") || r.Here("ria") || !r.Gone("rob").IsZero() {
		t.Fatal("not here")
	}
	first()
	first() // once is all that counts
	if !r.Here("rob") {
		t.Fatal("gone with one of two consoles")
	}
	second()
	if r.Here("rob") || !r.Gone("rob").Equal(now) {
		t.Fatal("still here")
	}
	if !slices.Equal(told, []string{"rob", "rob"}) {
		t.Fatalf("told of %v", told)
	}
}

// O13: a rep is idle when none of their consoles was used for a while, and is told of
// once; a stream that is opened again is no use, a page that is opened is.
func TestO13_IdleIsWhoDoesNotUseTheConsole(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var told []string
	r := New(func() time.Time { return now }, func(rep string) { told = append(told, rep) })
	pass := func(d time.Duration) { now = now.Add(d); r.Tick(); r.Tick() }
	leave := r.Enter("rob")
	second := r.Enter("rob")
	pass(IdleAfter - time.Second)
	if r.Idle("rob") || r.Idle("ria") {
		t.Fatal("idle too soon")
	}
	pass(time.Second)
	if !r.Idle("rob") || !slices.Equal(told, []string{"rob", "rob"}) {
		t.Fatalf("not idle, or told of %v", told)
	}
	leave()
	second()
	if r.Idle("rob") {
		t.Fatal("idle without a console")
	}
	now = now.Add(again / 2)
	leave = r.Enter("rob")
	if !r.Idle("rob") {
		t.Fatal("a stream that came back counts as use")
	}
	told = nil
	r.Use("rob")
	if r.Idle("rob") || !slices.Equal(told, []string{"rob"}) {
		t.Fatalf("still idle, or told of %v", told)
	}
	r.Use("rob")
	r.Use("ria") // has no console
	if len(told) != 1 || r.Idle("ria") {
		t.Fatalf("told of %v", told)
	}
	pass(IdleAfter)
	leave()
	now = now.Add(again)
	r.Enter("rob")
	if r.Idle("rob") {
		t.Fatal("idle with a page just opened")
	}
}
