package durable

import "sync/atomic"

// Step names one act of writing, for the failure tables of tests.
type Step string

const (
	StepBegin      Step = "begin"       // of a transaction
	StepCommit     Step = "commit"      // of a transaction
	StepCreate     Step = "create"      // of the temporary file
	StepWrite      Step = "write"       // into it
	StepSync       Step = "sync"        // of it
	StepRename     Step = "rename"      // over the file that it replaces
	StepSyncDir    Step = "syncdir"     // of the folder
	StepGuardWrite Step = "guard-write" // into the older slot
	StepGuardSync  Step = "guard-sync"  // of the guard file
)

// Fault decides in tests how a step goes. With a nil error it goes as always.
// With an error the step returns it, and apply says whether its work was done
// all the same: "failed, but written" against "failed, not written".
type Fault func(s Step) (apply bool, err error)

// faults holds the Fault of a test, none in a running node.
type faults struct{ f atomic.Pointer[Fault] }

func (f *faults) set(fault Fault) {
	if fault == nil {
		f.f.Store(nil)
		return
	}
	f.f.Store(&fault)
}

// do runs one step.
func (f *faults) do(s Step, work func() error) error {
	fault := f.f.Load()
	if fault == nil {
		return work()
	}
	apply, err := (*fault)(s)
	if err == nil {
		return work()
	}
	if apply {
		if real := work(); real != nil {
			return real
		}
	}
	return err
}
