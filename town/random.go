package town

import "crypto/rand"

// cryptoRand is the randomness of a town that was given none.
var cryptoRand = rand.Reader
