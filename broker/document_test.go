package broker

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const document = "../docs/API.md"

var updateDocument = flag.Bool("update-document", false, "write the tables and answers of docs/API.md")

// section is what stands between a mark in the document and its end.
func section(t *testing.T, mark, want string) {
	t.Helper()
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	part := regexp.MustCompile(`(?s)(<!-- ` + mark + `:[^\n]*-->\n).*?(<!-- end -->)`)
	next := part.ReplaceAllFunc(b, func(found []byte) []byte {
		m := part.FindSubmatch(found)
		return slices.Concat(m[1], []byte(want), m[2])
	})
	if bytes.Equal(b, next) && bytes.Contains(b, []byte(want)) {
		return
	}
	if !*updateDocument {
		t.Errorf("docs/API.md is old: go test ./broker -run Document -update-document. It has to say:\n%s", want)
	} else if err := os.WriteFile(document, next, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The document's table of procedures is that of the running broker; what each
// asks for is proved by TestE15_RolesByVerbs.
func TestDocumentListsEveryProcedure(t *testing.T) {
	n := newBench(t)
	table := verbs()
	var rows []string
	for _, r := range n.routeTable(t) {
		service, method, ok := strings.Cut(strings.TrimPrefix(r.Path, "/alongside.console.v1."), "/")
		if !ok || !strings.HasPrefix(r.Path, "/alongside.") {
			continue
		}
		v, known := table[r.Path]
		needs, key := "signed in", "no"
		switch {
		case r.Public:
			needs = "nobody"
		case !known:
			t.Errorf("%s has no row in verbs", r.Path)
		case r.Half:
			needs = "half a sign-in"
		case v.one != nil && len(v.one) == 0:
			needs = "administrator"
		case v.one != nil:
			needs = permissions(v.one)
		}
		if r.Key && !v.personal {
			key = "yes"
		}
		rows = append(rows, fmt.Sprintf("| `%s/%s` | %s | %s |\n", service, method, needs, key))
	}
	slices.Sort(rows)
	section(t, "procedures", "\n| Procedure | Permission | Key |\n| --- | --- | --- |\n"+strings.Join(rows, "")+"\n")
}

func permissions(of []policy.Permission) string {
	all := make([]string, len(of))
	for i, p := range of {
		all[i] = "`" + string(p) + "`"
	}
	return strings.Join(all, " or ")
}

func TestDocumentListsEveryErrorCode(t *testing.T) {
	w := connect.NewErrorWriter()
	var rows strings.Builder
	for c := wirepb.ErrorCode(1); c < 256; c++ {
		name, ok := wirepb.ErrorCode_name[int32(c)]
		if !ok {
			continue
		}
		answer := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		r.Header.Set("Content-Type", "application/json")
		if err := w.Write(answer, r, api.Error(t.Context(), slog.New(slog.DiscardHandler), &wire.CodeError{Code: c})); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&rows, "| `%s` | %d | %d |\n", name, c, answer.Code)
	}
	section(t, "errors", "\n| Code | Number | HTTP status |\n| --- | --- | --- |\n"+rows.String()+"\n")
}

// example is a script of the document and what it says that comes out.
type example struct {
	script, form, want string
}

var (
	scripts = regexp.MustCompile("(?s)```sh\n(.*?)```\n(?:```(json|text)\n(.*?)```\n)?")
	cut     = 48 // of a value that update writes
)

func examples(t *testing.T) (string, []example) {
	t.Helper()
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, m := range scripts.FindAllStringSubmatch(string(b), -1) {
		all = append(all, example{m[1], m[2], m[3]})
	}
	return string(b), all
}

// The document's examples run as they stand, one after the other in one shell,
// with the real curl against a real broker.
func TestDocumentsExamplesWork(t *testing.T) {
	for _, program := range []string{"curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: run make deps", err)
		}
	}
	n := newBench(t)
	asked, helped := n.agent(), n.agent()
	helped.info.Hostname, asked.info.Hostname = "ws-1", "ws-2"
	for _, a := range []*agent{asked, helped} {
		if e := a.tryEnroll(n.token(1).Token); e.GetEnrolled() == nil {
			t.Fatal(e)
		}
		a.connect()
	}
	asked.asked()
	said := make(chan struct{})
	go func() {
		defer close(said)
		helped.answer(helped.offer(), true)
	}()

	text, all := examples(t)
	if len(all) < 15 {
		t.Fatalf("%d examples", len(all))
	}
	out := n.sh(all)
	<-said
	for i, e := range all {
		switch {
		case *updateDocument && e.form == "json":
			text = strings.Replace(text, "```sh\n"+e.script+"```\n```json\n"+e.want, "```sh\n"+e.script+"```\n```json\n"+shown(t, out[i]), 1)
		case e.form == "json":
			sameShape(t, e, out[i])
		case e.form == "text":
			if out[i] != e.want {
				t.Errorf("%s\nanswers\n%s\nand not\n%s", e.script, out[i], e.want)
			}
		case out[i] != "":
			t.Errorf("%s\nsays\n%s", e.script, out[i])
		}
	}
	if *updateDocument {
		if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sh runs scripts one after the other in one shell and returns what each says.
func (n *bench) sh(all []example) []string {
	n.t.Helper()
	dir := n.t.TempDir()
	cert, err := n.b.certs.get(&tls.ClientHelloInfo{ServerName: "localhost"})
	if err != nil {
		n.t.Fatal(err)
	}
	authority := filepath.Join(dir, "broker.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600); err != nil {
		n.t.Fatal(err)
	}
	const mark = "@@ end of example"
	var script strings.Builder
	for _, e := range all {
		script.WriteString(e.script + "echo '" + mark + "'\n")
	}
	c := exec.CommandContext(n.t.Context(), "/bin/sh", "-eu", "-s")
	c.Dir, c.Stdin = dir, strings.NewReader(script.String())
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "BROKER=https://" + n.b.public(), "CURL_CA_BUNDLE=" + authority, "PASSWORD=" + password, "LC_ALL=C.UTF-8"}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	found := strings.Split(string(out), mark+"\n")
	if err != nil || len(found) != len(all)+1 || stderr.Len() > 0 {
		at := min(len(found), len(all)) - 1
		n.t.Fatalf("%v: %s\nat\n%s\nafter\n%s", err, &stderr, all[at].script, found[at])
	}
	return found[:len(all)]
}

// shown is an answer as the document shows it, with long values cut.
func shown(t *testing.T, answer string) string {
	t.Helper()
	long := regexp.MustCompile(fmt.Sprintf(`"([^"\\]{%d})[^"\\]{8,}"`, cut))
	if !json.Valid([]byte(answer)) {
		t.Fatalf("no JSON: %s", answer)
	}
	return long.ReplaceAllString(answer, `"$1…"`)
}

func sameShape(t *testing.T, e example, answer string) {
	t.Helper()
	var want, got any
	if err := errors.Join(json.Unmarshal([]byte(e.want), &want), json.Unmarshal([]byte(answer), &got)); err != nil {
		t.Errorf("%s\n%v:\n%s", e.script, err, answer)
		return
	}
	if d := differs("", want, got); d != "" {
		t.Errorf("%s\n%s\nanswers\n%s", e.script, d, answer)
	}
}

// constant are values that have to be as the document says.
var constant = regexp.MustCompile(`^[A-Z][A-Z_]+$|^[a-z]+[._][a-z._]+$`)

// differs says where two JSON values are not alike: in names, types, lengths or
// constants.
func differs(at string, want, got any) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at + " is no object"
		}
		for k := range g {
			if _, ok := w[k]; !ok {
				return at + "." + k + " is not in the document"
			}
		}
		for k := range w {
			if _, ok := g[k]; !ok {
				return at + "." + k + " is not in the answer"
			}
			if d := differs(at+"."+k, w[k], g[k]); d != "" {
				return d
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: %v and not %v", at, got, want)
		}
		for i := range w {
			if d := differs(fmt.Sprintf("%s[%d]", at, i), w[i], g[i]); d != "" {
				return d
			}
		}
	case string:
		g, ok := got.(string)
		if !ok || constant.MatchString(w) && g != w {
			return fmt.Sprintf("%s: %v and not %v", at, got, want)
		}
	default:
		if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) {
			return fmt.Sprintf("%s: %v and not %v", at, got, want)
		}
	}
	return ""
}
