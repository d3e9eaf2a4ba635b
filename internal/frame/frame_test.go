package frame

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

var update = flag.Bool("update", false, "write the vectors anew")

const (
	vectorsDir = "../../spec/vectors/frame"
	testMagic  = "detente-example/v1"
)

// write makes a framed file.
func write(t testing.TB, items ...Item) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, testMagic)
	for _, it := range items {
		if err := w.Write(it); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll reads a whole framed file.
func readAll(r io.Reader, lim Limits) ([]Item, error) {
	f := NewReader(r, testMagic, lim)
	var items []Item
	for {
		it, err := f.Next()
		if err == io.EOF {
			return items, nil
		}
		if err != nil {
			return nil, err
		}
		items = append(items, it)
	}
}

// closed puts the right closing line after text, as someone who lies would.
func closed(count int, text string) []byte {
	return fmt.Appendf([]byte(text), "end %d sha256:%x\n", count, sha256.Sum256([]byte(text)))
}

func good(t testing.TB) map[string][]byte {
	eight := slices.Repeat([]string{"a"}, maxArgs)
	return map[string][]byte{
		"none": write(t),
		"plain": write(t,
			Item{Type: "entry", Args: []string{"alatau/1f2e3d4c", "0"}, Body: []byte("first\nsecond")},
			Item{Type: "entry", Args: []string{"alatau/1f2e3d4c", "1"}},
			Item{Type: "blob", Body: []byte{0, 1, 2, '\n', 0xff}},
		),
		"end-in-body": write(t, Item{Type: "blob", Body: []byte("end 0 sha256:\n")}),
		"near-end":    write(t, Item{Type: "end-", Body: []byte("x")}, Item{Type: "-", Body: []byte("\n")}),
		"largest-header": write(t, Item{Type: strings.Repeat("z", maxType), Args: append(eight[:maxArgs-1:maxArgs-1],
			strings.Repeat("~", maxArg))}),
	}
}

func bad(t testing.TB) map[string][]byte {
	plain := good(t)["plain"]
	one := testMagic + "\nblob 1\nx\n"
	return map[string][]byte{
		"empty":               {},
		"magic-alone":         []byte(testMagic + "\n"),
		"magic-other":         closed(0, "detente-example/v2\n"),
		"magic-crlf":          closed(0, testMagic+"\r\n"),
		"magic-no-newline":    []byte(testMagic),
		"no-closing-line":     []byte(one),
		"cut-in-body":         plain[:40],
		"cut-in-closing-line": plain[:len(plain)-1],
		"bytes-after":         append(slices.Clone(plain), '\n'),
		"closed-twice":        append(closed(1, one), closed(1, one)[len(one):]...),
		"count-wrong":         closed(2, one),
		"count-leading-zero":  bytes.Replace(closed(1, one), []byte("end 1"), []byte("end 01"), 1),
		"hash-wrong":          bytes.Replace(closed(1, one), []byte("\nx\n"), []byte("\ny\n"), 1),
		"hash-upper-case":     append([]byte(one+"end 1 sha256:"), strings.ToUpper(string(closed(1, one)[len(one)+13:]))...),
		"end-with-argument":   bytes.Replace(closed(1, one), []byte("end 1 "), []byte("end 1  "), 1),
		"length-too-short":    closed(1, testMagic+"\nblob 1\nxy\n"),
		"length-too-long":     closed(1, testMagic+"\nblob 3\nx\n"),
		"length-leading-zero": closed(1, testMagic+"\nblob 01\nx\n"),
		"length-signed":       closed(1, testMagic+"\nblob +1\nx\n"),
		"length-negative":     closed(1, testMagic+"\nblob -1\nx\n"),
		"length-empty":        closed(1, testMagic+"\nblob \nx\n"),
		"length-missing":      closed(1, testMagic+"\nblob\nx\n"),
		"length-huge":         closed(1, testMagic+"\nblob 67108865\nx\n"),
		"length-overflow":     closed(1, testMagic+"\nblob 99999999999999999999\nx\n"),
		"type-empty":          closed(1, testMagic+"\n 1\nx\n"),
		"type-upper-case":     closed(1, testMagic+"\nBlob 1\nx\n"),
		"type-digit":          closed(1, testMagic+"\nblob2 1\nx\n"),
		"type-long":           closed(1, testMagic+"\n"+strings.Repeat("z", maxType+1)+" 1\nx\n"),
		"argument-empty":      closed(1, testMagic+"\nblob  1\nx\n"),
		"argument-tab":        closed(1, testMagic+"\nblob a\tb 1\nx\n"),
		"argument-not-ascii":  closed(1, testMagic+"\nblob é 1\nx\n"),
		"argument-long":       closed(1, testMagic+"\nblob "+strings.Repeat("~", maxArg+1)+" 1\nx\n"),
		"arguments-nine":      closed(1, testMagic+"\nblob"+strings.Repeat(" a", maxArgs+1)+" 1\nx\n"),
		"line-long":           closed(1, testMagic+"\nblob "+strings.Repeat("a", maxHeader)+" 1\nx\n"),
		"body-no-newline":     closed(1, testMagic+"\nblob 1\nx"),
		"crlf":                closed(1, testMagic+"\nblob 1\r\nx\n"),
	}
}

func TestRoundTrip(t *testing.T) {
	for name, b := range good(t) {
		// However the bytes arrive, the items are the same.
		for _, r := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b)), iotest.DataErrReader(bytes.NewReader(b))} {
			items, err := readAll(r, Limits{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again := write(t, items...); !bytes.Equal(again, b) {
				t.Errorf("%s: written again it is\n%q", name, again)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for name, b := range bad(t) {
		if _, err := readAll(bytes.NewReader(b), Limits{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestEveryCutIsRefused(t *testing.T) {
	b := good(t)["plain"]
	for n := range b {
		if _, err := readAll(bytes.NewReader(b[:n]), Limits{}); err == nil {
			t.Errorf("accepted when cut at %d", n)
		}
	}
}

func TestEveryFlipIsRefused(t *testing.T) {
	b := good(t)["plain"]
	for i := range b {
		c := slices.Clone(b)
		c[i] ^= 1
		if _, err := readAll(bytes.NewReader(c), Limits{}); err == nil {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
}

func TestLimits(t *testing.T) {
	b := good(t)["plain"]
	exact := Limits{Items: 3, Body: 12, Total: int64(len(b))}
	if _, err := readAll(bytes.NewReader(b), exact); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	for name, lim := range map[string]Limits{"items": {Items: 2}, "body": {Body: 11}, "total": {Total: 60}} {
		if _, err := readAll(bytes.NewReader(b), lim); err == nil {
			t.Errorf("%s: accepted over the limit", name)
		}
	}
}

// A length of 64 MiB with nothing behind it costs little memory.
func TestLyingLength(t *testing.T) {
	b := []byte(testMagic + "\nblob 67108864\nx\n")
	n := testing.Benchmark(func(bench *testing.B) {
		for bench.Loop() {
			if _, err := readAll(bytes.NewReader(b), Limits{}); err == nil {
				bench.Fatal("accepted")
			}
		}
	}).AllocedBytesPerOp()
	if n > 1<<20 {
		t.Errorf("it took %d bytes", n)
	}
}

func TestLargeBody(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 3*firstRead/16+1)
	b := write(t, Item{Type: "blob", Body: body})
	items, err := readAll(bytes.NewReader(b), Limits{})
	if err != nil || len(items) != 1 || !bytes.Equal(items[0].Body, body) {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestErrorsStay(t *testing.T) {
	boom := errors.New("boom")
	r := NewReader(io.MultiReader(strings.NewReader(testMagic+"\n"), iotest.ErrReader(boom)), testMagic, Limits{})
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, boom) {
			t.Errorf("error %v", err)
		}
	}
	whole := NewReader(bytes.NewReader(write(t)), testMagic, Limits{})
	for range 2 {
		if _, err := whole.Next(); err != io.EOF {
			t.Errorf("end %v", err)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	for name, it := range map[string]Item{
		"end":       {Type: "end"},
		"no type":   {},
		"space":     {Type: "blob", Args: []string{"a b"}},
		"empty":     {Type: "blob", Args: []string{""}},
		"nine":      {Type: "blob", Args: slices.Repeat([]string{"a"}, maxArgs+1)},
		"newline":   {Type: "blob", Args: []string{"a\n"}},
		"upper":     {Type: "Blob"},
		"long type": {Type: strings.Repeat("a", maxType+1)},
	} {
		w := NewWriter(io.Discard, testMagic)
		err := w.Write(it)
		if err == nil {
			t.Errorf("%s: written", name)
		}
		if again := w.Close(); again != err {
			t.Errorf("%s: closing says %v", name, again)
		}
	}
	w := NewWriter(io.Discard, testMagic)
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if err := w.Write(Item{Type: "blob"}); err == nil {
		t.Error("written after the closing line")
	}
	full := NewWriter(brokenWriter{}, testMagic)
	full.Write(Item{Type: "blob", Body: make([]byte, 2*firstRead)})
	if err := full.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a broken writer gave %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestVectors(t *testing.T) {
	files := map[string][]byte{}
	for name, b := range good(t) {
		files["good-"+name+".frame"] = b
	}
	for name, b := range bad(t) {
		_, err := readAll(bytes.NewReader(b), Limits{})
		if err == nil {
			t.Fatalf("%s: accepted", name)
		}
		files["bad-"+name+".frame"] = b
		files["bad-"+name+".frame.why"] = []byte(err.Error() + "\n")
	}
	if *update {
		if err := errors.Join(os.RemoveAll(vectorsDir), os.MkdirAll(vectorsDir, 0o755)); err != nil {
			t.Fatal(err)
		}
		for name, b := range files {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	entries, err := os.ReadDir(vectorsDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(files) {
		t.Errorf("%d files in the folder where %d belong", len(entries), len(files))
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(vectorsDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what this code writes: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob(vectorsDir + "/*.frame")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds in %s: %v", vectorsDir, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		items, err := readAll(bytes.NewReader(b), Limits{})
		if err != nil {
			return
		}
		if again := write(t, items...); !bytes.Equal(again, b) {
			t.Errorf("read and written again it is\n%q", again)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	body := make([]byte, 2000)
	items := slices.Repeat([]Item{{Type: "entry", Args: []string{"alatau/1f2e3d4c", "123456"}, Body: body}}, 1000)
	file := write(b, items...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := readAll(bytes.NewReader(file), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
