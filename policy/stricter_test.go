package policy

import (
	"reflect"
	"testing"
	"time"
)

// Every field of a floor is in it: what is true in one of them only is false.
func TestStricterTakesTheStricterOfEachField(t *testing.T) {
	all := Floor{}
	v := reflect.ValueOf(&all).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() == reflect.Bool {
			v.Field(i).SetBool(true)
		}
	}
	all.ReasonMin, all.Longest, all.AtEnd = 3, time.Hour, AtEndLock
	if got := Stricter(all, all); got != all {
		t.Errorf("of the same: %+v", got)
	}
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.Bool {
			continue
		}
		less := all
		reflect.ValueOf(&less).Elem().Field(i).SetBool(false)
		if Stricter(all, less) != less || Stricter(less, all) != less {
			t.Errorf("%s is not in it", v.Type().Field(i).Name)
		}
	}
	less := all
	less.ReasonMin, less.Longest, less.AtEnd = 9, time.Minute, AtEndLogOff
	none := all
	none.ReasonMin, none.Longest, none.AtEnd = 0, 0, AtEndNothing
	if Stricter(all, less) != less || Stricter(less, none) != less || Stricter(none, less) != less {
		t.Error("numbers")
	}
}
