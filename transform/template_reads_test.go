package transform_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// templateDeps is what a template alone reads.
func templateDeps(t *testing.T, template string) transform.Deps {
	t.Helper()
	text, err := json.Marshal(template)
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, op("static", `"value":`+string(text)), nil, nil).program.Deps
}

// TestTemplateReads: what a template reads of $identity is told from its tree,
// whatever way it takes to get there.
func TestTemplateReads(t *testing.T) {
	email, anyone, others := transform.Deps{Identity: []string{"email"}}, transform.Deps{AnyIdentity: true}, transform.Deps{Others: true}
	for template, want := range map[string]transform.Deps{
		`$identity`:                                 {},
		`$identity.name $identity.getId()`:          {},
		`a$identity.name.length()`:                  {},
		`$identity.email`:                           email,
		`${identity.getEmail()}`:                    email,
		`$identity.getAttribute("email")`:           email,
		`$identity.getAttribute( 'email' )`:         email,
		`$identity.getStringAttribute('email')`:     email,
		`$identity.attributes.email`:                email,
		`$identity.attributes['email']`:             email,
		`$identity.attributes.get('email')`:         email,
		`$identity.getAttributes().get("email")`:    email,
		`#set($a = $identity)$a.email`:              email,
		`#set($a = [$identity])$a[0].email`:         email,
		`#set($a = {'k': $identity})$a.k.email`:     email,
		`#foreach($p in [$identity])$p.email#end`:   email,
		`#set($a = [])$a.add($identity)$a[0].email`: email,
		`#set($a = $identity.attributes)$a.email`:   email,
		`"$identity.email"`:                         email,
		`#set($a = "$identity.email")$a`:            email,
		`#if($identity.email == 'a')b#end`:          email,
		`$identity.getAttribute($identity.email)`:   {Identity: []string{"email"}, AnyIdentity: true},
		`$identity.getAttribute("$identity.name")`:  anyone,
		`$identity.attributes`:                      anyone,
		`$identity.attributes.size()`:               anyone,
		`$identity.getAttributes().values()`:        anyone,
		`$identity.manager`:                         others,
		`$identity.getManager().email`:              others,
		`#set($m = $identity.manager)$m.email`:      others,
		`#set($a = $identity)$a.manager.email`:      others,
		`$identity.managerStatus`:                   others,
		`$identity.getManagerStatus()`:              others,
		`$identity.links.size()`:                    {AnyAccount: true},
		`#literal()$identity.manager#end`:           {},
		`the attribute of a manager: $identity.id`:  {},
	} {
		if diff := cmp.Diff(want, templateDeps(t, template)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", template, diff)
		}
	}
}

// witness is an identity that notes what it is asked for.
type witness struct {
	other bool
	seen  *[]string
}

func (w witness) note(what string) {
	if w.other {
		what = "others"
	}
	*w.seen = append(*w.seen, what)
}

func (w witness) ID() string   { return "i1" }
func (w witness) Name() string { return "Ann" }
func (w witness) Attribute(name string) (identity.Value, error) {
	w.note(name)
	return identity.StringValue("value of " + name), nil
}
func (w witness) AttributeNames() []string { w.note("any"); return []string{"email", "city"} }
func (w witness) Manager() (transform.Subject, error) {
	w.note("others")
	return witness{true, w.seen}, nil
}
func (w witness) IsManager() bool { w.note("others"); return true }
func (w witness) Accounts() []identity.Account {
	w.note("accounts")
	return make([]identity.Account, 1)
}

// covers reports whether the reads of a program explain what it asked for.
func covers(d transform.Deps, read string) bool {
	switch read {
	case "others":
		return d.Others
	case "accounts":
		return d.AnyAccount || d.Others
	case "any":
		return d.AnyIdentity
	}
	return d.AnyIdentity || slices.Contains(d.Identity, read)
}

// TestTemplateReadsAreComplete: random templates ask for nothing that is not
// among their reads.
func TestTemplateReadsAreComplete(t *testing.T) {
	pieces := []string{
		"#set($a=$identity)", "#set($b=$a)", "#set($b=[$a])", "#set($b=[])", "$b.add($a)", "#set($l=$b)", "#set($b[0]=$a)", "$l.get(0).email",
		"#set($c={'k':$a})", "#set($c={})", "#set($c.k=$a)", "$c.put('k',$b[0])", "$c.k.manager.email", "$b[0].managerStatus", "$c.get('k').city",
		"#foreach($x in $b)$x.lastname#set($d=$x)#end", "#foreach($x in $c.values())$x.email#end", "#foreach($x in $c.entrySet())$x.value.firstname#end",
		"$a.getAttribute('uid')", "#set($n='uid')$a.getAttribute($n)", "$a.attributes.city", "#set($m=$a.attributes)", "$m.get('dept')", "$m.containsKey('dept')",
		"$m.size()", "$m", "$c", "$b", "#set($m=$a.manager)", "$m.email", "#set($a=$m)", "$d.links", "#if($d.email)yes#end", "#if($m)yes#end", "#set($d=$a)",
		"#foreach($x in [1,2])$!e#set($e=$d)$e.email#end", "#if($a == $b)#set($d=$b)#end", "#set($d=$b)$d.attributes['x']", "#set($b=[[$a]])$b[0][0].uid",
	}
	r := rand.New(rand.NewPCG(1, 2))
	found := map[string]int{}
	for range 3000 {
		text := "#set($a=$identity)"
		for range 3 + r.IntN(5) {
			text += pieces[r.IntN(len(pieces))]
		}
		quoted, _ := json.Marshal(text)
		c := compile(t, op("static", `"value":`+string(quoted)), nil, nil)

		var seen []string
		s := c.unit.NewScope(t.Context(), &transform.Env{})
		s.Reset(witness{false, &seen}, nil)
		_, _ = c.program.Eval(s, identity.Value{}) // what raises has read, too
		for _, read := range seen {
			found[read]++
			if !covers(c.program.Deps, read) {
				t.Fatalf("%s reads %s, which is not among %+v", text, read, c.program.Deps)
			}
		}
	}
	for _, read := range strings.Fields("others accounts any uid city dept email firstname lastname") {
		if found[read] == 0 {
			t.Errorf("no template has read %s: the test does not show anything for it", read)
		}
	}
}

// TestDepsOfCycles: transforms that refer to each other read what any of them
// reads, wherever one enters.
func TestDepsOfCycles(t *testing.T) {
	stored := map[string]string{
		"a": op("concat", `"values":["$identity.email",`+op("reference", `"id":"b"`)+`]`),
		"b": op("concat", `"values":["$identity.getAttribute('uid')",`+op("reference", `"id":"c"`)+`]`),
		"c": op("concat", `"values":["$identity.getAttribute('city')",`+op("reference", `"id":"a"`)+`,`+op("reference", `"id":"b"`)+`]`),
	}
	for _, enter := range []string{"a", "b", "c"} {
		c := compile(t, op("concat", `"values":[`+op("reference", `"id":"a"`)+`,`+op("reference", `"id":"`+enter+`"`)+`]`), stored, nil)
		alone := compile(t, op("reference", `"id":"`+enter+`"`), stored, nil)
		want := transform.Deps{Identity: []string{"city", "email", "uid"}, Transforms: []string{"a", "b", "c"}}
		for _, got := range []transform.Deps{c.program.Deps, alone.program.Deps} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("from %s: mismatch (-want +got):\n%s", enter, diff)
			}
		}
	}
}
