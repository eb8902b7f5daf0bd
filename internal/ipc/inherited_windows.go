package ipc

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/windows"
)

// inherited reads "R,W": the numbers of the two handles.
func inherited(spec string) (r, w *os.File, err error) {
	var files []*os.File
	for _, s := range strings.Split(spec, ",") {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: handle %q", ErrNotInherited, s)
		}
		h := windows.Handle(n)
		if t, err := windows.GetFileType(h); err != nil || t != windows.FILE_TYPE_PIPE {
			return nil, nil, fmt.Errorf("%w: handle %d is not a pipe", ErrNotInherited, n)
		}
		if err := windows.SetHandleInformation(h, windows.HANDLE_FLAG_INHERIT, 0); err != nil {
			return nil, nil, fmt.Errorf("inherited pipe: %w", err)
		}
		files = append(files, os.NewFile(uintptr(h), "service"))
	}
	if len(files) != 2 {
		return nil, nil, fmt.Errorf("%w: want two handles", ErrNotInherited)
	}
	return files[0], files[1], nil
}
