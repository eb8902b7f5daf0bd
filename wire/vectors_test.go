package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

// vector is one case of a file in testdata/vectors; its README tells the shape.
type vector struct {
	Name   string `json:"name"`
	Type   string `json:"type,omitempty"`
	Hex    string `json:"hex"`
	Fields any    `json:"fields,omitempty"`
	Error  string `json:"error,omitempty"`
}

// good and bad make the vectors of the generators.
func good(name string, packed []byte, fields any) vector {
	return vector{Name: name, Hex: hex.EncodeToString(packed), Fields: fields}
}

func bad(name, class string, packed ...byte) vector {
	return vector{Name: name, Hex: hex.EncodeToString(packed), Error: class}
}

// vectorFiles are the parsers that have vectors: what makes them, what reads a
// case to its fields, and what packs it again.
var vectorFiles = []struct {
	file string
	make func() []vector
	read func(v vector, packed []byte) (fields any, repacked []byte, err error)
}{
	{"preface.json", prefaceVectors, readPrefaceVector},
	{"media.json", mediaVectors, readMediaVector},
	{"input.json", inputVectors, readInputVector},
	{"update.json", updateVectors, readUpdateVector},
	{"control.json", controlVectors, readControlVector},
	{"statement.json", statementVectors, readStatementVector},
	{"sealed.json", sealedVectors, readSealedVector},
}

func TestVectorsAreFresh(t *testing.T) {
	for _, f := range vectorFiles {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(f.make()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "vectors", f.file)
		if *update {
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		on, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(on, b.Bytes()) {
			t.Errorf("%s is stale: go test ./wire -run Vectors -update", f.file)
		}
	}
}

func TestVectors(t *testing.T) {
	for _, f := range vectorFiles {
		var vs []vector
		readJSON(t, f.file, &vs)
		for _, v := range vs {
			t.Run(f.file+"/"+v.Name, func(t *testing.T) {
				packed, err := hex.DecodeString(v.Hex)
				if err != nil {
					t.Fatal(err)
				}
				fields, repacked, err := f.read(v, packed)
				if got := classOf(err); got != v.Error {
					t.Fatalf("error class %q (%v), want %q", got, err, v.Error)
				}
				if err != nil {
					return
				}
				if d := cmp.Diff(v.Fields, plain(t, fields)); d != "" {
					t.Errorf("fields (-want +got):\n%s", d)
				}
				if !bytes.Equal(repacked, packed) {
					t.Errorf("packs to %x, want %x", repacked, packed)
				}
			})
		}
	}
}

func classOf(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrTruncated):
		return "truncated"
	case errors.Is(err, ErrMalformed):
		return "malformed"
	case errors.Is(err, ErrSignature):
		return "signature"
	}
	if errors.Is(err, errEOF) {
		return "eof"
	}
	return "another error: " + err.Error()
}

// plain makes of fields what JSON makes of them.
func plain(t *testing.T, fields any) any {
	t.Helper()
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func readJSON(t *testing.T, file string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", file))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
