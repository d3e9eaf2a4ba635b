package main

import (
	"errors"

	"detente/control"
)

// Exit codes. They are part of what scripts rely on: none changes its meaning.
const (
	exitDone         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitNotFound     = 3
	exitPermission   = 4
	exitVerification = 5
	exitUnreachable  = 6
	exitSecondPerson = 7
	exitFindings     = 8
	exitInterrupted  = 130
)

// exitHelp documents them.
const exitHelp = `Each command ends with one of these codes:

    0  done
    1  something else went wrong; the sentence says what
    2  the command was not understood
    3  what was named does not exist here
    4  sign-in or permission
    5  verification: what was checked does not hold
    6  peer not reachable; what was said is queued and will be sent
    7  a second person is needed
    8  there are findings: faults of a form, something to mend, missing or overdue
  130  interrupted

With --json an error is one document on stdout:
  {"error": {"code": "not-found", "message": "...", "hint": "..."}}
The codes in words are: failed, usage, not-found, permission, verification,
unreachable, second-person, findings, interrupted.
`

// exitOf is the one map from an error to an exit code.
func exitOf(err error) int {
	var s *statusError
	if errors.As(err, &s) {
		return s.exit
	}
	switch control.ErrorOf(err).Code {
	case control.Usage:
		return exitUsage
	case control.NotFound:
		return exitNotFound
	case control.Permission:
		return exitPermission
	case control.Verification:
		return exitVerification
	case control.Unreachable:
		return exitUnreachable
	case control.SecondPerson:
		return exitSecondPerson
	case control.Findings:
		return exitFindings
	case control.Interrupted:
		return exitInterrupted
	}
	return exitFailed
}

// statusError ends a command that has said everything already.
type statusError struct{ exit int }

// Error is for nobody: run does not print it.
func (e *statusError) Error() string { return "said already" }

// usage is an error of the command line.
func usage(hint, message string) error {
	return &control.Error{Code: control.Usage, Message: message, Hint: hint}
}

// failed is an error with a code.
func failed(code control.Code, hint, message string) error {
	return &control.Error{Code: code, Message: message, Hint: hint}
}
