package builtin_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// chooses is a mapping set that picks accounts in all ways.
func chooses() (items []transform.Item) {
	filters := []string{
		``, `,"accountPropertyFilter":"type == \"a\""`, `,"accountPropertyFilter":"!(type == \"b\") && rank >= \"2\""`, `,"accountFilter":"nativeIdentity.startsWith(\"1\")"`,
		`,"accountFilter":"displayName != null","accountPropertyFilter":"groups.contains(\"g1\") || type.isNull()"`,
		`,"accountPropertyFilter":"type.inIgnoreCase({\"A\",\"c\"})"`, `,"accountPropertyFilter":null`, `,"accountFilter":"entitlements.containsAll({\"e\"})"`,
	}
	orders := []string{
		``, `,"accountSortAttribute":"rank"`, `,"accountSortAttribute":"rank","accountSortDescending":true`, `,"accountSortDescending":"true"`,
		`,"accountSortAttribute":"created","accountSortDescending":true`, `,"accountSortAttribute":"missing"`,
	}
	for _, filter := range filters {
		for _, order := range orders {
			for _, first := range []string{``, `,"accountReturnFirstLink":true`, `,"accountReturnFirstLink":"false"`} {
				for _, attribute := range []string{"mail", "nativeIdentity"} {
					src := `{"type":"lower","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"` + attribute + `"` + filter + order + first + `}}}}`
					def, found := transform.Parse("c.json", []byte(src))
					if len(found) > 0 {
						panic(fmt.Sprint(found))
					}
					items = append(items, transform.Item{Def: def})
				}
			}
		}
	}
	return items
}

// randomAccounts makes accounts with few values, so that filters and orders meet.
func randomAccounts(r *rand.Rand, n int) []identity.Account {
	var list []identity.Account
	for i := range n {
		values := map[string]identity.Value{}
		set := func(name string, of ...identity.Value) {
			if k := r.IntN(len(of) + 1); k < len(of) {
				values[name] = of[k]
			}
		}
		text := identity.StringValue
		set("type", text("a"), text("b"), text("A"))
		set("rank", text("1"), text("2"), identity.IntValue(3), text("10"))
		set("mail", text("X@a"), text("Y@a"), text(""))
		set("groups", identity.StringsValue("g1", "g2"), text("g1"))
		a := identity.Account{Source: []string{"HR", "AD"}[r.IntN(8)/7], NativeIdentity: fmt.Sprint(r.IntN(30)), Attributes: identity.NewAttributes(values)}
		if r.IntN(4) > 0 {
			a.Created = time.Unix(int64(r.IntN(3)), 0)
		}
		if i%3 == 0 {
			a.Entitlements = []string{"e"}
		}
		list = append(list, a)
	}
	return list
}

// TestChoiceSame: what is chosen in advance agrees with the plain way.
func TestChoiceSame(t *testing.T) {
	items := chooses()
	fast, _ := builtin.Library().Link(transform.Options{}, items...)
	plain, _ := builtin.Library().Link(transform.Options{Plain: true}, items...)
	sf, sp := fast.NewScope(t.Context(), &transform.Env{}), plain.NewScope(t.Context(), &transform.Env{})
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		accounts := randomAccounts(r, r.IntN(6)+20*(round%50/49))
		sf.Reset(nil, accounts)
		sp.Reset(nil, accounts)
		for i, item := range items {
			got, err := fast.Programs()[i].Eval(sf, identity.Value{})
			want, err2 := plain.Programs()[i].Eval(sp, identity.Value{})
			if got.String() != want.String() || fmt.Sprint(err) != fmt.Sprint(err2) {
				t.Fatalf("round %d, %s: got %s, %v, want %s, %v", round, item.Def.Node.Append(nil), got, err, want, err2)
			}
		}
	}
}

// BenchmarkChoice reads ten attributes from accounts that a filter and an order
// choose.
func BenchmarkChoice(b *testing.B) {
	var items []transform.Item
	for i := range 10 {
		def, _ := transform.Parse("c.json", []byte(fmt.Sprintf(`{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"a%d","accountPropertyFilter":"type == \"a\" && !(rank == \"9\")","accountSortAttribute":"rank"}}`, i)))
		items = append(items, transform.Item{Def: def})
	}
	r := rand.New(rand.NewPCG(1, 2))
	var people [][]identity.Account
	for range 100 {
		people = append(people, randomAccounts(r, 3))
	}
	for _, o := range []transform.Options{{}, {Plain: true}} {
		u, _ := builtin.Library().Link(o, items...)
		s := u.NewScope(b.Context(), &transform.Env{})
		b.Run(fmt.Sprintf("plain=%v", o.Plain), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, accounts := range people {
					s.Reset(nil, accounts)
					for _, p := range u.Programs() {
						if _, err := p.Eval(s, identity.Value{}); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}
