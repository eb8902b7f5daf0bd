package prompttest

import (
	"testing"
)

func TestScriptPassesTheSuite(t *testing.T) {
	s := NewScript()
	Run(t, s, Person{
		Opened: func(t testing.TB) {
			if _, err := s.Open(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		Press: func(t testing.TB, p Press) {
			if err := s.Do(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		},
		Gone: func(t testing.TB) {
			if err := s.Closed(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	})
}
