package durable

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// A guard file has two slots of one size, each beginning at a multiple of
// guardAlign. Each holds, from its start:
//
//	8 bytes  "dtguard1"
//	32 bytes SHA-256 of what follows, to the end of the content
//	8 bytes  number of the write, big-endian, from 1
//	4 bytes  length of the content, big-endian
//	content
//
// A write goes to slot number mod 2, so the other one still holds the content
// before it when the write is torn.
const (
	guardMagic  = "dtguard1"
	guardHeader = len(guardMagic) + sha256.Size + 8 + 4

	// guardAlign in bytes keeps the slots in different sectors of any disk, so
	// that a torn sector touches one only.
	guardAlign = 4096

	// maxGuard is the largest slot in bytes: a guard is small, or it would cost
	// more than replacing a file.
	maxGuard = 64 << 10
)

// ErrGuard is returned when a guard file holds something, but nothing whole: the
// disk or a hand changed it.
var ErrGuard = errors.New("the guard file is damaged")

// OverwriteFile puts data in the place of the older of the two slots of the
// guard file at path, and waits until it is on the disk. It makes the file, of
// full size, if there is none. size is the room of a slot in bytes, the same for
// ever; data may have 52 fewer. Cheaper than WriteFile, and a torn write leaves
// the content before it; after an error ReadGuard may show either. Writers of one
// file take turns.
func OverwriteFile(path string, data []byte, size int) error {
	return new(Files).OverwriteFile(path, data, size)
}

// OverwriteFile is as the function of that name.
func (f *Files) OverwriteFile(path string, data []byte, size int) error {
	if size > maxGuard || len(data) > size-guardHeader {
		return fmt.Errorf("overwrite %s: %d bytes do not fit a slot of %d", path, len(data), size)
	}
	if err := f.overwrite(path, data, size); err != nil {
		return fmt.Errorf("overwrite %s: %w", path, err)
	}
	return nil
}

func (f *Files) overwrite(path string, data []byte, size int) error {
	h, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.WriteFile(path, make([]byte, 2*stride(size)), 0o600); err != nil {
			return err
		}
		h, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return err
	}
	defer h.Close()
	last, _, err := newest(h, size)
	if err != nil {
		return err
	}
	err = f.faults.do(StepGuardWrite, func() error {
		_, err := h.WriteAt(slot(last+1, data), int64((last+1)%2)*int64(stride(size)))
		return err
	})
	if err != nil {
		return err
	}
	return f.faults.do(StepGuardSync, func() error { return syncData(h) })
}

// ReadGuard reads the newest whole content of the guard file at path. The error
// is fs.ErrNotExist if there is no file or nothing was written to it, ErrGuard
// if it is damaged. A damaged newer slot beside a whole older one is what a torn
// write leaves, and is not an error.
func ReadGuard(path string, size int) ([]byte, error) {
	h, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read guard: %w", err)
	}
	defer h.Close()
	n, data, err := newest(h, size)
	if err != nil {
		return nil, fmt.Errorf("read guard %s: %w", path, err)
	}
	if n == 0 {
		return nil, fmt.Errorf("read guard %s: nothing was written: %w", path, fs.ErrNotExist)
	}
	return data, nil
}

// stride is the distance between the starts of the slots.
func stride(size int) int { return (size + guardAlign - 1) / guardAlign * guardAlign }

// slot is the whole of one write.
func slot(n uint64, data []byte) []byte {
	body := binary.BigEndian.AppendUint64(nil, n)
	body = binary.BigEndian.AppendUint32(body, uint32(len(data)))
	body = append(body, data...)
	sum := sha256.Sum256(body)
	return append(append([]byte(guardMagic), sum[:]...), body...)
}

// newest finds the newest whole slot; number 0 means that there is none yet.
func newest(h *os.File, size int) (uint64, []byte, error) {
	step := stride(size)
	b, err := io.ReadAll(io.LimitReader(h, int64(2*step)+1))
	if err != nil {
		return 0, nil, err
	}
	if len(b) != 2*step {
		return 0, nil, fmt.Errorf("%w: its size is not %d bytes", ErrGuard, 2*step)
	}
	var last uint64
	var data []byte
	for i := range 2 {
		n, d, ok := parseSlot(b[i*step:i*step+step], size)
		if ok && n%2 == uint64(i) && n > last {
			last, data = n, d
		}
	}
	// The first write goes to the second slot: with nothing in the first one, a
	// slot that is not whole is a first write that was torn.
	if last == 0 && !bytes.Equal(b[:step], make([]byte, step)) {
		return 0, nil, fmt.Errorf("%w: neither of its two copies is whole", ErrGuard)
	}
	return last, data, nil
}

func parseSlot(b []byte, size int) (n uint64, data []byte, ok bool) {
	if string(b[:len(guardMagic)]) != guardMagic {
		return 0, nil, false
	}
	length := binary.BigEndian.Uint32(b[guardHeader-4:])
	if int64(length) > int64(size-guardHeader) {
		return 0, nil, false
	}
	body := b[len(guardMagic)+sha256.Size : guardHeader+int(length)]
	if sha256.Sum256(body) != [sha256.Size]byte(b[len(guardMagic):]) {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(body), bytes.Clone(body[12:]), true
}
