//go:build !unix

package home

import "errors"

// Free is the room on the disk of a folder, in bytes.
func Free(string) (int64, error) { return 0, errors.ErrUnsupported }
