package key

import (
	"fmt"

	"detente/party"
)

// Role is what a key may be used for. One key never serves two roles.
type Role string

const (
	Record    Role = "record"    // signs the checkpoints of the own record
	Witness   Role = "witness"   // cosigns that a record of another only grew
	Mirror    Role = "mirror"    // cosigns that everything of a record is durable here
	Sealing   Role = "sealing"   // opens what was sealed to the party
	Transport Role = "transport" // proves the node at the other end of a connection
)

// ParseRole checks that s names a role.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Record, Witness, Mirror, Sealing, Transport:
		return r, nil
	}
	return "", fmt.Errorf("role %q is none of record, witness, mirror, sealing, transport", s)
}

// CosignerName is the key name under which the party with record o cosigns in
// role Witness or Mirror: the origin of the first volume, a slash and the role.
func CosignerName(o party.Origin, r Role) string { return string(o.Base()) + "/" + string(r) }
