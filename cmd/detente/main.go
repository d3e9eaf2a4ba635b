// Command detente runs a node of one state and everything that its officers do
// with it from a terminal or a script. It is a thin door: each noun has a file,
// each verb calls package control, which works the same whether or not the node
// runs. It has no rules of its own.
//
// Invariant: data goes to stdout and talk to stderr, every error is one sentence
// with a code that the help on exit codes documents, and nothing leaves the house
// that was not shown in full before. Use: doc/operating.md.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"detente/node"
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(node.GCPercent)
	}
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
