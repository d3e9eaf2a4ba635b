package node

import (
	"sync"

	"filippo.io/age"
)

// maxSealers bounds the sealing keys that are kept, in number: every key of the
// largest group, and some that were rotated.
const maxSealers = 512

// sealers are the sealing keys of the parties as read once: to expand a hybrid
// key takes as long as to seal to it. The zero value is empty; it is safe for
// concurrent use.
type sealers struct {
	mu   sync.Mutex
	read map[string]*age.HybridRecipient // by the text in the roster
}

// recipient reads a sealing key.
func (s *sealers) recipient(text string) (*age.HybridRecipient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.read[text]; r != nil {
		return r, nil
	}
	r, err := age.ParseHybridRecipient(text)
	if err != nil {
		return nil, err
	}
	if s.read == nil || len(s.read) >= maxSealers {
		s.read = map[string]*age.HybridRecipient{}
	}
	s.read[text] = r
	return r, nil
}
