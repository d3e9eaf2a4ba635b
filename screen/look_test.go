package screen

import (
	"net/http/httptest"
	"testing"
)

// TestPaged: each row of a list is on one page, and the pages lead to each other.
func TestPaged(t *testing.T) {
	all := make([]int, 2*rowsOfPage+1)
	for i := range all {
		all[i] = i
	}
	seen := 0
	for at := "/due?side=own&done=x"; at != ""; {
		rows, p := paged(&visit{r: httptest.NewRequest("GET", at, nil)}, all)
		for _, r := range rows {
			if r != seen {
				t.Fatalf("%s shows row %d, not %d", at, r, seen)
			}
			seen++
		}
		at = p.After
	}
	if seen != len(all) {
		t.Errorf("%d of %d rows are shown", seen, len(all))
	}
	for _, page := range []string{"0", "-1", "4", "x", "99999999999999999999"} {
		if rows, _ := paged(&visit{r: httptest.NewRequest("GET", "/due?page="+page, nil)}, all); len(rows) != rowsOfPage || rows[0] != 0 {
			t.Errorf("page %s shows %v", page, rows)
		}
	}
	if _, p := paged(&visit{r: httptest.NewRequest("GET", "/due", nil)}, []int{}); p.Pages != 1 || p.Before+p.After != "" {
		t.Errorf("an empty list has the pages %+v", p)
	}
}
