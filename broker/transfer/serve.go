package transfer

import (
	"errors"
	"net/http"
	"path"
	"strings"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Path is where the content of transfers is put and got; the id of one stands behind it.
const Path = "/files/"

// ServeHTTP takes the content of a transfer, or gives it: POST and GET of its id.
func (b *Book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p, id := account.Of(r.Context()), path.Base(r.URL.Path)
	var err error
	if r.Method == http.MethodPost {
		if err = b.Upload(p, id, w, r); err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
	} else {
		err = b.Download(p, id, w, r)
	}
	if err == nil {
		return
	}
	ce := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	_ = errors.As(err, &ce)
	status := http.StatusConflict
	if ce.Code == wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN {
		status = http.StatusNotFound
	}
	http.Error(w, strings.TrimSuffix(wire.CodeName(ce.Code)+": "+ce.Detail, ": "), status)
}

// fileName is a name as a browser may store it: never a path.
func fileName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
}
