package main

import (
	"bytes"
	"os"
	"testing"
)

func TestAtlasIsFresh(t *testing.T) {
	sheet, metrics, err := rasterise()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"../atlas.png": sheet, "../atlas.bin": metrics} {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate in the folder above", name)
		}
	}
}
