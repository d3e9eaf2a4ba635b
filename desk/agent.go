package desk

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"detente/internal/canon"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// challengeFormat is the first line of a challenge. No message of SSH begins
// with it, so the signature serves nothing else.
const challengeFormat = "detente-sign-in/v1\n"

// keyTypes are the ssh keys that may sign in: no DSA, no certificates.
var keyTypes = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoSKED25519, ssh.KeyAlgoRSA,
	ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoSKECDSA256,
}

// parseKey reads an authorized_keys line without options; it returns the line as
// it is stored, without the comment.
func parseKey(line string) (ssh.PublicKey, string, error) {
	if len(line) > maxKeyLine {
		return nil, "", fmt.Errorf("ssh key: a line of %d bytes is longer than %d", len(line), maxKeyLine)
	}
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(options) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, "", errors.New("ssh key: not one line of an authorized_keys file without options")
	}
	if !slices.Contains(keyTypes, key.Type()) {
		return nil, "", fmt.Errorf("ssh key: type %s is not taken; make one with: ssh-keygen -t ed25519", key.Type())
	}
	if key.Type() == ssh.KeyAlgoRSA && len(key.Marshal()) < minRSA {
		return nil, "", errors.New("ssh key: RSA of less than 2,048 bits is not taken")
	}
	return key, strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n"), nil
}

// Challenge returns bytes for the officer's ssh-agent to sign: single use, for
// this officer, for two minutes. For a name without an account and a key it
// returns a challenge that no signature will answer.
func (d *Desk) Challenge(ctx context.Context, officer string) ([]byte, error) {
	nonce, err := d.randomHex(challengeSize)
	if err != nil {
		return nil, fmt.Errorf("make challenge: %w", err)
	}
	now := d.second()
	expires := now + seconds(challengeFor)
	challenge := []byte(challengeFormat + officer + "\n" + strconv.FormatInt(expires, 10) + "\n" + nonce + "\n")
	err = d.update(ctx, "make challenge", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "delete from desk_challenge where expires <= $1", now); err != nil {
			return err
		}
		o, _, err := readOfficer(ctx, tx, officer)
		if errors.Is(err, ErrNoOfficer) || err == nil && (!o.Active || o.SSHKey == "") {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`delete from desk_challenge where officer = $1 and hash not in
			 (select hash from desk_challenge where officer = $1 order by expires desc, hash limit $2)`, officer, maxChallenges-1)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "insert into desk_challenge (hash, officer, expires) values ($1, $2, $3)",
			canon.DigestOf(challenge).String(), officer, expires)
		return err
	})
	if err != nil {
		return nil, err
	}
	return challenge, nil
}

// Signer is what SignChallenge needs of an ssh-agent; agent.ExtendedAgent has it.
type Signer interface {
	SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error)
}

// SignChallenge has an ssh-agent sign a challenge with the key of an
// authorized_keys line. It refuses what is no challenge for this officer, so
// that nobody can have the agent sign anything else. The result is for SignInAgent.
func SignChallenge(a Signer, keyLine, officer string, challenge []byte) ([]byte, error) {
	if !strings.HasPrefix(string(challenge), challengeFormat+officer+"\n") {
		return nil, fmt.Errorf("sign challenge: this is no challenge for officer %s", officer)
	}
	key, _, err := parseKey(keyLine)
	if err != nil {
		return nil, fmt.Errorf("sign challenge: %w", err)
	}
	var flags agent.SignatureFlags
	if key.Type() == ssh.KeyAlgoRSA {
		flags = agent.SignatureFlagRsaSha512
	}
	sig, err := a.SignWithFlags(key, challenge, flags)
	if err != nil {
		return nil, fmt.Errorf("sign challenge: ssh-agent: %w", err)
	}
	return ssh.Marshal(sig), nil
}

// SignInAgent takes an ssh-agent's signature of a challenge, in the wire form of
// RFC 4253 §6.6. The challenge is used up whether or not the signature verifies.
func (d *Desk) SignInAgent(ctx context.Context, officer string, challenge, sshSignature []byte) (Session, error) {
	var open bool
	var o Officer
	err := d.update(ctx, "sign in", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, "delete from desk_challenge where hash = $1 and officer = $2 and expires > $3",
			canon.DigestOf(challenge).String(), officer, d.second())
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return err
		}
		open = n == 1
		o, _, err = readOfficer(ctx, tx, officer)
		if errors.Is(err, ErrNoOfficer) {
			return nil
		}
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if !open || !o.Active || !verify(o.SSHKey, challenge, sshSignature) {
		return Session{}, d.refuse(ctx, o, "by ssh-agent")
	}
	var s Session
	err = d.update(ctx, "sign in", func(tx *sql.Tx) error {
		now, _, err := readOfficer(ctx, tx, o.ID)
		if err != nil {
			return err
		}
		if !now.Active || now.SSHKey != o.SSHKey {
			return ErrSignIn
		}
		s, err = d.begin(ctx, tx, now, "by ssh-agent")
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// verify reports whether sshSignature is the key's over the challenge. RSA signs
// with SHA-2 only.
func verify(keyLine string, challenge, sshSignature []byte) bool {
	key, _, err := parseKey(keyLine)
	if err != nil {
		return false
	}
	var sig ssh.Signature
	if err := ssh.Unmarshal(sshSignature, &sig); err != nil {
		return false
	}
	hardware := key.Type() == ssh.KeyAlgoSKED25519 || key.Type() == ssh.KeyAlgoSKECDSA256
	if sig.Format == ssh.KeyAlgoRSA || len(sig.Rest) > 0 && !hardware {
		return false
	}
	return key.Verify(challenge, &sig) == nil
}
