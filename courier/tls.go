package courier

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"detente/internal/canon"
	"detente/key"
	"detente/party"
)

// protocol is the one ALPN name.
const protocol = "h2"

// ServerTLS and ClientTLS make the configurations of both ends: TLS 1.3 only,
// the self-signed Ed25519 certificate of s, a certificate demanded of the
// other end, and its key compared with what is pinned. No authority, host name
// or validity is looked at, and no session is ever resumed: a resumed session
// would show a key that may have been retired since. The pin is checked in
// VerifyConnection, which runs on every handshake of whatever kind.
//
// peer is asked about the pin of who calls; now is the clock of the TLS layer.
func ServerTLS(s key.TransportSecret, peer func(canon.Digest) (party.ID, bool), now func() time.Time) *tls.Config {
	config := baseTLS(s, now)
	config.ClientAuth = tls.RequireAnyClientCert
	config.VerifyConnection = func(state tls.ConnectionState) error {
		pin, err := provenPin(state)
		if err != nil {
			return err
		}
		if _, ok := peer(pin); !ok {
			return fmt.Errorf("no party has the transport key %s", pin)
		}
		return nil
	}
	return config
}

// ClientTLS is documented at ServerTLS; pin is the key that must answer.
func ClientTLS(s key.TransportSecret, pin canon.Digest, now func() time.Time) *tls.Config {
	config := baseTLS(s, now)
	config.InsecureSkipVerify = true // no authority vouches; VerifyConnection compares the pin
	config.VerifyConnection = func(state tls.ConnectionState) error {
		shown, err := provenPin(state)
		if err != nil {
			return err
		}
		if shown != pin {
			return fmt.Errorf("%w: it is %s", ErrWrongKey, shown)
		}
		return nil
	}
	return config
}

// baseTLS is what both ends have in common.
func baseTLS(s key.TransportSecret, now func() time.Time) *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{certificate(s, now())},
		MinVersion:             tls.VersionTLS13,
		MaxVersion:             tls.VersionTLS13,
		CurvePreferences:       []tls.CurveID{tls.X25519MLKEM768, tls.X25519},
		NextProtos:             []string{protocol},
		SessionTicketsDisabled: true,
		Time:                   now,
	}
}

// certificate wraps the transport key, which is all that counts of it.
func certificate(s key.TransportSecret, now time.Time) tls.Certificate {
	der, err := s.Certificate(now)
	if err != nil {
		panic("courier: " + err.Error()) // a node without a transport key has no courier
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: s.Key}
}

// provenPin returns the pin of the other end, which proved in the handshake
// that it holds the key.
func provenPin(state tls.ConnectionState) (canon.Digest, error) {
	switch {
	case state.Version != tls.VersionTLS13:
		return canon.Digest{}, errors.New("the connection is not TLS 1.3")
	case state.DidResume:
		return canon.Digest{}, errors.New("a session was resumed")
	case state.NegotiatedProtocol != protocol:
		return canon.Digest{}, fmt.Errorf("the application protocol is %q, not %q", state.NegotiatedProtocol, protocol)
	case len(state.PeerCertificates) != 1:
		return canon.Digest{}, fmt.Errorf("%d certificates were shown, not one", len(state.PeerCertificates))
	}
	shown := state.PeerCertificates[0]
	if _, ok := shown.PublicKey.(ed25519.PublicKey); !ok {
		return canon.Digest{}, errors.New("the transport key is not Ed25519")
	}
	return key.PinOf(shown), nil
}
