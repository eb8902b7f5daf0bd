package main

import (
	"bytes"
	"os"
	"testing"
)

func TestAtlasIsFresh(t *testing.T) {
	for name, faces := range atlases {
		sheet, metrics, err := rasterise(faces)
		if err != nil {
			t.Fatal(err)
		}
		for file, want := range map[string][]byte{name + ".png": sheet, name + ".bin": metrics} {
			got, err := os.ReadFile("../" + file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is stale: run go generate in the folder above", file)
			}
		}
	}
}
