package main

import (
	"os"
	"syscall"
)

// syncData makes what was overwritten in a file durable.
func syncData(f *os.File) error { return syscall.Fdatasync(int(f.Fd())) }
