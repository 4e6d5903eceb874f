//go:build linux

// Package outside is what programs that measure a server know of it: what Linux
// says of its process, and its API.
package outside

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is USER_HZ: the unit of /proc/stat, 100 on every Linux.
const clockTicks = 100

// CPU is the user and system time of a process so far, to the nanosecond: its
// CPU-time clock, as clock_getcpuclockid(3) makes its number. /proc/PID/stat
// has the same in steps of 10 ms, a tenth of what a hundred viewers of a second
// cost.
func CPU(pid int) time.Duration {
	const sched = 2 // CPUCLOCK_SCHED of the kernel's posix-timers.h
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|sched), &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// CoreBusy is how long a core of the machine worked for somebody so far, in
// steps of 10 ms. Interrupts are left out: on loopback they are the network
// between the server and those who measure it.
func CoreBusy(core int) time.Duration {
	return spent("cpu"+strconv.Itoa(core), 0, 1, 2, 7)
}

// Stolen is how long the cores of a virtual machine were ready to run and its
// host ran something else instead, so far, in steps of 10 ms.
func Stolen() time.Duration { return spent("cpu", 7) }

// spent is what /proc/stat says of one core, or of all ("cpu"): the sum of the
// named columns of user, nice, system, idle, iowait, irq, softirq, steal.
func spent(core string, columns ...int) (sum time.Duration) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 9 || f[0] != core {
			continue
		}
		for _, c := range columns {
			ticks, _ := strconv.Atoi(f[1+c])
			sum += time.Duration(ticks) * time.Second / clockTicks
		}
	}
	return sum
}

// RunDelay is how long the threads of a process were ready to run and had to
// wait for the core, in seconds: large when the machine is busy elsewhere.
func RunDelay(pid int) (sum float64) {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if f := strings.Fields(string(b)); err == nil && len(f) > 1 {
			ns, _ := strconv.ParseFloat(f[1], 64)
			sum += ns / 1e9
		}
	}
	return sum
}

// Resident is the memory of a process, in bytes.
func Resident(pid int) int64 {
	return field(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:", 1) << 10
}

// SocketMemory is what all TCP sockets of the machine hold, in bytes.
func SocketMemory() int64 {
	return field("/proc/net/sockstat", "TCP:", 10) * int64(os.Getpagesize())
}

// field is the n-th word of the line that begins with name.
func field(file, name string, n int) int64 {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) > n && f[0] == name {
			v, _ := strconv.ParseInt(f[n], 10, 64)
			return v
		}
	}
	return 0
}
