//go:build linux

package realtime

import (
	"syscall"
	"unsafe"
)

const canTry = true

// attempt is a write that does not wait. It is kept so that none is made anew.
type attempt struct {
	p    []byte
	n    int
	call func(fd uintptr) bool
}

func (a *attempt) init() {
	a.call = func(fd uintptr) bool {
		// The scheduler need not know of a call that does not wait.
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd,
			uintptr(unsafe.Pointer(&a.p[0])), uintptr(len(a.p)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
		if errno == 0 {
			a.n = int(n)
		}
		return true // whatever came of it: do not wait
	}
}

// write says how many bytes the kernel took: 0 when the socket is full or lost,
// which whoever waits for it will see.
func (a *attempt) write(raw syscall.RawConn, p []byte) int {
	if len(p) == 0 {
		return 0
	}
	a.p, a.n = p, 0
	err := raw.Write(a.call)
	a.p = nil
	if err != nil {
		return 0
	}
	return a.n
}
