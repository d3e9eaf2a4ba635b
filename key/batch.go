package key

import (
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"

	"detente/internal/canon"
	"filippo.io/mldsa"
)

// batchDomain begins what the offline batch key signs; batchKeyDomain what its
// digest is of. Neither can begin a checkpoint or a cosigned message.
const (
	batchDomain     = "detente/batch/v1\n"
	batchKeyDomain  = "detente/batch-key/v1\n"
	statementDomain = "detente/key-statement/v1\n"
)

// BatchDigest commits to the offline key that signs batches of sealing and
// transport keys: SHA-256 over a domain string and the public key.
func BatchDigest(public ed25519.PublicKey) canon.Digest {
	h := sha256.New()
	h.Write([]byte(batchKeyDomain))
	h.Write(public)
	return canon.Digest(h.Sum(nil))
}

// BatchPublic is the public half of the offline batch key.
func (n *Next) BatchPublic() ed25519.PublicKey { return n.Batch.Public().(ed25519.PublicKey) }

// SignBatch signs a list of sealing and transport keys with the offline batch
// key; what the list looks like is for the roster to say.
func (n *Next) SignBatch(list []byte) []byte {
	return ed25519.Sign(n.Batch, append([]byte(batchDomain), list...))
}

// VerifyBatch checks a signature of SignBatch by the key that committed names.
func VerifyBatch(committed canon.Digest, public ed25519.PublicKey, list, sig []byte) error {
	if len(public) != ed25519.PublicKeySize || BatchDigest(public) != committed {
		return errors.New("verify batch of keys: the key is not the one that was committed to")
	}
	if !ed25519.Verify(public, append([]byte(batchDomain), list...), sig) {
		return errors.New("verify batch of keys: the signature is not by this key over this list")
	}
	return nil
}

// StatementSig is a key's own signature over a statement about keys: by the
// timed pair, and for a record by the plain key too.
type StatementSig struct {
	Plain   []byte // record keys only: 64 bytes
	Ed25519 []byte // 64 bytes
	MLDSA   []byte // 2,420 bytes
}

// SignStatement signs a statement about keys with both halves.
func (s *CosignerSecret) SignStatement(statement []byte) (StatementSig, error) {
	message := append([]byte(statementDomain), statement...)
	ed, err := signEd25519(s.Ed25519, s.Public.Ed25519, message)
	if err != nil {
		return StatementSig{}, fmt.Errorf("sign key statement: %w", err)
	}
	ml, err := signMLDSA(s.MLDSA, s.Public.MLDSA, message)
	if err != nil {
		return StatementSig{}, fmt.Errorf("sign key statement: %w", err)
	}
	return StatementSig{Ed25519: ed, MLDSA: ml}, nil
}

// VerifyStatement checks both signatures of SignStatement.
func (c Cosigner) VerifyStatement(statement []byte, sig StatementSig) error {
	if c.IsZero() {
		return errors.New("verify key statement: no key")
	}
	message := append([]byte(statementDomain), statement...)
	if !ed25519.Verify(c.Ed25519, message, sig.Ed25519) {
		return errors.New("verify key statement: the Ed25519 signature is not by this key over this statement")
	}
	if mldsa.Verify(c.MLDSA, message, sig.MLDSA, nil) != nil {
		return errors.New("verify key statement: the ML-DSA-44 signature is not by this key over this statement")
	}
	return nil
}

// SignStatement signs a statement about keys with all three keys of the record.
func (s *RecordSecret) SignStatement(statement []byte) (StatementSig, error) {
	sig, err := s.Timed.SignStatement(statement)
	if err != nil {
		return StatementSig{}, err
	}
	sig.Plain, err = signEd25519(s.Plain, s.Public.Plain, append([]byte(statementDomain), statement...))
	if err != nil {
		return StatementSig{}, fmt.Errorf("sign key statement: %w", err)
	}
	return sig, nil
}

// VerifyStatement checks the three signatures of SignStatement.
func (k RecordKey) VerifyStatement(statement []byte, sig StatementSig) error {
	if k.IsZero() {
		return errors.New("verify key statement: no key")
	}
	if !ed25519.Verify(k.Plain, append([]byte(statementDomain), statement...), sig.Plain) {
		return errors.New("verify key statement: the plain signature is not by this key over this statement")
	}
	return k.Timed.VerifyStatement(statement, sig)
}
