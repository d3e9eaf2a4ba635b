package desk

import (
	"errors"
	"fmt"
	"time"

	"detente/internal/canon"
)

// What a caller may branch on. Each is one sentence that may be shown.
var (
	ErrSignIn         = errors.New("the sign-in is not accepted: officer, passphrase or key do not fit")
	ErrSlow           = errors.New("too many sign-ins were not accepted")
	ErrSession        = errors.New("the session has ended: sign in again")
	ErrRole           = errors.New("this officer does not have the role for it")
	ErrNoOfficer      = errors.New("there is no such officer")
	ErrLastAdmin      = errors.New("the last active officer with the role admin stays: give the role to another first")
	ErrNoDraft        = errors.New("there is no such draft")
	ErrAuthor         = errors.New("the author of a draft cannot clear, return or release it: another officer does")
	ErrNotYours       = errors.New("this is for another officer")
	ErrNotSubmitted   = errors.New("the draft is not submitted for clearance")
	ErrNothingToClear = errors.New("every step is cleared already")
	ErrDistinct       = errors.New("this officer has cleared another step: the chain wants a different officer for each")
	ErrReference      = errors.New("a concurrence from outside needs its reference")
	ErrStale          = errors.New("the draft was changed meanwhile: read it again")
	ErrNotCleared     = errors.New("the draft is not cleared")
	ErrNotUrgent      = errors.New("the chain does not allow an urgent release")
	ErrSent           = errors.New("the draft is sent already")
	ErrNoShift        = errors.New("there is no hand-over that waits for a second signature")
	ErrSameOfficer    = errors.New("a shift is handed over to another officer")
	ErrDropped        = errors.New("the draft was dropped")
	ErrAddress        = errors.New("a passkey works where the desk is opened by its name under TLS, or as localhost on its own machine")
	ErrPasskey        = errors.New("the passkey is not accepted")
	ErrDoubted        = errors.New("this passkey counted fewer uses than before, so that a copy may exist: it is not taken any more; sign in with the passphrase and remove it")
	ErrNoPasskey      = errors.New("there is no such passkey")
	ErrFounded        = errors.New("this house has an administrator already: officers are added by that one")
	ErrLink           = errors.New("this link was used, has ended, or gave way to a later one")
)

// SlowError is ErrSlow with the time until which sign-ins are refused.
type SlowError struct{ Until time.Time }

// Error says when to try again.
func (e *SlowError) Error() string {
	return fmt.Sprintf("%v: try again after %s", ErrSlow, canon.FormatTime(e.Until))
}

// Is reports whether target is ErrSlow.
func (e *SlowError) Is(target error) bool { return target == ErrSlow }

// SentError is ErrSent with the reference of the act that the draft became.
type SentError struct{ Ref string }

// Error names the act.
func (e *SentError) Error() string { return fmt.Sprintf("%v, as %s", ErrSent, e.Ref) }

// Is reports whether target is ErrSent.
func (e *SentError) Is(target error) bool { return target == ErrSent }

// TrailError names the first entry of the audit trail that does not agree.
type TrailError struct {
	Seq int64
	Why string
}

// Error says where and why.
func (e *TrailError) Error() string { return fmt.Sprintf("audit trail, entry %d: %s", e.Seq, e.Why) }
