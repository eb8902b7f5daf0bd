package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestR3_EveryTextIsInEveryLanguage, with the same things in it.
func TestR3_EveryTextIsInEveryLanguage(t *testing.T) {
	verb := regexp.MustCompile(`%[0-9]*[sd]`)
	ids := 0
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if kind, named := v0(v).(*ast.Ident); !ok || !named || kind.Name != "ID" {
				return true
			}
			id, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			ids++
			said, known := catalogue(ID(id))
			if !known {
				t.Errorf("%s says nothing", id)
			}
			for i, l := range Languages() {
				if strings.TrimSpace(said[i]) == "" || strings.Join(verb.FindAllString(said[i], -1), "") != strings.Join(verb.FindAllString(said[0], -1), "") {
					t.Errorf("%s in %s: %q", id, l, said[i])
				}
			}
			return true
		})
	}
	if ids < 70 {
		t.Errorf("only %d texts were found", ids)
	}
}

func v0(v *ast.ValueSpec) ast.Expr {
	if v == nil {
		return nil
	}
	return v.Type
}

func TestLocales(t *testing.T) {
	for locale, want := range map[string]Language{
		"": English, "C.UTF-8": English, "de": German, "de_CH@euro": German, "DE-de": German, "fr_FR.UTF-8": French, "fry": English,
	} {
		if got := Of(locale, ""); got.lang != want {
			t.Errorf("%q: %s", locale, got.lang)
		}
	}
	if got := Of("", "C", "de_DE"); got.lang != English {
		t.Error("LC_MESSAGES=C was passed over")
	}
	if In(German).Say("no such text") != "no such text" {
		t.Error("an unknown text")
	}
}
