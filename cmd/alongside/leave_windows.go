package main

import "golang.org/x/sys/windows"

// A program that runs cannot be removed here: an administrator's is at the next start
// of the system, and another's stays.
func removeRunning(program string) (gone bool, err error) {
	path, err := windows.UTF16PtrFromString(program)
	if err != nil {
		return false, err
	}
	if err := windows.MoveFileEx(path, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT); err != nil && err != windows.ERROR_ACCESS_DENIED { //nolint:errorlint // a number of the system's
		return false, err
	}
	return false, nil
}
