package transfer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sumOf(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

// receive takes a whole file and returns the name that it got.
func receive(t *testing.T, folder, name string, content []byte) (string, error) {
	t.Helper()
	in, err := Receive(folder, name, uint64(len(content)), sumOf(content))
	if err != nil {
		return "", err
	}
	if _, err := in.Write(content); err != nil {
		in.Drop()
		return "", err
	}
	return in.Keep()
}

func names(t testing.TB, folder string) (all []string) {
	t.Helper()
	found, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		all = append(all, f.Name())
	}
	return all
}

func TestX2_ReceivedFileIsPrivateAndNotAProgram(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "Downloads") // made where it is missing
	content := []byte("#!/bin/sh\nexit 1\n")
	name, err := receive(t, folder, "../../run me.sh", content)
	if err != nil || name != "run me.sh" {
		t.Fatalf("%q, %v", name, err)
	}
	i, err := os.Lstat(filepath.Join(folder, name))
	if err != nil || i.Mode() != private {
		t.Errorf("%v, %v", i.Mode(), err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q, %v", got, err)
	}
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left there: %q", got)
	}
}

func TestX2_NameAppearsOnlyWithTheWholeContent(t *testing.T) {
	folder, content := t.TempDir(), []byte("all of it")
	in, err := Receive(folder, "a.txt", uint64(len(content)), sumOf(content))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(content[:4]); err != nil {
		t.Fatal(err)
	}
	if got := names(t, folder); len(got) != 1 || got[0] != "a.txt"+part {
		t.Errorf("half of it is there as %q", got)
	}
	at, sum := in.At()
	if at != 4 || !bytes.Equal(sum, sumOf(content[:4])) {
		t.Errorf("at %d, %x", at, sum)
	}
	if _, err := in.Write([]byte(" of anything else")); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more than was announced: %v", err)
	}
	if _, err := in.Write(content[4:]); err != nil || !in.Whole() {
		t.Fatalf("%v", err)
	}
	if name, err := in.Keep(); err != nil || name != "a.txt" {
		t.Errorf("%q, %v", name, err)
	}
}

func TestX2_WrongContentLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	in, err := Receive(folder, "a", 3, sumOf([]byte("abc")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write([]byte("abd")); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Keep(); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
	if in, err = Receive(folder, "b", 3, sumOf([]byte("abc"))); err != nil {
		t.Fatal(err)
	}
	in.Drop()
	in.Drop()
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left there: %q", got)
	}
}

func TestX2_NothingThatIsThereIsTouched(t *testing.T) {
	outside, folder := t.TempDir(), t.TempDir()
	target := filepath.Join(outside, "target")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "a.txt" + part, "b.txt", "link"} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "way")); err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"a.txt": "a (2).txt", "b.txt": "b (2).txt", "link": "link (2)", "way": "way (2)", "way/target": "target"} {
		if got, err := receive(t, folder, asked, []byte("theirs")); err != nil || got != want {
			t.Errorf("%s is called %q, want %q: %v", asked, got, want, err)
		}
	}
	if got, err := os.ReadFile(target); err != nil || string(got) != "mine" || len(names(t, outside)) != 1 {
		t.Errorf("outside: %q, %v, %q", got, err, names(t, outside))
	}
}

func TestX2_NoRoom(t *testing.T) {
	const folder = "/dev/full"
	if _, err := Receive(folder, "a", 1, nil); err == nil {
		t.Error("a device is no folder")
	}
	f, err := os.OpenFile(folder, os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full")
	}
	defer func() { _ = f.Close() }()
	in := &Incoming{file: f, size: 8, hash: sha256.New()}
	if n, err := in.Write([]byte("12345678")); !Full(err) {
		t.Errorf("%d, %v", n, err)
	}
	if at, _ := in.At(); at != 0 {
		t.Errorf("at %d", at)
	}
}

func TestX2_SentFileGoesOnWhereItWasVerified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "some.log")
	content := bytes.Repeat([]byte("0123456789"), 1000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := Send(path, uint64(len(content)))
	if err != nil || out.Name() != "some.log" || out.Size() != uint64(len(content)) {
		t.Fatalf("%v", err)
	}
	defer out.Close()
	for _, offset := range []int{0, 1, 4321, len(content)} {
		if err := out.From(uint64(offset), sumOf(content[:offset])); err != nil {
			t.Fatalf("from %d: %v", offset, err)
		}
		got, err := io.ReadAll(out)
		at, sum := out.At()
		if err != nil || !bytes.Equal(got, content[offset:]) || at != out.Size() || !bytes.Equal(sum, sumOf(content)) {
			t.Errorf("from %d: %d bytes, at %d, %v", offset, len(got), at, err)
		}
	}
	if err := out.From(5, sumOf([]byte("other"))); !errors.Is(err, ErrChanged) {
		t.Errorf("the other side has something else: %v", err)
	}
	if err := out.From(uint64(len(content)+1), nil); !errors.Is(err, ErrChanged) {
		t.Errorf("the other side has more: %v", err)
	}
	if err := out.From(0, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(out); !errors.Is(err, ErrChanged) {
		t.Errorf("it shrank meanwhile: %v", err)
	}
	if _, err := Send(path, 99); !errors.Is(err, ErrTooLarge) {
		t.Errorf("%v", err)
	}
	if _, err := Send(filepath.Dir(path), 1<<40); !errors.Is(err, ErrNotAFile) {
		t.Errorf("a folder: %v", err)
	}
}

func TestX2_Names(t *testing.T) {
	long := strings.Repeat("ä", 4096)
	for text, want := range map[string]string{
		"report.pdf": "report.pdf", "a/b/../c.txt": "c.txt", `C:\Users\x\d.txt`: "d.txt", "..": nameless, ".": nameless, "": nameless, "/": nameless,
		"../": nameless, ".bashrc": "bashrc", "-rf": "rf", "--help": "help", "a\x00b": "ab", "a\nb": "a b", "evil\u202egpj.exe": "evilgpj.exe", "a:b": "a_b",
		"CON": "_CON", "con.txt": "_con.txt", "Lpt1": "_Lpt1", "COM¹.x": "_COM¹.x", "CONtent": "CONtent", "nul .txt": "_nul .txt", "trailing. . ": "trailing",
		"a\u0301": "á", "\xff\xfe": "_", "~": nameless, "～": "～", "　x": "x", "x\u200b.txt": "x.txt",
		long:          strings.Repeat("ä", maxName/2),
		long + ".tar": strings.Repeat("ä", (maxName-4)/2) + ".tar",
	} {
		if got := SafeName(text); got != want {
			t.Errorf("%.40q is called %q, want %q", text, got, want)
		}
	}
}

// Whatever the name, exactly one file more is in the folder, with the content, and
// nothing anywhere else.
func FuzzSafeName(f *testing.F) {
	for _, s := range []string{"a", "../a", "/etc/passwd", "..\\a", "a\x00", "CON", "a.", " ", "\u202e", strings.Repeat("x", 4096), "link/a", "link", "a:b", "\\\\?\\C:\\x", "a/../../b", "é", "e\u0301", ".part", "~"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := SafeName(text)
		if name == "" || len(name) > maxName+1 || !filepath.IsLocal(name) || filepath.Base(name) != name || strings.ContainsAny(name, "/\\\x00:") || SafeName(name) != name {
			t.Fatalf("%q is called %q, and then %q", text, name, SafeName(name))
		}
		top := t.TempDir()
		folder := filepath.Join(top, "in")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(top, filepath.Join(folder, "link")); err != nil {
			t.Fatal(err)
		}
		got, err := receive(t, folder, text, []byte("x"))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if b, err := os.ReadFile(filepath.Join(folder, got)); err != nil || string(b) != "x" || len(names(t, folder)) != 2 || len(names(t, top)) != 1 {
			t.Errorf("%q: %q, %v; there are %q and %q", text, b, err, names(t, folder), names(t, top))
		}
	})
}
