// Package interop holds tests alone: the judges that are not us. For the same
// entries and keys our records are compared with those of other implementations
// byte by byte, and stock clients read, check and use what our nodes serve. It
// is a module of its own, so that what the judges need never reaches the node.
package interop
