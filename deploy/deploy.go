// Package deploy carries the files that make a node a service, so that the one
// binary can print them on a machine that has nothing else. It installs nothing
// and starts nothing.
//
// Invariant: the files are the bytes beside this one, and the unit passes
// "systemd-analyze verify". Use: doc/operating.md.
package deploy

import _ "embed"

// Unit is detente.service, a hardened systemd unit of Type=notify.
//
//go:embed detente.service
var Unit string

// Users is detente.sysusers, the account that the unit runs under, for systemd-sysusers.
//
//go:embed detente.sysusers
var Users string
