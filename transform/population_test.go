package transform_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// outcome is what evaluating somebody gives and spends.
type outcome struct {
	Value, Err    string
	Steps, Output int64
}

// outcomes evaluates people with one scope, in the given order.
func outcomes(t *testing.T, c compiled, people [][]identity.Account, order []int) []outcome {
	t.Helper()
	s := c.unit.NewScope(t.Context(), &transform.Env{Now: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)})
	list := make([]outcome, len(people))
	for _, i := range order {
		s.Reset(nil, people[i])
		v, err := c.program.Eval(s, identity.Value{})
		o := outcome{Value: v.String(), Steps: s.Budget().Steps, Output: s.Budget().Output}
		if err != nil {
			o.Err = err.Error()
		}
		list[i] = o
	}
	return list
}

// crowd is so many people that memories of results fill up, change their minds
// and switch themselves off.
func crowd() [][]identity.Account {
	schema := identity.NewSchema("mail", "dept", "given", "family", "pref", "often", "level")
	r := rand.New(rand.NewPCG(1, 2))
	var people [][]identity.Account
	for i := range 10_000 {
		mail := identity.StringValue(fmt.Sprintf("P%d@Example.com", i))
		dept := identity.StringValue([]string{"Sales", "Ventes & Achats", "Résidence", "", "\xff", "12/03/2026", "yes", "no"}[i*i%8])
		switch {
		case i%7 == 0:
			dept = identity.Value{}
		case i%11 == 0:
			dept = identity.StringValue(strings.Repeat("long ", 20))
		case i%13 == 0:
			dept = identity.IntValue(int64(i % 3))
		case i%17 == 0:
			dept = identity.ListValue(identity.StringValue("a"), identity.StringValue("b"))
		case i%19 == 0 && i < 5000:
			dept = identity.StringValue(fmt.Sprint("Team ", i))
		}

		// There are more pairs of names than are told apart.
		given, family, pref := identity.StringValue(fmt.Sprint("É", r.IntN(47))), identity.StringValue(fmt.Sprint(" O'Name ", r.IntN(45))), identity.Value{}
		switch {
		case i%5 == 0:
			pref = identity.StringValue(fmt.Sprint("P", i%3))
		case i%23 == 0:
			given = identity.Value{}
		case i%29 == 0:
			family = identity.StringValue("")
		}
		often, level := identity.StringValue(fmt.Sprint(i%(1+i/12))), identity.StringValue(fmt.Sprint(i%(3+i/9)))
		people = append(people, []identity.Account{{Source: "HR", NativeIdentity: fmt.Sprint(i),
			Attributes: identity.Pack(schema, []identity.Value{mail, dept, given, family, pref, often, level})}})
	}
	return people
}

// TestPopulation: whatever is shared and remembered, everybody has the value
// and the error of the plain program, and who came before changes neither these
// nor what is spent.
func TestPopulation(t *testing.T) {
	people := crowd()
	forward := make([]int, len(people))
	for i := range forward {
		forward[i] = i
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	clean := op("replace", `"regex":"\\s+","replacement":"-","input":`+op("reference", `"id":"fold","input":`+hr("dept")))
	stored := map[string]string{
		"fold": op("lower", `"input":`+op("decomposeDiacriticalMarks", "")),
		"date": op("dateFormat", `"inputFormat":"dd/MM/yyyy","outputFormat":"ISO8601","input":`+hr("dept")),
	}
	stored["given"] = op("decomposeDiacriticalMarks", `"input":`+op("trim", `"input":`+hr("given")))
	stored["name"] = op("concat", `"values":[`+op("reference", `"id":"given"`)+`,".",`+op("trim", `"input":`+hr("family"))+`]`)
	stored["login"] = op("lower", `"input":`+op("replace", `"regex":"[^A-Za-z0-9.]","replacement":"","input":`+op("reference", `"id":"name"`)))
	login := op("reference", `"id":"login"`)
	many := op("lower", `"input":`+hr("mail"))
	for i := range 70 { // results for which there is no room together
		many += "," + op("join", fmt.Sprintf(`"separator":"%d","values":[%s,%s]`, i, hr("given"), hr("family")))
	}
	after := op("dateCompare", `"firstDate":`+op("reference", `"id":"date"`)+`,"secondDate":"now","operator":"GT","positiveCondition":"yes","negativeCondition":"no"`)
	for name, config := range map[string]string{
		"chain":       clean,
		"unique":      op("replace", `"regex":"@.*","replacement":"","input":`+hr("mail")),
		"two":         op("concat", `"values":[`+clean+`,"/",`+op("upper", `"input":`+hr("mail"))+`,`+clean+`]`),
		"raises":      op("firstValid", `"ignoreErrors":true,"values":[`+op("substring", `"begin":4,"end":6,"input":`+clean)+`,`+clean+`]`),
		"error":       op("substring", `"begin":4,"end":6,"input":`+clean),
		"lookup":      op("lookup", `"input":`+hr("dept")+`,"table":{"Sales":"S","yes":`+op("upper", "")+`,"default":`+clean+`}`),
		"date":        op("concat", `"values":[`+op("reference", `"id":"date"`)+`,`+op("dateMath", `"expression":"+1M/d","input":`+op("reference", `"id":"date"`))+`]`),
		"compare":     op("firstValid", `"ignoreErrors":true,"values":[`+after+`,"none"]`),
		"template":    op("static", `"value":"#if($d == 'yes')Y#elseif($d)${d}s#{else}none#end","d":`+clean),
		"two names":   op("static", `"value":"#if($d == $m)same#else$m#end","d":`+clean+`,"m":`+hr("mail")),
		"own names":   op("static", `"value":"#set($x = $d)$x#foreach($i in [1..2])$i#end","d":`+op("firstValid", `"values":[`+hr("dept")+`,"?"]`)),
		"null":        op("firstValid", `"ignoreErrors":true,"values":[`+op("static", `"value":"a ${d}, $d","d":`+hr("dept"))+`,"none"]`),
		"null raises": op("static", `"value":"a ${d}, $d","d":`+hr("dept")),
		"number":      op("indexOf", `"substring":"a","input":`+clean),
		"pair number": op("lastIndexOf", `"substring":"o","input":`+login),
		"pair":        login,
		"pair raises": op("substring", `"begin":5,"end":9,"input":`+login),
		"pair caught": op("firstValid", `"ignoreErrors":true,"values":[`+op("substring", `"begin":5,"end":9,"input":`+login)+`,`+hr("mail")+`]`),
		"pair twice":  op("concat", `"values":[`+login+`,"/",`+op("upper", `"input":`+login)+`,`+op("lower", `"input":`+hr("mail"))+`]`),
		"pair null":   op("static", `"value":"$g $f","g":`+hr("given")+`,"f":`+hr("family")),
		"triple":      op("static", `"value":"$l#if($p != '') ($p)#end","l":`+login+`,"p":`+op("firstValid", `"values":[`+hr("pref")+`,""]`)),
		"triple long": op("concat", `"values":[`+login+`,`+clean+`,`+login+`]`),
		"pairs": op("concat", `"values":[`+login+`,`+op("concat", `"values":[`+op("upper", `"input":`+hr("given"))+`,`+hr("dept")+`]`)+`,`+
			op("join", `"values":[`+hr("often")+`,`+hr("level")+`]`)+`]`),
		"pair too many":  op("join", `"values":[`+hr("often")+`,`+hr("level")+`]`),
		"pairs too many": op("concat", `"values":[`+many+`]`),
		"pair unique":    op("join", `"values":[`+hr("mail")+`,`+hr("given")+`]`),
		"conditional":    op("conditional", `"expression":"$d eq sales","d":`+clean+`,"positiveCondition":"1","negativeCondition":"0"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fast := compile(t, config, stored, nil)
			plain := compile(t, config, stored, func(o *transform.Options) { o.Plain = true })
			got, back, want := outcomes(t, fast, people, forward), outcomes(t, fast, people, backward), outcomes(t, plain, people, forward)
			for i := range people {
				if diff := cmp.Diff(got[i], back[i]); diff != "" {
					t.Fatalf("person %d depends on who came before (-forward +backward):\n%s", i, diff)
				}
				if diff := cmp.Diff(got[i], want[i]); diff != "" {
					t.Fatalf("person %d (-optimised +plain):\n%s", i, diff)
				}
			}
		})
	}
}
