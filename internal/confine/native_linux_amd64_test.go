package confine

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const asOldProgram = "CONFINE_TEST_32"

// pidBy32 asks for the process's id as a 32-bit program would.
func pidBy32() (int32, error) {
	page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return 0, err
	}
	copy(page, []byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3}) // mov eax, getpid; int 0x80; ret
	if err := unix.Mprotect(page, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		return 0, err
	}
	code := unsafe.Pointer(&page[0])
	value := &code // a func value points at where the code's address stands
	return int32((*(*func() uint64)(unsafe.Pointer(&value)))()), nil
}

func oldProgram() {
	fmt.Println(pidBy32())
	if os.Getenv(asOldProgram) != "free" {
		if err := Role(Needs{}); err != nil {
			fmt.Println(err)
		}
		fmt.Println(pidBy32())
	}
}

// The calls of 32-bit programs are closed as well, which the kernel has beside its own.
func TestD16_NoWayRoundByOldCalls(t *testing.T) {
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	run := func(how string) (string, error) {
		cmd := exec.CommandContext(t.Context(), me)
		cmd.Env = append(os.Environ(), asOldProgram+"="+how)
		out, err := cmd.Output()
		return fmt.Sprint(cmd.Process.Pid) + " " + string(out), err
	}
	if out, err := run("free"); err != nil {
		t.Skipf("this kernel takes no calls of 32-bit programs: %v %s", err, out)
	}
	out, err := run("confined")
	f := strings.Fields(out)
	if err != nil || len(f) != 5 || f[0] != f[1] || f[3] != fmt.Sprint(-int(unix.ENOSYS)) {
		t.Errorf("%v: %q", err, f)
	}
}
