package input

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/alongside-remote/alongside/wire"
)

type nothing struct{ Injector }

func TestOpenTriesInOrder(t *testing.T) {
	var tried []string
	backend := func(name string, err error) Backend {
		return Backend{Name: name, Open: func(context.Context, Options) (Injector, error) {
			tried = append(tried, name)
			return nothing{}, err
		}}
	}
	list := []Backend{backend("a", ErrUnsupported), backend("b", ErrLost), backend("c", nil), backend("d", nil)}
	no := []Backend{backend("a", ErrUnsupported), backend("b", ErrDenied), backend("c", nil)}
	asking := []Backend{backend("a", ErrAsking), backend("c", nil)}
	for _, c := range []struct {
		name string
		list []Backend
		want string
		errs []error
	}{
		{"", list, "abc", nil},
		{"d", list, "d", nil},
		{"b", list, "b", []error{ErrLost}},
		{"", list[:2], "ab", []error{ErrLost, ErrUnsupported}},
		{"", no, "ab", []error{ErrDenied, ErrUnsupported}},
		{"", asking, "a", []error{ErrAsking}},
		{"z", list, "", []error{ErrUnsupported}},
		{"", nil, "", []error{ErrUnsupported}},
	} {
		tried = nil
		in, err := open(t.Context(), Options{Backend: c.name, Log: slog.New(slog.DiscardHandler)}, c.list)
		got := ""
		for _, s := range tried {
			got += s
		}
		if got != c.want || (err == nil) != (c.errs == nil) || (in == nil) != (err != nil) {
			t.Errorf("%q: tried %q, want %q; %v, %v", c.name, got, c.want, in, err)
		}
		for _, want := range c.errs {
			if !errors.Is(err, want) {
				t.Errorf("%q: %v is not %v", c.name, err, want)
			}
		}
	}
}

func TestNotches(t *testing.T) {
	rest := 0
	for i, c := range []struct {
		d    int16
		want int
	}{{60, 0}, {60, 1}, {130, 1}, {110, 1}, {-119, 0}, {-1, -1}, {-32768, -273}, {0, 0}, {32767, 273}} {
		if got := notches(&rest, c.d); got != c.want {
			t.Errorf("step %d: %d, want %d", i, got, c.want)
		}
	}
	if rest >= wire.WheelNotch {
		t.Errorf("rest %d", rest)
	}
}
