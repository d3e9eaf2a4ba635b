package node

import (
	"fmt"
	"testing"

	"filippo.io/age"
)

func TestSealersReadOnceAndAreBounded(t *testing.T) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	var s sealers
	text := id.Recipient().String()
	first, err := s.recipient(text)
	if err != nil || first.String() != text {
		t.Fatalf("%v, %v", first, err)
	}
	if again, err := s.recipient(text); err != nil || again != first {
		t.Fatalf("read twice: %v, %v", again, err)
	}
	if _, err := s.recipient(text + "x"); err == nil {
		t.Fatal("a damaged key was read")
	}
	for i := len(s.read); i < maxSealers; i++ {
		s.read[fmt.Sprint(i)] = first
	}
	delete(s.read, text)
	s.read["one more"] = first
	if _, err := s.recipient(text); err != nil || len(s.read) > maxSealers {
		t.Fatalf("%d keys are kept, %v", len(s.read), err)
	}
}
