// Package gauge tells the operator's own monitoring how a node is: /metrics in
// the text format of Prometheus 0.0.4, /healthz and /readyz. It calls the verbs of
// control that need no sign-in, and shows counts and times only: no content, no
// officer, no thread. What a text provides for is not measured here, and nobody
// is ranked.
//
// It is for a local address and for no peer. Invariant: an answer changes nothing
// in the node, and whether a node is ready never depends on another party.
// Use: doc/operating.md.
package gauge
