package broker

import (
	"bytes"
	"testing"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// exchangeChapter: clipboard and files are allowed, text goes over, one file goes, and
// another one the customer does not want.
var exchangeChapter = chapter{
	name: "clipboard and files",
	walk: func(t *testing.T, n *tour) {
		n.ada.set(t, "clipboard", "both", "files", "both")
		s := n.a.active(n.rob)
		n.a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Clipboard{Clipboard: &wirepb.ClipboardUsed{
			Session: mustID(t, s.Id), RepId: s.RepId, ToEndpoint: true, Bytes: 5,
		}}})
		n.logged("session.clipboard", 1)
		content := []byte("a report")
		for i, answer := range []wirepb.ErrorCode{wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, 0} {
			f, err := n.rob.sendFile(t.Context(), s.Id, "report.txt", content)
			must1(t, err)
			n.a.fileAnswer(n.a.fileOffer(), &wirepb.FileAnswer{Code: answer})
			if answer == 0 {
				n.rob.file(t, s.Id, fileAgreed)
				done := n.rob.put(t.Context(), f.Id, bytes.NewReader(content), len(content))
				_, st := n.a.fileStream()
				n.a.begins(st, nil)
				n.a.acks(st, len(n.a.hears(st).GetData()))
				n.a.ends(st, &wirepb.FileEnd{Sha256: sum256(content), Name: "report.txt"})
				if got := <-done; got != "204" {
					t.Fatalf("answered %s", got)
				}
			}
			n.logged("session.file", i+1)
		}
		n.rob.end(t, s.Id)
	},
	want: []step{
		{"rep", "Ada Admin", "scope.save", "ok"},
		{"rep", "Rob Rep", "session.start", "ok"},
		{"device", "cora", "session.allow", "ok"},
		{"rep", "Rob Rep", "session.clipboard", "ok"},
		{"rep", "Rob Rep", "session.file_ask", "ok"},
		{"rep", "Rob Rep", "session.file", "denied_by_user"},
		{"rep", "Rob Rep", "session.file_ask", "ok"},
		{"rep", "Rob Rep", "session.file", "ok"},
		{"rep", "Rob Rep", "session.close", "ok"},
	},
}
