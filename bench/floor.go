package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"
	"filippo.io/mldsa"
)

// entrySize is the size in bytes of what is sent, appended and caught up with:
// a filled form of a notification.
const entrySize = 2048

// floor is what this machine needs for each unavoidable step, each the median of
// many, with the bare libraries and files. An ML-DSA signature is made by trying
// until one fits: of it the mean counts, without the slowest twentieth.
type floor struct {
	Append   time.Duration `json:"append_fsync"`        // append 2 kB, fsync
	Batch    time.Duration `json:"append_batch_fsync"`  // append 256 × 2 kB, fsync
	Guard    time.Duration `json:"overwrite_fdatasync"` // overwrite 2 kB, fdatasync
	Sign     time.Duration `json:"ed25519_sign"`
	Verify   time.Duration `json:"ed25519_verify"`
	SignPQ   time.Duration `json:"mldsa44_sign"`
	VerifyPQ time.Duration `json:"mldsa44_verify"`
	Seal     time.Duration `json:"hybrid_seal"` // 2 kB to one recipient
	Open     time.Duration `json:"hybrid_open"`
	Stanza   time.Duration `json:"hybrid_stanza"` // each further recipient
	Hash     time.Duration `json:"sha256"`        // 2 kB
}

// signed and checked are the three lines of a record's own checkpoint.
func (f floor) signed() time.Duration  { return 2*f.Sign + f.SignPQ }
func (f floor) checked() time.Duration { return 2*f.Verify + f.VerifyPQ }

// roundTrip is the sum of what a notice and its receipt cannot do without: sealed
// and opened; a checkpoint signed at each end and verified at the other; the act
// made durable there, here, and the receipt there; the head kept outside the
// database wherever something was signed.
func (f floor) roundTrip() time.Duration {
	return f.Seal + f.Open + 2*f.signed() + 2*f.checked() + 3*f.Append + 2*f.Guard
}

// append is one act, or 256 of them, appended, signed and durable.
func (f floor) append() time.Duration { return f.Hash + f.signed() + f.Append + f.Guard }
func (f floor) batch() time.Duration  { return 256*f.Hash + f.signed() + f.Batch + f.Guard }

func measureFloor(dir string) (floor, error) {
	var f floor
	if err := f.disk(dir); err != nil {
		return f, fmt.Errorf("measure the disk: %w", err)
	}
	if err := f.crypto(); err != nil {
		return f, fmt.Errorf("measure the processor: %w", err)
	}
	return f, nil
}

func (f *floor) disk(dir string) error {
	data := make([]byte, 256*entrySize)
	if _, err := rand.Read(data); err != nil {
		return err
	}
	path := filepath.Join(dir, "floor")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer file.Close()
	write := func(n int) func() error {
		return func() error {
			_, err := file.Write(data[:n])
			return errors.Join(err, file.Sync())
		}
	}
	if f.Append, err = typical(150, write(entrySize)); err != nil {
		return err
	}
	if f.Batch, err = typical(20, write(256*entrySize)); err != nil {
		return err
	}
	f.Guard, err = typical(150, func() error {
		_, err := file.WriteAt(data[:entrySize], 0)
		return errors.Join(err, syncData(file))
	})
	return err
}

func (f *floor) crypto() error {
	text := make([]byte, entrySize)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	var sig []byte
	f.Sign, _ = typical(100, func() error { sig = ed25519.Sign(private, text); return nil })
	if f.Verify, err = typical(100, func() error {
		if !ed25519.Verify(public, text, sig) {
			return errors.New("a signature does not verify")
		}
		return nil
	}); err != nil {
		return err
	}
	quantum, err := mldsa.GenerateKey(mldsa.MLDSA44())
	if err != nil {
		return err
	}
	if f.SignPQ, err = mean(200, func() error { sig, err = quantum.Sign(nil, text, nil); return err }); err != nil {
		return err
	}
	if f.VerifyPQ, err = typical(100, func() error { return mldsa.Verify(quantum.PublicKey(), text, sig, nil) }); err != nil {
		return err
	}
	f.Hash, _ = typical(20, func() error {
		for range 100 {
			sha256.Sum256(text)
		}
		return nil
	})
	f.Hash /= 100
	return f.sealing(text)
}

func (f *floor) sealing(text []byte) error {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	var sealed []byte
	to := func(n int) func() error {
		all := slices.Repeat([]age.Recipient{id.Recipient()}, n)
		return func() error {
			var out bytes.Buffer
			w, err := age.Encrypt(&out, all...)
			if err != nil {
				return err
			}
			_, err = w.Write(text)
			err = errors.Join(err, w.Close())
			sealed = out.Bytes()
			return err
		}
	}
	many, err := typical(20, to(11))
	if err != nil {
		return err
	}
	if f.Seal, err = typical(50, to(1)); err != nil {
		return err
	}
	f.Stanza = (many - f.Seal) / 10
	f.Open, err = typical(50, func() error {
		r, err := age.Decrypt(bytes.NewReader(sealed), id)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r)
		return err
	})
	return err
}

// typical runs f and returns the median of its times.
func typical(times int, f func() error) (time.Duration, error) {
	took, err := timed(times, f)
	if err != nil {
		return 0, err
	}
	return percentile(took, 50), nil
}

func timed(times int, f func() error) ([]time.Duration, error) {
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		if err := f(); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}

// mean runs f and returns the mean of its times without the slowest twentieth.
func mean(times int, f func() error) (time.Duration, error) {
	took, err := timed(times, f)
	if err != nil {
		return 0, err
	}
	slices.Sort(took)
	took = took[:len(took)-len(took)/20]
	sum := time.Duration(0)
	for _, d := range took {
		sum += d
	}
	return sum / time.Duration(len(took)), nil
}

// percentile sorts d in place.
func percentile(d []time.Duration, p int) time.Duration {
	slices.Sort(d)
	return d[min(len(d)-1, len(d)*p/100)]
}
