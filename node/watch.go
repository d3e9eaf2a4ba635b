package node

// Changed returns a channel that is closed when the next change of this node's
// store is durable: an own act, an arrival, a cosignature. Who waits for
// something asks for the channel first, then looks, then waits; so nothing falls
// between.
func (n *Node) Changed() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

// announce closes the channel of Changed and makes the next one.
func (n *Node) announce() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}
