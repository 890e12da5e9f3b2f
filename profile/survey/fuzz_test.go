package survey_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
)

// FuzzTake surveys whatever stands in an account file: it ends without a panic, and its
// numbers are possible.
func FuzzTake(f *testing.F) {
	f.Add("id,mail,day\n1,A@x.example,2026-01-15\n2,a@x.example,15.01.2026\n3,,\n")
	f.Add("id;mail\n\xff;\"a;b\nc\"\n1; x \n1;花子\n")
	f.Add("id\n" + "0\n00\n000\n")
	const tenant = `[{"name":"P","priority":10,"authoritativeSource":{"name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
 {"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}},
 {"identityAttributeName":"email","transformDefinition":{"type":"lookup","attributes":{"table":{"a":"b"},"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}}}}]}},
 {"name":"HR","connector":"x","schemas":[{"name":"account","identityAttribute":"id","displayAttribute":"id","attributes":[{"name":"id"},{"name":"mail"},{"name":"day"}]}]}]`
	f.Fuzz(func(t *testing.T, accounts string) {
		folder := fstest.MapFS{
			"tenant.json":     {Data: []byte(tenant)},
			"accounts/HR.csv": {Data: []byte(accounts)},
		}
		b, _ := config.Load(folder)
		e, _ := profile.Compile(b, profile.Options{})
		o := survey.Options{Run: profile.RunOptions{Now: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), Workers: 1}}
		r, err := survey.Take(t.Context(), folder, b, e, o)
		if err != nil {
			return // such as a file without its id column
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		check := func(name string, s survey.Stats) {
			if s.Filled > s.Rows || s.Distinct > 0 && s.Filled == 0 || s.Shortest > s.Longest {
				t.Errorf("%s: %+v", name, s)
			}
		}
		for _, s := range r.Sources {
			for _, c := range s.Columns {
				check(c.Name, c.Stats)
			}
		}
		for _, a := range r.Attributes {
			check(a.Name, a.Stats)
			nulls := 0
			for _, n := range a.Nulls {
				nulls += n.Count
			}
			if nulls != a.Rows-a.Filled {
				t.Errorf("%s: %d reasons for %d nulls", a.Name, nulls, a.Rows-a.Filled)
			}
		}
	})
}
