package policy

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkDecide asks about a device that the last of 200 scopes holds.
func BenchmarkDecide(b *testing.B) {
	var scopes []Scope
	for i := range MaxScopes {
		scopes = append(scopes, Scope{
			ID: fmt.Sprint(i), Name: fmt.Sprint(i), Devices: Matcher{Names: []string{fmt.Sprintf("*-%d-*", i)}, Tags: []string{fmt.Sprint("tag", i)}},
			Settings: map[Key]string{RemoteSupportKey: "true", HoursKey: "Mon-Sun 00:00-24:00 Europe/Berlin"},
		})
	}
	r, err := Compile(scopes, Defaults())
	if err != nil {
		b.Fatal(err)
	}
	d := Device{Name: fmt.Sprintf("pc-%d-x", MaxScopes-1), Entitled: true}
	p := Principal{Rep: "r", Admin: true}
	for b.Loop() {
		if got := r.Decide(p, d, StartSession, time.Time{}); !got.Allowed() {
			b.Fatal(got)
		}
	}
}
