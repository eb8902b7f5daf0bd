package wire

import (
	"strings"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// CodeName is the stable lower-case name of an error code, as it stands in the
// audit log and in the API: "denied_by_user".
func CodeName(c wirepb.ErrorCode) string {
	return strings.ToLower(strings.TrimPrefix(c.String(), "ERROR_CODE_"))
}

// ReasonName is the stable lower-case name of a screen reason: "no_display".
func ReasonName(r wirepb.Reason) string {
	return strings.ToLower(strings.TrimPrefix(r.String(), "REASON_"))
}
