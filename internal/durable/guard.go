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
	"path/filepath"
	"sync"
)

// A guard file has two slots of one size. Each holds, from its start:
//
//	8 bytes  "dtguard1"
//	32 bytes SHA-256 of what follows
//	8 bytes  number of the write, big-endian, from 1
//	4 bytes  length of the content, big-endian
//	content
//
// A write goes to slot number mod 2, so the other one still holds the content
// before it when the write is torn.
const (
	guardMagic  = "dtguard1"
	guardHeader = 8 + sha256.Size + 8 + 4
	guardSlot   = 8 << 10 // bytes: a checkpoint of 3.6 kB with room; a multiple of any sector

	// MaxGuard is the most bytes that a guard holds.
	MaxGuard = guardSlot - guardHeader
)

// ErrGuard is returned when a guard file holds something, but nothing whole: the
// disk or a hand changed it.
var ErrGuard = errors.New("the guard file is damaged")

// Guard is a small file overwritten in place: cheaper than replacing a file, and
// a torn write leaves the content before it. It is safe for concurrent use.
type Guard struct {
	faults *faults
	mu     sync.Mutex // guards what follows
	f      *os.File
	n      uint64 // number of the newest whole write
	data   []byte // its content
}

// OpenGuard opens the guard file at path, or makes an empty one of full size.
func OpenGuard(path string) (*Guard, error) { return new(Files).OpenGuard(path) }

// OpenGuard is as the function of that name.
func (f *Files) OpenGuard(path string) (*Guard, error) {
	h, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if err := f.WriteFile(path, make([]byte, 2*guardSlot), 0o600); err != nil {
			return nil, fmt.Errorf("make guard: %w", err)
		}
		h, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("open guard: %w", err)
	}
	g := &Guard{faults: &f.faults, f: h}
	if err := g.load(); err != nil {
		h.Close()
		return nil, fmt.Errorf("open guard %s: %w", path, err)
	}
	return g, nil
}

// ReadGuard reads the newest whole content of the guard file at path; false
// means that nothing was written yet or there is no file.
func ReadGuard(path string) ([]byte, bool, error) {
	h, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read guard: %w", err)
	}
	defer h.Close()
	g := &Guard{f: h}
	if err := g.load(); err != nil {
		return nil, false, fmt.Errorf("read guard %s: %w", filepath.Base(path), err)
	}
	return g.data, g.n > 0, nil
}

// load finds the newest whole slot.
func (g *Guard) load() error {
	b, err := io.ReadAll(io.LimitReader(g.f, 2*guardSlot+1))
	if err != nil {
		return err
	}
	if len(b) != 2*guardSlot {
		return fmt.Errorf("%w: it has %d bytes where %d belong", ErrGuard, len(b), 2*guardSlot)
	}
	used := false
	for i := range 2 {
		slot := b[i*guardSlot : (i+1)*guardSlot]
		n, data, ok := parseSlot(slot)
		used = used || !bytes.Equal(slot, make([]byte, guardSlot))
		if ok && n%2 == uint64(i) && n > g.n {
			g.n, g.data = n, data
		}
	}
	if used && g.n == 0 && !g.firstTorn(b) {
		return fmt.Errorf("%w: neither of its two copies is whole", ErrGuard)
	}
	return nil
}

// firstTorn reports whether only the slot of the first write was ever touched:
// a crash during the very first write leaves that.
func (g *Guard) firstTorn(b []byte) bool {
	return bytes.Equal(b[:guardSlot], make([]byte, guardSlot))
}

func parseSlot(b []byte) (n uint64, data []byte, ok bool) {
	if string(b[:len(guardMagic)]) != guardMagic {
		return 0, nil, false
	}
	size := binary.BigEndian.Uint32(b[guardHeader-4:])
	if size > MaxGuard {
		return 0, nil, false
	}
	body := b[len(guardMagic)+sha256.Size : guardHeader+int(size)]
	if sha256.Sum256(body) != [sha256.Size]byte(b[len(guardMagic):]) {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(body), bytes.Clone(body[12:]), true
}

// Read returns the newest content known to be whole; false means none.
func (g *Guard) Read() ([]byte, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return bytes.Clone(g.data), g.n > 0
}

// Write puts data, at most MaxGuard bytes, in the place of the older slot and
// waits until it is on the disk. After an error the file may hold either
// content; writing again goes to the same slot.
func (g *Guard) Write(data []byte) error {
	if len(data) > MaxGuard {
		return fmt.Errorf("write guard: %d bytes are more than %d", len(data), MaxGuard)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.n + 1
	body := binary.BigEndian.AppendUint64(nil, n)
	body = binary.BigEndian.AppendUint32(body, uint32(len(data)))
	body = append(body, data...)
	sum := sha256.Sum256(body)
	slot := append(append([]byte(guardMagic), sum[:]...), body...)
	err := g.faults.do(StepGuardWrite, func() error {
		_, err := g.f.WriteAt(slot, int64(n%2)*guardSlot)
		return err
	})
	if err != nil {
		return fmt.Errorf("write guard: %w", err)
	}
	if err := g.faults.do(StepGuardSync, func() error { return syncData(g.f) }); err != nil {
		return fmt.Errorf("write guard: %w", err)
	}
	g.n, g.data = n, bytes.Clone(data)
	return nil
}

// Close closes the file.
func (g *Guard) Close() error { return g.f.Close() }
