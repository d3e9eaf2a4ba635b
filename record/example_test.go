package record_test

import (
	"fmt"

	"detente/record"
	"golang.org/x/mod/sumdb/tlog"
)

// A record that came as a file is verified without a database: grow a tree out
// of its entries and compare the root with the signed checkpoint.
func ExampleTree() {
	var tree record.Tree
	for _, entry := range []string{"first act", "second act", "third act"} {
		if err := tree.Append(tlog.RecordHash([]byte(entry))); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(tree.Size(), tree.Root())
	// Output: 3 WfMhyOR9529hSSSvYG2O8f1EymrscgsRCP2D+nngNTM=
}
