package interop

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"detente/internal/canon"
	"detente/party"
	"detente/seal"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"
	"filippo.io/age/armor"
)

// ageCommand builds age's own command at the version of go.mod.
func ageCommand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "age")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, "filippo.io/age/cmd/age").CombinedOutput()
	if err != nil {
		t.Fatalf("build age: %v\n%s", err, out)
	}
	return path
}

// age's own command opens what we sealed, with the key as it is exported, and
// for the one recipient of several; with another key it does not.
func TestAgeOpensSealed(t *testing.T) {
	command := ageCommand(t)
	body := []byte("two brigades, forty-two days\n")
	var ids []*age.HybridIdentity
	var to []*age.HybridRecipient
	for i := range 4 {
		id := keys(t, byte(20+i), party.Origin("alatau/0000000"+string(rune('1'+i)))).Sealing[0]
		ids = append(ids, id)
		to = append(to, id.Recipient())
	}
	binding := seal.Binding{Author: origin, Group: party.Group{1}, Outside: canon.DigestOf([]byte("outside"))}
	sealed, err := seal.Seal(rand.NewChaCha8([32]byte{}), seal.Content{Type: "text/plain", Body: body}, binding, to[:3])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	blob := filepath.Join(dir, "blob.age")
	if err := os.WriteFile(blob, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, id := range ids {
		file := filepath.Join(dir, "key.txt")
		if err := os.WriteFile(file, []byte(id.String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		decrypt := exec.Command(command, "--decrypt", "--identity", file, blob)
		decrypt.Stderr = &stderr
		plain, err := decrypt.Output()
		if i == 3 {
			if err == nil {
				t.Error("a key that it was not sealed to opens it")
			}
			continue
		}
		if err != nil {
			t.Fatalf("age with key %d: %v\n%s", i, err, stderr.Bytes())
		}
		if !bytes.Contains(plain, body) || !bytes.Contains(plain, []byte("text/plain")) {
			t.Errorf("age with key %d reads %q", i, plain)
		}
		opened, err := seal.Open(sealed, binding, i, ids[i:i+1])
		if err != nil || !bytes.Equal(opened.Body, body) {
			t.Errorf("we read %q (%v)", opened.Body, err)
		}
	}
}

// vector is one public test vector of the age format.
type vector struct {
	expect     string
	payload    []byte // SHA-256 of what can be read
	fileKey    []byte
	identities []age.Identity
	armored    bool
	file       []byte
}

// readVector reads the header lines of a vector and unpacks what follows.
func readVector(t *testing.T, text []byte) vector {
	t.Helper()
	var v vector
	packed := false
	for {
		line, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			t.Fatal("the vector has no file")
		}
		text = rest
		if len(line) == 0 {
			break
		}
		name, value, _ := strings.Cut(string(line), ": ")
		var err error
		switch name {
		case "expect":
			v.expect = value
		case "payload":
			v.payload, err = hex.DecodeString(value)
		case "file key":
			v.fileKey, err = hex.DecodeString(value)
		case "identity":
			var id age.Identity
			if strings.HasPrefix(value, "AGE-SECRET-KEY-PQ-") {
				id, err = age.ParseHybridIdentity(value)
			} else {
				id, err = age.ParseX25519Identity(value)
			}
			v.identities = append(v.identities, id)
		case "passphrase":
			var id age.Identity
			id, err = age.NewScryptIdentity(value)
			v.identities = append(v.identities, id)
		case "armored":
			v.armored = true
		case "compressed":
			packed = true
		case "comment":
		default:
			t.Fatalf("the vector has an unknown line %q", line)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if packed {
		r, err := zlib.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if text, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	v.file = text
	return v
}

// decrypt reads a vector with the age that our binary is linked with and says
// what came of it, in the words of the vectors.
func decrypt(v vector) (outcome string, plain []byte) {
	var in io.Reader = bytes.NewReader(v.file)
	if v.armored {
		in = armor.NewReader(in)
	}
	r, err := age.Decrypt(in, v.identities...)
	if err == nil {
		plain, err = io.ReadAll(r)
		if err == nil {
			return "success", plain
		}
		if _, ok := errors.AsType[*armor.Error](err); ok {
			return "armor failure", plain
		}
		return "payload failure", plain
	}
	if _, ok := errors.AsType[*armor.Error](err); ok {
		return "armor failure", nil
	}
	if _, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		return "no match", nil
	}
	if strings.HasSuffix(err.Error(), "bad header MAC") { // age has no value for it
		return "HMAC failure", nil
	}
	return "header failure", nil
}

// The public vectors pass with the age that is linked here.
func TestAgeVectors(t *testing.T) {
	files, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("only %d vectors: this shows little", len(files))
	}
	outcomes, keysFound := map[string]int{}, 0
	for _, f := range files {
		t.Run(f.Name(), func(t *testing.T) {
			text, err := fs.ReadFile(agetest.Vectors, f.Name())
			if err != nil {
				t.Fatal(err)
			}
			v := readVector(t, text)
			outcome, plain := decrypt(v)
			if outcome != v.expect {
				t.Fatalf("%s; want %s", outcome, v.expect)
			}
			if sum := sha256.Sum256(plain); v.payload != nil && (outcome == "success" || outcome == "payload failure") && !bytes.Equal(sum[:], v.payload) {
				t.Errorf("%d other bytes were read", len(plain))
			}
			outcomes[outcome]++
			if disclosed(t, v, plain) {
				keysFound++
			}
		})
	}
	for _, outcome := range []string{"success", "no match", "header failure", "HMAC failure", "payload failure", "armor failure"} {
		if outcomes[outcome] == 0 {
			t.Errorf("no vector ends with %q", outcome)
		}
	}
	if keysFound == 0 {
		t.Error("no file key was checked: this shows nothing of it")
	}
}

// disclosed checks the ground that seal stands on: the file key alone, taken out
// of the header, opens the same content, and package seal itself, which takes
// hybrid keys and its own inside only, opens no vector. It reports whether there
// was a file key to check.
func disclosed(t *testing.T, v vector, plain []byte) bool {
	t.Helper()
	var ids []*age.HybridIdentity
	for _, id := range v.identities {
		if hybrid, ok := id.(*age.HybridIdentity); ok {
			ids = append(ids, hybrid)
		}
	}
	binding := seal.Binding{Author: origin, Group: party.Group{1}, Outside: canon.DigestOf([]byte("outside"))}
	if _, err := seal.Open(v.file, binding, -1, ids); err == nil {
		t.Error("seal opened content without our inside")
	}
	if v.armored || v.expect != "success" || v.fileKey == nil {
		return false
	}
	header, err := age.ExtractHeader(bytes.NewReader(v.file))
	if err != nil {
		t.Fatal(err)
	}
	key, err := age.DecryptHeader(header, v.identities...)
	if err != nil || !bytes.Equal(key, v.fileKey) {
		t.Errorf("the file key is %x (%v), want %x", key, err, v.fileKey)
	}
	v.identities = []age.Identity{age.NewInjectedFileKeyIdentity(v.fileKey)}
	if outcome, again := decrypt(v); outcome != "success" || !bytes.Equal(again, plain) {
		t.Errorf("with the file key alone: %s, %d bytes", outcome, len(again))
	}
	return true
}
