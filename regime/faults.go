package regime

import "fmt"

// FormError lists what is to be changed in a form, in the order of its parts: a
// *LineError each where the form was written in YAML. Of one field, choice, group,
// condition or rule it names the first fault.
type FormError struct{ Faults []error }

func (e *FormError) Error() string {
	return fmt.Sprintf("%v (and %d more)", e.Faults[0], len(e.Faults)-1)
}

// Unwrap gives all faults.
func (e *FormError) Unwrap() []error { return e.Faults }

// faults gathers what is wrong with the parts of a form.
type faults []error

func (f *faults) add(err error) {
	if many, ok := err.(*FormError); ok {
		*f = append(*f, many.Faults...)
	} else if err != nil {
		*f = append(*f, err)
	}
}

// err is nil, the one fault, or all of them.
func (f faults) err() error {
	switch len(f) {
	case 0:
		return nil
	case 1:
		return f[0]
	}
	return &FormError{f[:min(len(f), maxFaults)]}
}

// eachFault alters every fault of err.
func eachFault(err error, alter func(error) error) error {
	many, ok := err.(*FormError)
	if !ok {
		return alter(err)
	}
	var all faults
	for _, f := range many.Faults {
		all.add(alter(f))
	}
	return all.err()
}
