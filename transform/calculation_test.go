package transform_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// calculate gives what all attributes of somebody come to, in words.
func calculate(s *transform.Scope, c *transform.Calculation, accounts []identity.Account, room, most int64) (said []string) {
	s.Reset(nil, accounts)
	clear(c.States)
	c.Room, c.Most = room, most
	order := []int{}
	for i := range c.Programs {
		order = append(order, i)
	}
	for len(order) > 0 {
		n, v, err := s.Calculate(c, order)
		if n == 0 {
			break
		}
		said = append(said, fmt.Sprintf("%d stops: %v %v", order[n-1], v, err == nil))
		c.States[order[n-1]], c.Values[order[n-1]] = transform.Done, identity.Value{}
		order = order[n:]
	}
	for i, v := range c.Values {
		said = append(said, fmt.Sprintf("%v %d", v, c.States[i]))
	}
	return append(said, fmt.Sprint(c.Room))
}

// TestCalculateRemembered: results that are remembered are those of a scope that remembers nothing,
// however little may be spent and kept.
func TestCalculateRemembered(t *testing.T) {
	o := transform.Options{Transforms: map[string]*transform.Definition{}}
	for name, src := range map[string]string{
		"clean": op("replace", `"regex":"\\s+","replacement":"-","input":`+hr("dept")),
		"again": op("reference", `"id":"clean"`),
		"once":  op("upper", `"input":`+op("trim", `"input":`+hr("dept"))),
		"more":  op("reference", `"id":"once"`),
		"name":  op("lower", `"input":`+op("join", `"separator":".","values":[`+hr("given")+`,`+hr("family")+`]`)),
		"null":  op("firstValid", `"ignoreErrors":true,"values":[`+op("substring", `"begin":4,"end":6,"input":`+hr("dept"))+`]`),
	} {
		def, _ := transform.Parse(name+".json", []byte(src))
		def.Name = name
		o.Transforms[name] = def
	}
	var items []transform.Item
	for _, src := range []string{
		op("reference", `"id":"clean"`), op("reference", `"id":"again"`), op("reference", `"id":"name"`), hr("mail"),
		op("reference", `"id":"null"`), op("indexOf", `"substring":"a","input":`+op("reference", `"id":"clean"`)),
		op("upper", `"input":`+op("reference", `"id":"name"`)), hr("dept"), op("reference", `"id":"once"`), op("reference", `"id":"more"`),
	} {
		def, _ := transform.Parse("case.json", []byte(src))
		items = append(items, transform.Item{Def: def})
	}
	unit, _ := builtin.Library().Link(o, items...)
	schema := identity.NewSchema("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	calculation := func() *transform.Calculation {
		return &transform.Calculation{Schema: schema, Programs: unit.Programs(),
			Values: make([]identity.Value, len(items)), States: make([]uint8, len(items))}
	}

	people := crowd()[:120]
	for steps := int64(1); steps < 24; steps++ {
		for _, room := range []int64{0, 7, 60, 100, 400, 500, 10_000} {
			env := &transform.Env{Limits: transform.Limits{Steps: steps, Output: 3 * steps}}
			s, c := unit.NewScope(t.Context(), env), calculation()
			for i, accounts := range people {
				most := room - int64(i%3)*20
				got := calculate(s, c, accounts, room, most)
				want := calculate(unit.NewScope(t.Context(), env), calculation(), accounts, room, most)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%d steps, room for %d, person %d (-alone +after others):\n%s", steps, room, i, diff)
				}
			}
		}
	}
}
