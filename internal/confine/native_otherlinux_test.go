//go:build linux && !amd64

package confine

const asOldProgram = ""

func oldProgram() {}
