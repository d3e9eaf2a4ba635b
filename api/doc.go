// Package api is the interface of a node for other programs of the same house: each
// verb of control as one POST of JSON over HTTP, described in OpenAPI 3.1 by the node
// itself. It has no rules of its own: who asks, and what a token reaches, is decided
// where a command is decided. It is not for peers.
//
// Invariant: every answer is JSON, or a file with its type; a call that its caller
// named is done once. Spec: spec/api.md.
package api
