package courier

import "time"

// pace bounds how long one direction of one transfer may wait for the peer:
// only the time inside the calls counts, so that a slow disk here is not held
// against the peer. One goroutine uses it. The times are the process's own
// clock, which measures and never dates anything.
type pace struct {
	expire func() // unblocks the call under way
	bytes  int64
	spent  time.Duration
}

// allowance is how long bytes may have taken.
func allowance(bytes int64) time.Duration {
	return patience + time.Duration(bytes)*time.Second/minRate
}

// during runs one read or write; ErrSlow says that it was cut short.
func (p *pace) during(f func() (int, error)) (int, error) {
	start := time.Now()
	fired := make(chan struct{})
	timer := time.AfterFunc(allowance(p.bytes)-p.spent, func() {
		p.expire()
		close(fired)
	})
	n, err := f()
	late := !timer.Stop()
	if late {
		<-fired // expire must not outlive the request
	}
	p.bytes += int64(n)
	p.spent += time.Since(start)
	if late && err != nil {
		return n, ErrSlow
	}
	return n, err
}
