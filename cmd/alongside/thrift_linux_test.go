package main

import (
	"slices"
	"testing"
)

func TestAProgramGivesItsPagesBack(t *testing.T) {
	p, err := openPages()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if len(p.text) < 2 {
		t.Fatalf("code and constants are %d mappings: %x", len(p.text), p.text)
	}
	before := p.resident()
	p.giveBack()
	after := p.resident()
	if before == 0 || after == 0 || after >= before {
		t.Errorf("%d bytes of the program before, %d after", before, after)
	}
}

// TestWhatTheLoaderWroteStays: dropped, it would come back as it is in the file, before
// relocation.
func TestWhatTheLoaderWroteStays(t *testing.T) {
	const smaps = `00400000-00500000 r--p 00000000 08:01 17     /bin/alongside
Rss:                  64 kB
Anonymous:             0 kB
00500000-00900000 r-xp 00100000 08:01 17     /bin/alongside
Anonymous:             0 kB
00900000-00a00000 r--p 00500000 08:01 17     /bin/alongside
Anonymous:             8 kB
00a00000-00b00000 rw-p 00600000 08:01 17     /bin/alongside
Anonymous:             0 kB
00b00000-00c00000 r-xp 00000000 08:01 18     /lib/libc.so.6
Anonymous:             0 kB
00c00000-00d00000 r--p 00000000 00:00 0
Anonymous:             0 kB
`
	want := [][2]uintptr{{0x400000, 0x500000}, {0x500000, 0x900000}}
	if got := clean(smaps, "/bin/alongside"); !slices.Equal(got, want) {
		t.Errorf("%x would be dropped, want %x", got, want)
	}
}
