package profile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const script = `alongside   70/71  
	    55d0 main.inner
	    55d1 main.outer
	    55d2 main.outer

a program with spaces    80/80  
	ffff8 do_syscall_64

alongside   70/72  
	    55d1 main.outer

alongside   70/72  
	    55d9 main.other[go.shape.struct { int }]
	    55d1 main.outer
`

func TestRead(t *testing.T) {
	all, err := Read(strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[80].Samples != 1 || all[70].Samples != 3 {
		t.Fatalf("%+v", all)
	}
	third := 1. / 3
	own := []Line{{"main.inner", third}, {"main.other[go.shape.struct { int }]", third}, {"main.outer", third}}
	if d := cmp.Diff(own, all[70].Own(9)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Line{{"main.outer", 1}}, all[70].With(1)); d != "" {
		t.Error(d)
	}
}
