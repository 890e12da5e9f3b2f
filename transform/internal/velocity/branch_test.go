package velocity_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/transform/internal/limit"
	"github.com/idprofile/engine/transform/internal/velocity"
)

func TestBranchObserver(t *testing.T) {
	for _, tc := range []struct {
		name, template string
		want           []string // OFFSET BRANCH, in order
	}{
		{"first", "x#if($a == 'a')1#{else}2#end", []string{"1 0"}},
		{"else", "#if($a == 'b')1#{else}2#end", []string{"0 1"}},
		{"elseif", "  #if($a == 'b')1#elseif($a == 'a')2#end", []string{"2 1"}},
		{"no else", "#if($a == 'b')1#end", []string{"0 1"}},
		{"nested", "#if($a == 'a')#if($a == 'c')1#end#end", []string{"0 0", "14 1"}},
		{"in a loop", "#foreach($i in [1..2])#if($i == 1)x#end#end", []string{"22 0", "22 1"}},
		{"braces", "é#{if}($a == 'a')1#{end}", []string{"2 0"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tmpl, err := velocity.Parse(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			vars := make([]velocity.Value, len(tmpl.Names()))
			for i, name := range tmpl.Names() {
				if name == "a" {
					vars[i] = velocity.TextOf("a")
				}
			}
			var got []string
			b := &limit.Budget{Steps: 1000, Output: 1000, OnBranch: func(offset, branch int) { got = append(got, fmt.Sprint(offset, " ", branch)) }}
			if _, err := tmpl.Eval(b, vars, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}
