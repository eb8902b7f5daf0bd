package main

import "testing"

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
