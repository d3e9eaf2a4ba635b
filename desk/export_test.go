package desk

// TestOnlyHold takes every place where passphrases are hashed until the returned
// function is called.
func (d *Desk) TestOnlyHold() (release func()) {
	for range cap(d.hashing) {
		d.hashing <- struct{}{}
	}
	return func() {
		for range cap(d.hashing) {
			<-d.hashing
		}
	}
}
