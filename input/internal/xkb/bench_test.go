package xkb

import "testing"

func BenchmarkIndex(b *testing.B) {
	m, err := ParseMap(golden(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Index(0, func(uint8) bool { return false })
	}
}
