package builtin_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// mapper makes random mappings over the accounts of the M34 set. Each depends on
// an account, so that nothing folds and the costs can be compared, too.
type mapper struct {
	*rand.Rand
	stored []string
}

func (m *mapper) of(list ...string) string { return list[m.IntN(len(list))] }

// object writes an operation; values that are valid JSON stand as they are.
func object(typ string, attributes ...string) string {
	text := fmt.Sprintf(`{"type":%q,"attributes":{`, typ)
	for i := 0; i+1 < len(attributes); i += 2 {
		if i > 0 {
			text += ","
		}
		value := attributes[i+1]
		if !json.Valid([]byte(value)) || attributes[i] == "regex" || attributes[i] == "replacement" || attributes[i] == "delimiter" {
			quoted, _ := json.Marshal(value)
			value = string(quoted)
		}
		text += fmt.Sprintf("%q:%s", attributes[i], value)
	}
	return text + "}}"
}

// leaf reads an account.
func (m *mapper) leaf() string {
	switch m.IntN(8) {
	case 0:
		attributes := []string{"sourceName", "AD", "attributeName", m.of("sAMAccountName", "mail", "lastLogon", "nativeIdentity")}
		if m.IntN(3) > 0 {
			attributes = append(attributes, "accountPropertyFilter", m.of(`status == "active"`, `!(kind == "admin") && mail != null`, `sAMAccountName.startsWith("S")`))
		}
		if m.IntN(2) > 0 {
			attributes = append(attributes, "accountSortAttribute", m.of("created", "sAMAccountName", "none"), "accountSortDescending", m.of("true", "false"))
		}
		if m.IntN(3) == 0 {
			attributes = append(attributes, "accountReturnFirstLink", "true")
		}
		return object("accountAttribute", attributes...)
	case 1:
		return object("accountAttribute", "sourceName", "Badge", "attributeName", m.of("number", "colour", "issued"))
	case 2:
		if len(m.stored) > 0 {
			return object("reference", "id", m.of(m.stored...))
		}
	}
	return object("accountAttribute", "sourceName", "HR", "attributeName", m34HRSchema.Name(m.IntN(m34HRSchema.Len())))
}

// mapping makes a mapping of a depth.
func (m *mapper) mapping(depth int) string {
	if depth == 0 {
		return m.leaf()
	}
	in := func() string { return m.mapping(depth - 1 - m.IntN(depth)) }
	switch m.IntN(20) {
	case 0:
		return object(m.of("lower", "upper", "trim", "decomposeDiacriticalMarks", "normalizeNames", "base64Encode", "rfc5646"), "input", in())
	case 1, 2:
		return object("replace", "regex", m.of(`[^A-Za-z]`, `\s+`, `(?<=[a-z])[._](?=[a-z])`, `^(.)[^.]*\.(.{1,12}).*$`, `(?i)^(dr|prof)\.`, `\bSr\b(?!\.)`, `a|e`, `x*`, `(\d+)(?=-)`),
			"replacement", m.of("", "-", "<$0>", "é"), "input", in())
	case 3:
		return object("replaceAll", "table", `{"-":"","\\s{2,}":" ","(?<!\\d)0":"o"}`, "input", in())
	case 4:
		return object("substring", "begin", m.of("0", "1", "-1", "3"), "end", m.of("1", "3", "-1", "8"), "input", in())
	case 5:
		return object("split", "delimiter", m.of("-", " ", "[.@]", "(?=[A-Z])"), "index", m.of("0", "1", "2"), "throws", m.of("true", "false"), "input", in())
	case 6:
		return object(m.of("leftPad", "rightPad"), "length", m.of("4", "8", "20"), "padding", m.of("\"0\"", "xy"), "input", in())
	case 7:
		return object("concat", "values", "["+in()+`,"`+m.of(".", " ", ", ", "é")+`",`+in()+"]")
	case 8:
		return object("join", "values", "["+in()+","+in()+"]", "separator", m.of("-", ", "))
	case 9:
		return object("lookup", "table", `{"Sales":"S","US":"AMER","active":"A","CC0007":`+in()+m.of(`,"default":"?"`, `,"default":`+in(), "")+`}`, "input", in())
	case 10, 11, 12:
		return object("static", "value", m.of(
			"$a.$b", "#if($a == 'Sales')x#elseif($b)${b}y#{else}z#end", "$a.toLowerCase().trim()$b.length()", `#set($c = "$b, $a")$c.toUpperCase()#if($c != $a)!#end`,
			"#if($a.length() > 3 && $b != 'US')$a.substring(0,2)#else$b#end", "#foreach($i in [1..2])$a#end", "$a.replaceAll('[aeiou]','*')", "#if($!a == '')none#end$!b",
			`$a.split(" ").get(0)`, "$a.concat($b).toLowerCase()", "#if($a.contains('a'))$a.indexOf('a')#{end}$b.toUpperCase()",
		), "a", in(), "b", object("firstValid", "values", "["+in()+`,"-"]`, "ignoreErrors", "true"))
	case 13:
		return object("conditional", "expression", m.of("$a eq Sales", "$a eq  US ", "$a eq $b", "x $a eq US"), "positiveCondition", m.of("yes", "$b", in()), "negativeCondition", m.of("no", in()), "a", in(), "b", in())
	case 14, 15:
		return object("dateFormat", "inputFormat", m.of("dd.MM.yyyy", "MMM d, yyyy", "yyyyMMdd", "yyyy-MM-dd'T'HH:mm:ssZ", "yyyyMMddHHmmss'Z'", "ISO8601", "dd/MM/yy"),
			"outputFormat", m.of("ISO8601", "EEE, d MMM yyyy", "MM/dd/yyyy", "dd-MMM-yy"), "input", object("accountAttribute", "sourceName", "HR", "attributeName", m.of("hired", "born", "ends", "review")))
	case 16:
		return object("dateMath", "expression", m.of("+1M/d", "-3d", "now+1w"), "input", object("dateFormat", "inputFormat", "dd.MM.yyyy", "input", object("accountAttribute", "sourceName", "HR", "attributeName", "hired")))
	case 17:
		return object("e164phone", "defaultRegion", m.of("US", "GB", object("accountAttribute", "sourceName", "HR", "attributeName", "countryCode")), "input", object("accountAttribute", "sourceName", "HR", "attributeName", m.of("phone", "mobile")))
	case 18:
		return object("iso3166", "format", m.of("alpha2", "alpha3", "numeric"), "input", in())
	}
	return object("firstValid", "values", "["+in()+","+in()+`,"none"]`, "ignoreErrors", m.of("true", "false"))
}

// TestRandomMappings: programs agree with the plain ones in values, errors and
// costs, for people in any order.
func TestRandomMappings(t *testing.T) {
	sets, people := 12, m34Accounts(m34People(400))
	if testing.Short() {
		sets = 3
	}
	for seed := range sets {
		m := &mapper{Rand: rand.New(rand.NewPCG(uint64(seed), 7))}
		stored := map[string]*transform.Definition{}
		define := func(text string) *transform.Definition {
			def, found := transform.Parse("random.json", []byte(text))
			if err := found.Err(); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			return def
		}
		for k := range 6 {
			name := fmt.Sprint("T", k)
			stored[name] = define(m.mapping(1 + m.IntN(3)))
			stored[name].Name = name
			m.stored = append(m.stored, name)
		}
		var items []transform.Item
		for range 40 {
			items = append(items, transform.Item{Def: define(m.mapping(1 + m.IntN(4)))})
		}

		fast, _ := builtin.Library().Link(transform.Options{Transforms: stored}, items...)
		plain, _ := builtin.Library().Link(transform.Options{Transforms: stored, Plain: true}, items...)
		env := &transform.Env{Now: m34Now}
		sf, sp := fast.NewScope(t.Context(), env), plain.NewScope(t.Context(), env)
		for _, i := range m.Perm(len(people)) {
			sf.Reset(nil, people[i])
			sp.Reset(nil, people[i])
			for k := range items {
				got, want := m34Evaluate(sf, fast.Programs()[k]), m34Evaluate(sp, plain.Programs()[k])
				if diff := cmp.Diff(got, want); diff != "" {
					t.Fatalf("seed %d, person %d, %s (-optimised +plain):\n%s", seed, i, items[k].Def.Node.Append(nil), diff)
				}
			}
		}
	}
}

// m34Evaluate evaluates a program for whom the scope is for.
func m34Evaluate(s *transform.Scope, p *transform.Program) m34Outcome {
	v, err := p.Eval(s, identity.Value{})
	o := m34Outcome{Value: v.String(), Steps: s.Budget().Steps, Output: s.Budget().Output}
	if err != nil {
		o.Err = err.Error()
	}
	return o
}
