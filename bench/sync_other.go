//go:build !linux

package main

import "os"

// syncData makes what was overwritten in a file durable.
func syncData(f *os.File) error { return f.Sync() }
