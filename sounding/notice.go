package sounding

import (
	"errors"
	"strings"
)

// maxThread bounds the reference of a thread, in bytes, as an act does.
const maxThread = 64

// noticePrefix begins the body by which a side says that it goes on on the record.
const noticePrefix = "detente-on-the-record/v1 "

// OnTheRecord is the body by which a side says that it goes on on the record, in the
// thread named: 1 to 64 of letters, digits, full stop, slash and hyphen (ASCII). It
// is deniable like all that is said in a sounding.
func OnTheRecord(thread string) ([]byte, error) {
	if !isThread(thread) {
		return nil, errors.New("the reference of a thread is 1 to 64 letters, digits, full stops, slashes and hyphens")
	}
	return []byte(noticePrefix + thread), nil
}

// ParseOnTheRecord reads what OnTheRecord writes. What it does not accept is a text
// like any other.
func ParseOnTheRecord(body []byte) (thread string, ok bool) {
	thread, ok = strings.CutPrefix(string(body), noticePrefix)
	if !ok || !isThread(thread) {
		return "", false
	}
	return thread, true
}

func isThread(s string) bool {
	if s == "" || len(s) > maxThread {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("./-", c) >= 0:
		default:
			return false
		}
	}
	return true
}
