package key

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"time"

	"detente/internal/canon"
)

// TransportSecret is an Ed25519 key whose self-signed certificate is pinned by
// the SHA-256 of its SubjectPublicKeyInfo.
type TransportSecret struct{ Key ed25519.PrivateKey }

// Pin is the SHA-256 of the key's SubjectPublicKeyInfo in DER.
func (s TransportSecret) Pin() canon.Digest {
	der, err := x509.MarshalPKIXPublicKey(s.Key.Public())
	if err != nil {
		panic("key: " + err.Error()) // an Ed25519 key always has this form
	}
	return canon.DigestOf(der)
}

// PinOf is the pin of a certificate that the other end of a connection showed.
func PinOf(c *x509.Certificate) canon.Digest { return canon.DigestOf(c.RawSubjectPublicKeyInfo) }

// Certificate makes the self-signed certificate for mutual TLS, in DER. Only its
// key counts: names and dates say nothing, so it begins a day before now, for
// clocks that are behind, and has the end of RFC 5280 §4.1.2.5 that means "none".
func (s TransportSecret) Certificate(now time.Time) ([]byte, error) {
	if len(s.Key) != ed25519.PrivateKeySize {
		return nil, errors.New("make transport certificate: no key")
	}
	pin := s.Pin()
	serial := sha256.Sum256(append([]byte("detente/transport-serial/v1\n"), pin[:]...))
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial[:15]),
		Subject:               pkix.Name{CommonName: "detente"},
		DNSNames:              []string{"detente.invalid"},
		NotBefore:             now.UTC().Add(-24 * time.Hour).Truncate(time.Second),
		NotAfter:              time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	// Ed25519 signatures take no randomness and the serial number is given.
	der, err := x509.CreateCertificate(bytes.NewReader(nil), template, template, s.Key.Public(), s.Key)
	if err != nil {
		return nil, fmt.Errorf("make transport certificate: %w", err)
	}
	return der, nil
}
