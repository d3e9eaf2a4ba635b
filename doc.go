// Package detente is the root of détente, in which a group of states that trust
// neither each other nor any host runs its confidence-building measures. It
// holds no code: the program is cmd/detente, and the folders beside this file
// are its table of contents. What it does hold is house_test.go, the rules that
// every folder keeps. Start reading at ARCHITECTURE.md.
package detente
