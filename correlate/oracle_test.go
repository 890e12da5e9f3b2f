package correlate_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

var cases = flag.Int("cases", 40_000, "random cases of the comparison with the nested loop; 1000000 for all")

// world is a random population with accounts and a configuration.
type world struct {
	config   *correlate.Config
	options  correlate.Options
	people   []identity.Identity
	accounts []identity.Account
	second   map[int32]bool
	better   func(a, b int32) bool
}

var (
	words      = []string{"ann", "Ann", "ANN", " ann", "bob", "Bob ", "é", "E", "e", "007", "7", "07", "x1", "X1", "n/a", "", " ", "lee", "Lee", "ann lee", "a1", "1a"}
	properties = []string{"p", "q", "r", "name", "uid", "alias"}
	values     = []string{"a", "b", "c", "nativeIdentity", "displayName"}
	steps      = []string{"trim", "fold", "leadingZeros", "digits", "diacritics", "exact"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func randomValue(r *rand.Rand, lists bool) identity.Value {
	switch n := r.IntN(12); {
	case n == 0:
		return identity.Value{}
	case n == 1:
		return identity.IntValue(int64(r.IntN(9)))
	case n == 2 && lists:
		return identity.StringsValue(pick(r, words), pick(r, words))
	}
	return identity.StringValue(pick(r, words))
}

func randomWorld(r *rand.Rand, people, accounts int) *world {
	w := &world{second: map[int32]bool{}}
	for i := range people {
		w.people = append(w.people, identity.Identity{ID: fmt.Sprint(i), Alias: pick(r, words), Attributes: identity.NewAttributes(map[string]identity.Value{
			"p": randomValue(r, true), "q": randomValue(r, false), "r": randomValue(r, false), "uid": randomValue(r, false)})})
		if r.IntN(5) == 0 {
			w.second[int32(i)] = true
		}
	}
	for i := range accounts {
		w.accounts = append(w.accounts, identity.Account{Source: "S", NativeIdentity: pick(r, words) + strings.Repeat("#", r.IntN(2)*(i+1)), Name: pick(r, words),
			Created: time.Unix(int64(i), 0),
			Attributes: identity.NewAttributes(map[string]identity.Value{
				"a": randomValue(r, true), "b": randomValue(r, true), "c": randomValue(r, false)})})
	}
	if r.IntN(2) == 0 {
		w.better = func(a, b int32) bool { return a > b }
	}
	w.options = correlate.Options{AmbiguityStop: r.IntN(4) == 0, HonourIgnoreCase: r.IntN(3) == 0, MatchMode: r.IntN(3) == 0, CorrelatedOnly: r.IntN(4) == 0}
	if r.IntN(4) == 0 {
		w.options.Placeholders = []string{"n/a", "7"}
	}
	w.config = randomConfig(r)
	return w
}

func randomConfig(r *rand.Rand) *correlate.Config {
	c := &correlate.Config{NoDefault: r.IntN(3) == 0}
	if r.IntN(6) == 0 {
		c.Exclude = `account.c == "bob"`
	}
	for range r.IntN(3) {
		c.Assignments = append(c.Assignments, correlate.Assignment{Property: pick(r, properties), Value: pick(r, values), IgnoreCase: r.IntN(2) == 0,
			MatchMode: pick(r, []string{"", "", "", "START", "END", "ANYWHERE"})})
	}
	for i := range r.IntN(3) {
		rule := correlate.RuleConfig{ID: fmt.Sprint("r", i), Priority: int64(r.IntN(3)), MaxShared: r.IntN(4),
			OnAmbiguous: pick(r, []correlate.OnAmbiguous{"", correlate.Next, correlate.Stop, correlate.Narrow})}
		if r.IntN(4) == 0 {
			rule.When = `account.b != "bob"`
		}
		if r.IntN(4) == 0 {
			rule.Predicate = `account.b != identity.q`
		}
		for range 1 + r.IntN(2) {
			var names []string
			for range r.IntN(3) {
				names = append(names, pick(r, steps))
			}
			rule.Conditions = append(rule.Conditions, correlate.ConditionConfig{
				Identity: correlate.SideConfig{Attribute: pick(r, properties[:3]), Normalize: names}, Account: correlate.SideConfig{Attribute: pick(r, values), Normalize: names}})
		}
		c.Rules = append(c.Rules, rule)
	}
	return c
}

// The oracle: nested loops over everything, written apart from the engine.

func oracleNormalise(s string, names []string) string {
	if names == nil {
		names = []string{"fold"}
	}
	for _, name := range names {
		switch name {
		case "trim":
			s = strings.TrimSpace(s)
		case "fold":
			s = strings.ToLower(strings.ToUpper(s))
		case "leadingZeros":
			for len(s) > 1 && s[0] == '0' {
				s = s[1:]
			}
		case "digits":
			out := ""
			for _, c := range s {
				if c >= '0' && c <= '9' {
					out += string(c)
				}
			}
			s = out
		case "diacritics":
			s = strings.NewReplacer("é", "e", "É", "E").Replace(s)
		}
	}
	return s
}

// oracleTexts gives the normalised texts of a value, without those that mean nothing.
func oracleTexts(v identity.Value, names, placeholders []string, split bool) []string {
	items := []identity.Value{v}
	if split && v.Kind() == identity.List {
		items = v.List()
	}
	var out []string
	for _, item := range items {
		s := item.Text()
		if item.IsNull() || strings.TrimSpace(s) == "" || slices.Contains(placeholders, strings.ToLower(strings.TrimSpace(s))) {
			continue
		}
		t := oracleNormalise(s, names)
		if strings.TrimSpace(t) == "" || len(names) > 1 && slices.Contains(placeholders, strings.ToLower(strings.TrimSpace(t))) {
			continue
		}
		out = append(out, t)
	}
	return out
}

func (w *world) identityValue(n int, property string) identity.Value {
	if property == "name" || property == "alias" {
		return identity.StringValue(w.people[n].Alias)
	}
	return w.people[n].Attributes.Get(property)
}

func (w *world) oracleEqual(n int, property, text string, names, placeholders []string, mode string) bool {
	texts := oracleTexts(w.identityValue(n, property), names, placeholders, false)
	if len(texts) == 0 {
		return false
	}
	switch mode {
	case "START":
		return strings.HasPrefix(texts[0], text)
	case "END":
		return strings.HasSuffix(texts[0], text)
	case "ANYWHERE":
		return strings.Contains(texts[0], text)
	}
	return texts[0] == text
}

// oracleHolders gives those with the property; of a uid the best one.
func (w *world) oracleHolders(property, text string, names, placeholders []string, mode string) []int32 {
	var found []int32
	for n := range w.people {
		if w.oracleEqual(n, property, text, names, placeholders, mode) {
			found = append(found, int32(n))
		}
	}
	if property == "uid" && w.better != nil && mode == "" && len(found) > 1 {
		best := found[0]
		for _, n := range found {
			if w.better(n, best) {
				best = n
			}
		}
		return []int32{best}
	}
	if len(found) == 0 && (property == "name" || property == "alias") && mode == "" {
		return w.oracleHolders("uid", text, names, placeholders, mode)
	}
	return found
}

type oracleState struct {
	narrow []int32
	notes  []correlate.Ambiguity
}

func merge(lists ...[]int32) []int32 {
	out := slices.Concat(lists...)
	slices.Sort(out)
	return slices.Compact(out)
}

func (w *world) oracle(a *identity.Account) correlate.Match {
	none := correlate.Match{Method: correlate.Uncorrelated, Identity: -1}
	if w.config.Exclude != "" && a.Attributes.Get("c").Text() == "bob" {
		none.Excluded = true
		return none
	}
	s := &oracleState{}
	rules := slices.Clone(w.config.Rules)
	slices.SortStableFunc(rules, func(a, b correlate.RuleConfig) int { return int(a.Priority - b.Priority) })
	for i, r := range rules {
		if m, done := w.oracleRule(a, r, i, s); done {
			m.Ambiguous = s.notes
			return m
		}
	}
	for i, as := range w.config.Assignments {
		names := []string{"fold"}
		if w.options.HonourIgnoreCase && !as.IgnoreCase {
			names = []string{"exact"}
		}
		mode := ""
		if w.options.MatchMode {
			mode = as.MatchMode
		}
		var lists [][]int32
		for _, t := range oracleTexts(a.Property(as.Value), names, w.options.Placeholders, true) {
			lists = append(lists, w.oracleHolders(as.Property, t, names, w.options.Placeholders, mode))
		}
		on := correlate.Next
		if w.options.AmbiguityStop {
			on = correlate.Stop
		}
		number := len(rules) + i
		found := correlate.Match{Method: correlate.ByConfig, Criterion: number, Rule: fmt.Sprint("config ", i)}
		if m, done := w.oracleDecide(merge(lists...), found, on, 0, s, number, nil); done {
			m.Ambiguous = s.notes
			return m
		}
	}
	for i, name := range []string{a.DisplayName(), a.NativeIdentity} {
		if w.config.NoDefault {
			break
		}
		var found []int32
		for _, t := range oracleTexts(identity.StringValue(name), nil, w.options.Placeholders, false) {
			found = w.oracleHolders("alias", t, []string{"fold"}, w.options.Placeholders, "")
		}
		if m, done := w.oracleDecide(found, correlate.Match{Method: correlate.Default, Rule: []string{"default name", "default id"}[i]}, correlate.Next, 0, s, -1, nil); done {
			m.Ambiguous = s.notes
			return m
		}
	}
	none.Ambiguous = s.notes
	return none
}

func (w *world) oracleRule(a *identity.Account, r correlate.RuleConfig, i int, s *oracleState) (correlate.Match, bool) {
	if r.When != "" && a.Attributes.Get("b").Kind() == identity.Text && a.Attributes.Get("b").Text() == "bob" {
		return correlate.Match{}, false
	}
	placeholders := correlate.DefaultPlaceholders()
	combos := [][]string{nil}
	for _, c := range r.Conditions {
		var next [][]string
		for _, t := range oracleTexts(a.Property(c.Account.Attribute), c.Account.Normalize, placeholders, true) {
			for _, combo := range combos {
				next = append(next, append(slices.Clone(combo), t))
			}
		}
		combos = next
	}
	var found []int32
	for n := range w.people {
		if slices.ContainsFunc(combos, func(combo []string) bool {
			for j, c := range r.Conditions {
				if !w.oracleEqual(n, c.Identity.Attribute, combo[j], c.Identity.Normalize, placeholders, "") {
					return false
				}
			}
			return true
		}) {
			found = append(found, int32(n))
		}
	}
	keep := func(n int32) bool { return true }
	if r.Predicate != "" {
		keep = func(n int32) bool { return !a.Attributes.Get("b").Equal(w.people[n].Attributes.Get("q")) }
	}
	on := r.OnAmbiguous
	if on == "" {
		on = correlate.Next
	}
	return w.oracleDecide(found, correlate.Match{Method: correlate.ByConfig, Criterion: i, Rule: r.ID}, on, r.MaxShared, s, i, keep)
}

func (w *world) oracleDecide(found []int32, match correlate.Match, on correlate.OnAmbiguous, shared int, s *oracleState, criterion int, keep func(int32) bool) (correlate.Match, bool) {
	note := func(shared bool) {
		s.notes = append(s.notes, correlate.Ambiguity{Criterion: criterion, Identities: found[:min(10, len(found))], Rule: match.Rule, Total: len(found), Shared: shared})
	}
	if shared > 0 && len(found) > shared {
		note(true)
		return correlate.Match{}, false
	}
	var first []int32
	for _, n := range found {
		if !w.second[n] {
			first = append(first, n)
		}
	}
	if len(first) > 0 || w.options.CorrelatedOnly {
		found = first
	}
	var left []int32
	for _, n := range found {
		if (s.narrow == nil || slices.Contains(s.narrow, n)) && (keep == nil || keep(n)) {
			left = append(left, n)
		}
	}
	found = left
	switch {
	case len(found) == 1:
		match.Identity = found[0]
		return match, true
	case len(found) > 1:
		note(false)
		if on == correlate.Stop {
			return correlate.Match{Method: correlate.Uncorrelated, Identity: -1, Stopped: true}, true
		}
		if on == correlate.Narrow {
			s.narrow = found
		}
	}
	return correlate.Match{}, false
}

func (w *world) index(c *correlate.Correlator, r *rand.Rand) *correlate.Index {
	x := correlate.NewIndex()
	x.Cover(c)
	x.UIDOrder, x.RankLast = w.better, func(n int32) bool { return w.second[n] }
	put := func(n, key int) { x.Put(int32(n), key, w.identityValue(n, x.Keys()[key])) }
	for range 3 * len(w.people) { // changes that the last one replaces
		x.Put(int32(r.IntN(len(w.people))), r.IntN(len(x.Keys())), randomValue(r, true))
	}
	for _, n := range r.Perm(len(w.people)) {
		for key := range x.Keys() {
			put(n, key)
		}
	}
	return x
}

// TestOracle compares the join and the index, changed one value at a time, with
// nested loops over everything.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	methods := map[correlate.Method]int{}
	for done := 0; done < *cases; {
		w := randomWorld(r, 1+r.IntN(25), 40)
		c, found := correlate.Compile(w.config, w.options)
		if len(found) > 0 {
			t.Fatal(found)
		}
		second := func(n int32) bool { return w.second[n] }
		bulk, err := c.Run(t.Context(), correlate.PopulationOf(w.people), w.accounts, correlate.BulkOptions{Workers: 1 + done%3, UIDOrder: w.better, RankLast: second})
		if err != nil {
			t.Fatal(err)
		}
		x := w.index(c, r)
		values := correlate.Values(correlate.PopulationOf(w.people))
		for i := range w.accounts {
			a := &w.accounts[i]
			want := w.oracle(a)
			methods[want.Method]++
			for name, got := range map[string]correlate.Match{"join": bulk.Match(i), "index": c.Match(x, a, values), "explain": c.Explain(x, a, values).Match} {
				if !equal(want, got) {
					diff := cmp.Diff(want, got, cmpopts.EquateEmpty())
					t.Fatalf("case %d, %s: mismatch (-want +got):\n%s\nconfig %+v\noptions %+v\naccount %+v %v", done, name, diff, w.config, w.options, a, a.Attributes.Map())
				}
			}
			done++
		}
	}
	t.Logf("outcomes: %v", methods)
}

func equal(a, b correlate.Match) bool {
	return a.Method == b.Method && a.Criterion == b.Criterion && a.Identity == b.Identity && a.Rule == b.Rule && a.Excluded == b.Excluded && a.Stopped == b.Stopped &&
		slices.EqualFunc(a.Ambiguous, b.Ambiguous, func(x, y correlate.Ambiguity) bool {
			return x.Criterion == y.Criterion && x.Rule == y.Rule && x.Total == y.Total && x.Shared == y.Shared && slices.Equal(x.Identities, y.Identities)
		})
}

// TestDeterminism: the same bytes on 1, 2 and 8 processors, and for shuffled
// accounts.
func TestDeterminism(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 10 {
		w := randomWorld(r, 300, 500)
		c := correlate.New(w.config, w.options)
		p := correlate.PopulationOf(w.people)
		run := func(workers int, accounts []identity.Account) string {
			b, err := c.Run(t.Context(), p, accounts, correlate.BulkOptions{Workers: workers, UIDOrder: w.better})
			if err != nil {
				t.Fatal(err)
			}
			return render(accounts, c, b)
		}
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
		want := run(1, w.accounts)
		for _, n := range []int{1, 2, 8} {
			runtime.GOMAXPROCS(n)
			if got := run(0, w.accounts); got != want {
				t.Fatalf("GOMAXPROCS %d: another outcome", n)
			}
		}
		shuffled := slices.Clone(w.accounts)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := run(2, shuffled); got != want {
			t.Fatal("shuffled accounts: another outcome")
		}
	}
}

// render decides about all accounts in chronological order and prints it.
func render(accounts []identity.Account, c *correlate.Correlator, b *correlate.Bulk) string {
	var out strings.Builder
	taken := map[int32]bool{}
	for _, i := range chronological(accounts) {
		d := c.Decide(b.Match(int(i)), correlate.Link{Identity: -1}, func(n int32) bool { return taken[n] })
		taken[d.To] = d.To >= 0
		fmt.Fprintf(&out, "%s %v %v %d %v\n", accounts[i].Created, d.Situation, d.Action, d.To, d.Match)
	}
	return out.String()
}

// TestBlankKeys: null, blank and placeholder values match nothing, whatever the
// normalisers.
func TestBlankKeys(t *testing.T) {
	blanks := []identity.Value{{}, identity.StringValue(""), identity.StringValue(" "), identity.StringValue("\t\u00a0\u200b"), identity.StringValue(" N/A "),
		identity.StringValue("None"), identity.StringValue("-"), identity.ListValue(), identity.StringsValue("", " ", "n/a"), identity.StringValue("0000")}
	r := rand.New(rand.NewPCG(5, 5))
	all := slices.DeleteFunc(correlate.Normalisers(), func(s string) bool { return strings.HasPrefix(s, "e164") })
	for i := range all {
		if strings.HasSuffix(all[i], ":") {
			all[i] += "x"
		}
	}
	for range 3000 {
		var names []string
		for range 1 + r.IntN(3) {
			names = append(names, pick(r, all))
		}
		v, u := pick(r, blanks), pick(r, blanks)
		side := func(name string) correlate.SideConfig { return correlate.SideConfig{Attribute: name, Normalize: names} }
		cfg := &correlate.Config{NoDefault: true, Rules: []correlate.RuleConfig{{ID: "r", Conditions: []correlate.ConditionConfig{{Identity: side("p"), Account: side("a")}}}}}
		if r.IntN(2) == 0 {
			cfg.Rules[0].Conditions = append(cfg.Rules[0].Conditions, correlate.ConditionConfig{Identity: side("q"), Account: side("b")})
		}
		c, found := correlate.Compile(cfg, correlate.Options{})
		if len(found) > 0 {
			t.Fatal(found)
		}
		same := identity.StringValue("same")
		people := []identity.Identity{{Attributes: identity.NewAttributes(map[string]identity.Value{"p": u, "q": same})}, {Attributes: identity.NewAttributes(map[string]identity.Value{"p": v, "q": same})}}
		account := identity.Account{NativeIdentity: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"a": v, "b": same})}
		b, err := c.Run(t.Context(), correlate.PopulationOf(people), []identity.Account{account}, correlate.BulkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x := correlate.IndexOf(correlate.PopulationOf(people), c)
		if m := c.Match(x, &account, nil); b.Matched() != 0 || m.Identity >= 0 || len(m.Ambiguous) > 0 {
			t.Fatalf("%v with %v matched by %v: %v", v, u, names, m)
		}
	}
}

func parse(t testing.TB, source string) *correlate.Config {
	t.Helper()
	n, found := jsondoc.Parse("config.json", []byte(source))
	if len(found) > 0 {
		t.Fatal(found)
	}
	c, found := correlate.ParseConfig(n)
	if found.HasErrors() {
		t.Fatal(found)
	}
	return c
}

// chronological returns the numbers of accounts in the order in which they
// count: those created first, equal times by native identity; then those without
// creation time, as given.
func chronological(accounts []identity.Account) []int32 {
	order := make([]int32, len(accounts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(x, y int32) int {
		a, b := &accounts[x], &accounts[y]
		if c := transform.ByCreated(a, b); c != 0 || a.Created.IsZero() {
			return c
		}
		return strings.Compare(a.NativeIdentity, b.NativeIdentity)
	})

	return order
}
