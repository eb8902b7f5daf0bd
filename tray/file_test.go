package tray_test

import (
	"bytes"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray"
	"github.com/alongside-remote/alongside/tray/prompt"
	"github.com/alongside-remote/alongside/tray/prompt/prompttest"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	fileIn  = wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT
	fileOut = wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT
)

// desk is a scripted person with a folder for downloads.
type desk struct {
	scripted
	downloads string
}

func startDesk(t *testing.T) desk {
	p, folder := prompttest.NewScript(), filepath.Join(t.TempDir(), "Downloads")
	s := start(t, tray.Options{NoIcon: true, Display: ":nowhere", Prompter: p, Config: t.TempDir(), Downloads: folder, Log: slog.New(slog.DiscardHandler)})
	return desk{scripted{s, p}, folder}
}

func sumOf(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

func (d desk) askFile(nonce string, way wirepb.FileDirection, name string, content []byte) {
	d.t.Helper()
	d.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileAsk{FileAsk: &ipcpb.FileAsk{
		Nonce: []byte(nonce), Direction: way, RepName: "Anna", Organisation: "Contoso", Name: name, Size: uint64(len(content)), Sha256: sumOf(content), TimeoutS: 60,
	}}})
	d.wantPrompt(true)
}

// answered expects the answer about a file, and that the prompt has closed.
func (d desk) answered(nonce string, code wirepb.ErrorCode) *wirepb.FileAnswer {
	d.t.Helper()
	m := d.next().GetFileAnswer()
	if string(m.GetNonce()) != nonce || m.GetAnswer().GetCode() != code {
		d.t.Fatalf("%v, want %v to %s", m, code, nonce)
	}
	d.wantPrompt(false)
	return m.Answer
}

func (d desk) openFile(nonce string, stream uint32, offset uint64, sum []byte) {
	d.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileOpen{FileOpen: &ipcpb.FileOpen{Nonce: []byte(nonce), Stream: stream, Offset: offset, Sha256: sum}}})
}

func (d desk) tell(nonce string, stream uint32, m *wirepb.FileMessage) {
	d.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_File{File: &ipcpb.FilePiece{Nonce: []byte(nonce), Stream: stream, Message: m}}})
}

// heard is the next piece, which has to be of a stream.
func (d desk) heard(nonce string, stream uint32) *wirepb.FileMessage {
	d.t.Helper()
	m := d.next().GetFile()
	if string(m.GetNonce()) != nonce || m.GetStream() != stream {
		d.t.Fatalf("%v, want a piece of %s, stream %d", m, nonce, stream)
	}
	return m.Message
}

func (d desk) drop(nonce string) {
	d.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileDrop{FileDrop: &ipcpb.FileDrop{Nonce: []byte(nonce)}}})
}

func data(b []byte) *wirepb.FileMessage {
	return &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: b}}
}

func TestX2_FileIsWrittenAfterAYesAndGoesOn(t *testing.T) {
	d := startDesk(t)
	content := []byte("0123456789")
	d.askFile("no", fileIn, "a.txt", content)
	d.opened()
	d.press(prompttest.PressReturn)
	d.answered("no", denied)
	if _, err := os.Stat(d.downloads); err == nil {
		t.Error("something was made without a Yes")
	}

	d.askFile("n", fileIn, "../../a.txt", content)
	if r := d.opened().(prompt.ConsentRequest); r.File == nil || r.File.Name != "../../a.txt" || r.File.Size != 10 || r.Rep != "Anna" {
		t.Errorf("asked %+v", r)
	}
	d.press(prompttest.PressYes)
	d.answered("n", yes)
	d.openFile("n", 1, 0, nil)
	if b := d.heard("n", 1).GetBegin(); b == nil || b.Offset != 0 {
		t.Errorf("%v", b)
	}
	d.tell("n", 1, data(content[:4]))
	if got := d.heard("n", 1).GetAck(); got.GetOffset() != 4 {
		t.Errorf("%v", got)
	}
	d.openFile("n", 2, 0, nil) // the first stream was lost
	if b := d.heard("n", 2).GetBegin(); b.GetOffset() != 4 || !bytes.Equal(b.GetSha256(), sumOf(content[:4])) {
		t.Errorf("%v", b)
	}
	d.tell("n", 1, data([]byte("late"))) // of the lost one: counts no more
	d.tell("n", 2, data(content[4:]))
	d.heard("n", 2)
	for stream := uint32(2); stream <= 3; stream++ { // also when the end was lost
		if e := d.heard("n", stream).GetEnd(); e == nil || e.Code != yes || e.Name != "a.txt" || !bytes.Equal(e.Sha256, sumOf(content)) {
			t.Errorf("%v", e)
		}
		if stream == 2 {
			d.openFile("n", 3, 0, nil)
		}
	}
	if got, err := os.ReadFile(filepath.Join(d.downloads, "a.txt")); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%q, %v", got, err)
	}
	d.drop("n")
}

func TestX2_WrongOrGivenUpFileLeavesNothing(t *testing.T) {
	d := startDesk(t)
	content := []byte("0123456789")
	for _, tc := range []struct {
		nonce string
		sent  []byte
		want  wirepb.ErrorCode
	}{
		{"changed", []byte("012345678X"), wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED},
		{"too long", []byte("0123456789X"), wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE},
		{"given up", content[:3], yes},
	} {
		d.askFile(tc.nonce, fileIn, "a.txt", content)
		d.opened()
		d.press(prompttest.PressYes)
		d.answered(tc.nonce, yes)
		d.openFile(tc.nonce, 1, 0, nil)
		d.heard(tc.nonce, 1)
		d.tell(tc.nonce, 1, data(tc.sent))
		m := d.heard(tc.nonce, 1)
		if m.GetAck() != nil && tc.want != yes {
			m = d.heard(tc.nonce, 1)
		}
		if m.GetEnd().GetCode() != tc.want {
			t.Errorf("%s: %v, want %v", tc.nonce, m, tc.want)
		}
		d.drop(tc.nonce)
	}
	d.askFile("after", fileIn, "a.txt", content) // they are dropped one after the other
	d.opened()
	if left, err := os.ReadDir(d.downloads); err != nil || len(left) > 0 {
		t.Errorf("left there: %v, %v", left, err)
	}
	d.press(prompttest.PressNo)
	d.answered("after", denied)
}

func TestX2_FolderThatCannotBeWritten(t *testing.T) {
	d := startDesk(t)
	if err := os.WriteFile(d.downloads, nil, 0o600); err != nil { // a file stands in its place
		t.Fatal(err)
	}
	d.askFile("n", fileIn, "a.txt", nil)
	d.opened()
	d.press(prompttest.PressYes)
	if a := d.answered("n", wirepb.ErrorCode_ERROR_CODE_FILE_FAILED); a.Detail != "not a directory" {
		t.Errorf("%q", a.Detail)
	}
}

func TestX2_OnlyTheFileThatThePersonChoseGoes(t *testing.T) {
	d := startDesk(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 2*wire.FileWindow/16)
	path := filepath.Join(t.TempDir(), "log.txt")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, first := range []prompttest.Press{prompttest.PressNo, prompttest.PressYes} {
		d.askFile("no", fileOut, "/etc/passwd", nil)
		if r := d.opened().(prompt.ConsentRequest); r.File == nil || !r.File.Out {
			t.Errorf("asked %+v", r)
		}
		d.press(first)
		if first == prompttest.PressYes {
			if r := d.opened().(prompt.FileRequest); r.To != "Anna" {
				t.Errorf("%+v", r)
			}
			d.press(prompttest.PressEscape)
		}
		d.answered("no", denied)
	}
	d.Choose(path)
	d.askFile("n", fileOut, "", nil)
	d.opened()
	d.press(prompttest.PressYes)
	d.opened()
	d.press(prompttest.PressYes)
	if a := d.answered("n", yes); a.Name != "log.txt" || a.Size != uint64(len(content)) {
		t.Errorf("%v", a)
	}
	d.openFile("n", 1, 0, nil)
	if b := d.heard("n", 1).GetBegin(); b == nil {
		t.Error("it does not begin")
	}
	var got []byte
	for range wire.FileWindow / wire.MaxFileChunk {
		got = append(got, d.heard("n", 1).GetData()...)
	}
	if len(got) != wire.FileWindow {
		t.Fatalf("%d bytes are under way without an answer", len(got))
	}
	// The stream is lost; the broker has half of that.
	half := len(got) / 2
	d.openFile("n", 2, uint64(half), sumOf(got[:half]))
	got = got[:half]
	d.heard("n", 2)
	for {
		m := d.heard("n", 2)
		if e := m.GetEnd(); e != nil {
			if e.Code != yes || !bytes.Equal(e.Sha256, sumOf(content)) || !bytes.Equal(got, content) {
				t.Errorf("%d bytes, %v", len(got), e)
			}
			break
		}
		got = append(got, m.GetData()...)
		d.tell("n", 2, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: uint64(len(got))}}})
	}
	d.openFile("n", 3, 5, sumOf([]byte("other")))
	if e := d.heard("n", 3).GetEnd(); e.GetCode() != wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED {
		t.Errorf("%v", e)
	}
	d.drop("n")
}

func TestX2_QuestionIsTakenBack(t *testing.T) {
	d := startDesk(t)
	d.askFile("n", fileOut, "", nil)
	d.opened()
	d.press(prompttest.PressYes)
	d.opened() // the choice
	d.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: []byte("n")}}})
	d.wantPrompt(false)
}
