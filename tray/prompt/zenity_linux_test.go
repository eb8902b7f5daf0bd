package prompt

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// A name with an ampersand would leave the form without its text, one with tags
// would be drawn in a rep's way.
func TestNamesAreTextInTheFormsMarkup(t *testing.T) {
	want := `Your request goes to R&D <b>"x"</b> \n 5'. Somebody will answer as soon as they can.`
	packed := gtkMarkup(FormRequest{Organisation: `R&D <b>"x"</b> \n 5'`}.intro(words.Words{}))
	var got string
	if err := xml.Unmarshal([]byte("<p>"+strings.ReplaceAll(packed, `\\`, `\`)+"</p>"), &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("shown %q\n want %q", got, want)
	}
}
