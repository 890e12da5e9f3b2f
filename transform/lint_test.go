package transform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// lintCase is a rule with transforms that break it and transforms that do not.
type lintCase struct {
	code     string
	severity diag.Severity
	bad      []string // each must have the finding
	good     []string // none may have it
	hint     string   // part of the hint of the first bad one
}

// The data that lint cases may refer to.
var lintStored = map[string]string{
	"lower":  `{"name":"lower","type":"lower"}`,
	"ring a": `{"name":"ring a","type":"reference","attributes":{"id":"ring b"}}`,
	"ring b": `{"name":"ring b","type":"reference","attributes":{"id":"ring a"}}`,
}

var lintSources = []transform.SourceInfo{
	{Name: "HR", ID: "id-hr", Attributes: []string{"mail", "dept"}},
	{Name: "AD", ID: "id-ad"},
}

func hr(attribute string) string {
	return `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"` + attribute + `"}}`
}

// static writes a static whose value is a template over the variable x.
func static(value, x string) string {
	return `{"type":"static","attributes":{"x":` + x + `,"value":"` + value + `"}}`
}

func lookupOf(members string) string {
	return `{"type":"lookup","attributes":{"table":{` + members + `}}}`
}

func formats(in string) string {
	return `{"type":"dateFormat","attributes":{"inputFormat":"` + in + `","outputFormat":"yyyy-MM-dd"}}`
}

func formats2(in, out string) string {
	return `{"type":"dateFormat","attributes":{"inputFormat":"` + in + `","outputFormat":"` + out + `"}}`
}

func math(expression, more string) string {
	return `{"type":"dateMath","requiresPeriodicRefresh":true,"attributes":{"expression":"` + expression + `"` + more + `}}`
}

func compare(first string) string {
	return `{"type":"dateCompare","requiresPeriodicRefresh":true,"attributes":{"firstDate":` + first + `,"secondDate":"2027-01-01T00:00:00Z","operator":"lt","positiveCondition":"a","negativeCondition":"b"}}`
}

func conditional(expression, x string) string {
	return `{"type":"conditional","attributes":{"x":` + x + `,"expression":"` + expression + `","positiveCondition":"a$x","negativeCondition":"b"}}`
}

func op(typ, attributes string) string {
	return `{"type":"` + typ + `","attributes":{` + attributes + `}}`
}

const name51 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxy"

func lintCases() []lintCase {
	e, w, i := diag.Error, diag.Warning, diag.Info
	return []lintCase{
		{"shape-type-missing", e, []string{op("concat", `"values":[{"a":"b"}]`), `{"attributes":{}}`}, []string{lookupOf(`"a":"b","default":"c"`)}, "table"},
		{"type-unknown", e, []string{op("concatenation", ""), op("substr", ""), op("getEndOfString", "")}, []string{op("lower", "")}, "concat"},
		{"type-case", e, []string{op("datemath", ""), op("E164phone", "")}, []string{op("dateMath", `"expression":"+1d"`)}, "dateMath"},
		{"name-nested", i, []string{op("lower", `"input":{"type":"trim","name":"x"}`)}, []string{`{"name":"x","type":"lower"}`, op("lower", `"input":`+op("identityAttribute", `"name":"x"`))}, ""},
		{"attribute-required", e, []string{op("leftPad", ""), op("concat", `"values":null`)}, []string{op("leftPad", `"length":3`)}, ""},
		{"attribute-unknown", w, []string{op("substring", `"start":0,"begin":0`), op("join", `"values":[],"delimiter":"-"`), op("split", `"delimiter":"x","index":0,"throw":false`)}, []string{op("static", `"value":"$foo","foo":"x"`)}, "begin"},
		{"attribute-misplaced", e, []string{`{"type":"lookup","table":{"a":"b"}}`, `{"type":"lower","input":"x"}`}, []string{op("lower", `"input":"x"`), `{"type":"reference","id":"lower"}`}, "attributes"},
		{"member-unknown", e, []string{`{"type":"lower","atributes":{}}`, op("upper", `"input":{"type":"trim","attribute":{"input":"x"}}`), `{"type":"lookup","Attributes":{"table":{"a":"b"}}}`}, []string{op("lower", ""), `{"type":"lower","attributes":null,"id":"1","internal":false,"name":"x","requiresPeriodicRefresh":true}`}, "attributes"},
		{"member-unknown", w, []string{
			`{"type":"lower","attributes":{},"next":{"type":"upper","attributes":{}}}`, op("concat", `"values":[{"type":"lower","attributes":{"input":"x"},"next":1}]`),
			op("firstValid", `"values":["a",{"type":"static","attributes":{"value":"x"},"y":"z"}]`), `{"type":"lower","attributes":{"input":"x"},"input":"y"}`, op("lookup", `"table":{"a":{"type":"upper","attributes":{},"then":1},"default":"b"}`),
		}, []string{op("rule", `"name":"Mine","next":{"type":"upper"}`), op("lower", `"input":{"type":"reference","id":"lower"}`)}, ""},
		{"create-profile-field", e, []string{
			`{"name":"mail","type":"string","isRequired":false,"isMultiValued":false,"attributes":{"cloudMaxSize":"20"},"transform":{"type":"static","attributes":{"value":"x"}}}`,
			`{"name":"mail","type":"string","isRequired":true,"isMultiValued":false,"attributes":{}}`,
		}, []string{`{"name":"mail","type":"string"}`}, "transform"},
		{"shape-type-missing", e, []string{op("static", `"value":"$x","x":{"a":"b"}`)}, []string{op("rule", `"name":"Mine","map":{"a":"b"}`), op("rule", `"name":"Mine","rows":[{"a":"b"},["c",{"d":1}]]`), op("rule", `"name":"Mine","t":{"deep":{"x":[{}]}}`)}, ""},
		{"type-unknown", e, []string{op("static", `"value":"$x","x":{"type":"AD"}`)}, []string{op("rule", `"name":"Mine","map":{"type":"AD","value":"x"}`)}, ""},
		{"attribute-type", e, []string{op("leftPad", `"length":"x"`), op("firstValid", `"values":["a","b"],"ignoreErrors":"maybe"`), op("concat", `"values":"a"`), op("lookup", `"table":[]`), `{"type":"lower","attributes":[]}`, op("replaceAll", `"table":{"a":null}`)},
			[]string{op("leftPad", `"length":" 8 "`), op("leftPad", `"length":2.0`), op("firstValid", `"values":["a","b"],"ignoreErrors":"TRUE"`)}, ""},
		{"refresh-type", w, []string{`{"type":"lower","requiresPeriodicRefresh":"true"}`, op("lower", `"requiresPeriodicRefresh":true`)}, []string{`{"type":"lower","requiresPeriodicRefresh":false}`}, "root"},
		{"refresh-missing", w, []string{op("dateMath", `"expression":"now/d"`), strings.Replace(compare(`"now"`), `"requiresPeriodicRefresh":true,`, "", 1)}, []string{math("now/d", ""), op("dateMath", `"expression":"+1d"`)}, "requiresPeriodicRefresh"},
		{"input-null", i, []string{static("a $x", op("lower", `"input":`+hr("dept")))}, []string{static("a $x", op("firstValid", `"values":[`+op("lower", `"input":`+hr("dept"))+`,"b"]`)), static("a $x", `"b"`)}, "firstValid"},
		{"input-unused", i, []string{op("concat", `"input":"x","values":["a"]`), op("uuid", `"input":"x"`)}, []string{op("concat", `"input":"x","values":[{"type":"lower"}]`), op("lower", `"input":"x"`)}, ""},
		{"template-undefined", e, []string{static("$x $user", `"a"`), static("$x $!user", `"a"`)}, []string{static("$x $identity.name $oldValue", `"a"`), static("#set($y = 1)$y$x #foreach($i in [1..2])$i$foreach.index#end", `"a"`)}, "declare"},
		{"template-name-runs-on", e, []string{static("$x-1", `"a"`), static("$x_y", `"a"`), static("$x1", `"a"`)}, []string{static("${x}-1", `"a"`)}, "${x}"},
		{"template-null-literal", e, []string{static("#set($y = null)$x", `"a"`), static("#if($x == null)a#end", `"a"`)}, []string{static("#if($x == 'null')a#end", `"a"`)}, "default"},
		{"template-null-test", w, []string{static("#if($x)a#end", hr("dept")), static("#if(!$x)a#end", hr("dept")), static("$!x", hr("dept"))}, []string{static("#if($x)a#end", `"a"`), static("$x", hr("dept"))}, "firstValid"},
		{"template-empty-truthy", i, []string{static("#if($x)a#end", op("firstValid", `"values":[`+hr("dept")+`,""]`))}, []string{static("#if($x == '')a#end", op("firstValid", `"values":[`+hr("dept")+`,""]`))}, "''"},
		{"template-else-glued", e, []string{static("#if($x == 'a')b#elsec#end", `"a"`), static("#if($x == 'a')b#endc", `"a"`)}, []string{static("#if($x == 'a')b#{else}c#end", `"a"`)}, "#{else}"},
		{"template-unbalanced", e, []string{static("#if($x == 'a')b", `"a"`), static("#set($y = 'a)$x", `"a"`)}, []string{static("#if($x == 'a')b#end", `"a"`)}, ""},
		{"template-syntax", e, []string{static("#macro(m)a#end$x", `"a"`)}, []string{static("#if($x == 'a')b#end", `"a"`)}, ""},
		{"template-unknown-method", e, []string{static("$x.toUppercase()", `"a"`), static("$x.size", `"a"`), static("$x.frobnicate()", hr("dept"))}, []string{static("$x.toUpperCase()", `"a"`), static("$x.parseInt('3')", `1`), static("$x.valueOf('3')", hr("dept"))}, "toUpperCase"},
		{"template-order-compare", w, []string{static("#if($x < 'b')a#end", `"a"`)}, []string{static("#if($x.length() < 3)a#end", `"a"`)}, "compareTo"},
		{"template-comment", w, []string{op("split", `"delimiter":"##","index":0`)}, []string{static("$x## a comment", `"a"`)}, ""},
		{"template-in-regex", e, []string{op("replace", `"regex":"[$a-z]","replacement":""`)}, []string{op("replace", `"regex":"[a-z$]","replacement":""`)}, "[a-z$]"},
		{"variable-unused", w, []string{static("a", `"b"`)}, []string{static("$x", `"b"`), op("static", `"x":"1","value":`+op("concat", `"values":["$x"]`)), op("rule", `"name":"Mine","x":"1"`)}, ""},
		{"variable-order", w, []string{op("static", `"value":"$a$b","a":"$b","b":"1"`)}, []string{op("static", `"value":"$a$b","b":"1","a":"$b"`)}, "up"},
		{"variable-object", e, []string{static("$x.getAttribute('email')", `"$identity.getManager()"`), static("$x.size()", `"$identity.getLinks()"`)}, []string{static("$x.length()", `"$identity.getManager().getName()"`)}, "chain"},
		{"conditional-operator", e, []string{
			conditional("$x ne b", `"a"`), conditional("$x == b", `"a"`), conditional("$x eq a and $x eq b", `"a"`), conditional("($x eq 'a') and ($x co 'b')", `"a"`),
			conditional("$x eq a AND $x eq b", `"a"`), conditional("$x eq a || $x eq b", `"a"`), conditional("!($x eq a)", `"a"`), conditional("not $x eq a", `"a"`),
			conditional("($x eq a)", `"a"`), conditional("$x eq a or $x sw b", `"a"`), conditional("$x eq a && $x ne b", `"a"`), conditional("$x eq a and ($x co b)", `"a"`),
			conditional("$x gt 5 eq true", `"a"`), conditional("$x eq a ? yes : no", `"a"`),
		}, []string{
			conditional("$x eq b", `"a"`), conditional("#if($x == 'a')1 eq 1#end", `"a"`), conditional("$x eq Research and Development", `"a"`), conditional("$x eq Sales (EMEA)", `"a"`),
			conditional("$x.replace('(', '') eq b", `"a"`), conditional("$x eq R&D in town", `"a"`), conditional("Law and Order eq $x", `"a"`), conditional("${x} eq", `"a"`), conditional("$x eq gt", `"a"`),
		}, "#if"},
		{"conditional-operator", w, []string{conditional("$x eq US or CA", `"a"`)}, []string{conditional("$x eq Oregon", `"a"`)}, "#if"},
		{"conditional-quotes", w, []string{conditional("$x eq 'b'", `"a"`)}, []string{conditional("$x eq b", `"a"`)}, ""},
		{"conditional-null", w, []string{conditional("$x eq b", hr("dept")), conditional("$x eq null", `"a"`)}, []string{conditional("$x eq null", op("firstValid", `"values":[`+hr("dept")+`,"null"]`))}, "firstValid"},
		{"branch-equal", w, []string{op("conditional", `"expression":"a eq b","positiveCondition":"x","negativeCondition":"x"`)}, []string{conditional("$x eq b", `"a"`)}, ""},
		{"firstvalid-single", i, []string{op("firstValid", `"values":["a"]`), op("firstValid", `"values":[]`)}, []string{op("firstValid", `"values":[`+hr("dept")+`,"a"]`)}, ""},
		{"firstvalid-unreachable", w, []string{op("firstValid", `"values":["a",`+hr("dept")+`]`)}, []string{op("firstValid", `"values":[`+hr("dept")+`,"a"]`), op("firstValid", `"ignoreErrors":true,"values":["$identity.manager.name","a"]`)}, "end"},
		{"firstvalid-errors", i, []string{op("firstValid", `"values":["$identity.manager.name","a"]`), op("firstValid", `"values":[`+lookupOf(`"a":"b"`)+`,"a"]`), op("firstValid", `"values":[`+op("split", `"delimiter":",","index":1`)+`,"a"]`)},
			[]string{op("firstValid", `"ignoreErrors":"true","values":["$identity.manager.name","a"]`), op("firstValid", `"values":[`+hr("dept")+`,"a"]`)}, "ignoreErrors"},
		{"firstvalid-errors", i, []string{op("firstValid", `"values":[`+static("$x", hr("dept"))+`,"a"]`), op("firstValid", `"values":[`+compare(hr("dept"))+`,"a"]`)},
			[]string{op("firstValid", `"values":[`+static("$x", `"b"`)+`,"a"]`), op("firstValid", `"ignoreErrors":true,"values":[`+static("$x", hr("dept"))+`,"a"]`)}, "ignoreErrors"},
		{"firstvalid-unreachable", w, []string{op("firstValid", `"values":[`+static("$x", `"b"`)+`,"a"]`), op("firstValid", `"values":[`+compare(`"now"`)+`,"a"]`)},
			[]string{op("firstValid", `"values":[`+static("$x", hr("dept"))+`,"a"]`), op("firstValid", `"values":[`+conditional("$x eq b", hr("dept"))+`,"a"]`),
				op("firstValid", `"ignoreErrors":true,"values":[`+static("$x", op("trim", ""))+`,"a"]`)}, "end"},
		{"lookup-default", w, []string{op("firstValid", `"values":[`+lookupOf(`"a":"b"`)+`,"c"]`)}, []string{op("firstValid", `"ignoreErrors":true,"values":[`+lookupOf(`"a":"b"`)+`,"c"]`)}, "default"},
		{"firstvalid-empty", i, []string{op("firstValid", `"values":["",`+hr("dept")+`]`)}, []string{op("firstValid", `"values":[`+hr("dept")+`,""]`)}, ""},
		{"lookup-default", w, []string{lookupOf(`"a":"b"`)}, []string{lookupOf(`"a":"b","default":"c"`)}, "default"},
		{"lookup-default-only", w, []string{lookupOf(`"default":"c"`)}, []string{lookupOf(`"a":"b","default":"c"`)}, ""},
		{"lookup-case", i, []string{lookupOf(`"a":"b","A":"x","default":"c"`), lookupOf(`" a":"b","default":"c"`)}, []string{lookupOf(`"a":"b","default":"c"`)}, "exactly"},
		{"table-duplicate-key", e, []string{lookupOf(`"a":"b","a":"x","default":"c"`)}, []string{lookupOf(`"a":"b","default":"c"`)}, ""},
		{"replaceall-order", i, []string{op("replaceAll", `"table":{"a":"b","b":"c"}`)}, []string{op("replaceAll", `"table":{"b":"c","a":"b"}`)}, ""},
		{"regex-invalid", e, []string{op("replace", `"regex":"(","replacement":""`), op("replaceAll", `"table":{"[":""}`), op("split", `"delimiter":"*","index":0`)}, []string{op("replace", `"regex":"(?<=a)b++","replacement":""`)}, ""},
		{"regex-metachar", w, []string{op("split", `"delimiter":"|","index":0`), op("replaceAll", `"table":{".":""}`)}, []string{op("split", `"delimiter":"[|]","index":0`), op("split", `"delimiter":",","index":0`)}, "[|]"},
		{"regex-range", w, []string{op("replace", `"regex":"[^A-z]","replacement":""`)}, []string{op("replace", `"regex":"[^A-Za-z]","replacement":""`)}, "A-Za-z"},
		{"replacement-group", e, []string{op("replace", `"regex":"(a)","replacement":"$2"`)}, []string{op("replace", `"regex":"(a)","replacement":"$1"`)}, "$1"},
		{"split-throws", i, []string{op("split", `"delimiter":",","index":1`)}, []string{op("split", `"delimiter":",","index":1,"throws":false`), op("split", `"delimiter":",","index":0`)}, "throws"},
		{"split-trailing", i, []string{op("split", `"delimiter":",","index":4`)}, []string{op("split", `"delimiter":",","index":1`)}, ""},
		{"substring-range", w, []string{op("substring", `"begin":0,"end":3`)}, []string{op("substring", `"begin":0,"end":3,"input":`+op("leftPad", `"length":3`)), op("substring", `"begin":0`), op("substring", `"input":"abcd","begin":0,"end":3`)}, "guard"},
		{"substring-offset-useless", w, []string{op("substring", `"begin":-1,"beginOffset":1`), op("substring", `"begin":0,"endOffset":1`)}, []string{op("substring", `"begin":1,"beginOffset":1`)}, ""},
		{"join-null", w, []string{op("join", `"values":["a",`+hr("dept")+`]`), op("join", `"values":["a",null]`)}, []string{op("join", `"values":["a","b"]`)}, ""},
		{"concat-null", i, []string{op("concat", `"values":["a","-",`+hr("dept")+`]`)}, []string{op("concat", `"values":["a","-","b"]`), op("concat", `"values":["a",`+hr("dept")+`]`)}, ""},
		{"date-weekyear", e, []string{formats("YYYY-MM-dd")}, []string{formats("yyyy-MM-dd"), formats("YYYY-'W'ww")}, "yyyy"},
		{"date-minutes-for-month", e, []string{formats("yyyy-mm-dd")}, []string{formats("yyyy-MM-dd HH:mm")}, "MM"},
		{"date-dayofyear", w, []string{formats("yyyy-MM-DD")}, []string{formats("yyyy-DDD")}, "dd"},
		{"date-hour12", w, []string{formats("yyyy-MM-dd hh:mm")}, []string{formats("yyyy-MM-dd hh:mm a")}, "HH"},
		{"date-named-format", e, []string{formats("EPOCH"), formats("ISO_8601"), formats("iso8601")}, []string{formats("EPOCH_TIME_JAVA"), formats("yyyyMMdd")}, "ISO8601"},
		{"date-pattern", e, []string{formats("foo")}, []string{formats("yyyyMMdd")}, ""},
		{"date-iso-millis", w, []string{op("dateFormat", `"input":`+math("now/d", "")), op("dateFormat", `"input":"2026-01-01T00:00:00Z"`)}, []string{formats("yyyy-MM-dd"), op("dateFormat", `"input":"2026-01-01T00:00:00.000Z"`)}, "inputFormat"},
		{"date-ldap", w, []string{formats("LDAP")}, []string{formats("yyyyMMddHHmmss")}, "yyyyMMddHHmmss"},
		{"date-now-input", e, []string{op("dateFormat", `"input":"now"`)}, []string{op("dateFormat", `"input":"2026-01-01T00:00:00.000Z"`)}, "dateMath"},
		{"datecompare-iso", e, []string{compare(`"2026-01-01"`), compare(op("dateFormat", `"outputFormat":"MM/dd/yyyy"`)),
			compare(op("firstValid", `"values":[`+hr("end")+`,"12/31/2999"]`))}, []string{compare(op("firstValid", `"values":[`+hr("end")+`,"2999-12-31T00:00:00Z"]`)), compare(`"now"`), compare(op("dateFormat", "")), compare(math("now", ""))}, ""},
		{"datecompare-null", w, []string{compare(op("dateFormat", "")), compare(hr("dept"))}, []string{compare(`"now"`), compare(op("dateFormat", `"input":`+math("now", "")+`,"inputFormat":"yyyy-MM-dd'T'HH:mm"`)),
			compare(op("dateFormat", `"input":`+math("now/d", "")+`,"inputFormat":"yyyy-MM-dd'T'HH:mm'Z'"`)), compare(op("dateFormat", `"input":`+math("now-30d/h+5m", "")+`,"inputFormat":"yyyy-MM-dd'T'HH:mmX"`)),
			compare(op("dateFormat", `"input":`+math("now/M", "")+`,"inputFormat":"yyyy-MM-dd"`)), op("firstValid", `"ignoreErrors":true,"values":[`+compare(hr("dept"))+`,"a"]`)}, "firstValid"},
		{"datecompare-null", w, []string{compare(op("dateFormat", `"input":`+math("now", "")+`,"inputFormat":"yyyy-MM-dd'T'HH:mm'Z'"`)), compare(op("dateFormat", `"input":`+math("now/d+5s", "")+`,"inputFormat":"yyyy-MM-dd'T'HH:mm'Z'"`))}, nil, ""},
		{"datecompare-operator", e, []string{strings.Replace(compare(`"now"`), `"lt"`, `"<"`, 1)}, []string{strings.Replace(compare(`"now"`), `"lt"`, `"LTE"`, 1)}, ""},
		{"datemath-syntax", e, []string{math("now+d", ""), math("now/w", ""), math("now + 1d", "")}, []string{math("now+1d/d", "")}, ""},
		{"datemath-input", w, []string{math("+1d", `,"input":"2026-01-01"`), math("+1d", `,"input":`+formats("MM/dd/yyyy"))}, []string{math("+1d", `,"input":"2026-01-01T00:00Z"`), math("+1d", `,"input":`+hr("dept"))}, "ISO8601"},
		{"datemath-now-input", w, []string{math("now", `,"input":"x"`)}, []string{math("now", "")}, ""},
		{"datemath-roundup", w, []string{math("now+1d", `,"roundUp":true`)}, []string{math("now+1d/d", `,"roundUp":true`)}, ""},
		{"datemath-m", i, []string{math("now+1m", "")}, []string{math("now+1M", ""), math("now+1h+1m", "")}, "M"},
		{"datemath-rounded-away", w, []string{math("+17h/d", ""), math("now-5h/d", ""), math("now+1d+17h/d", ""), math("/M-1d/M", ""), math("now+30m/h", ""), math("+6M/y", "")},
			[]string{math("/d+17h", ""), math("now-5d/d", ""), math("now+36h/d", ""), math("now+1M/M", ""), math("now/M+1M-1d/d", ""), math("+0h/d", "")}, "/d+17h"},
		{"date-zone-name", w, []string{formats("yyyy-MM-dd HH:mm z"), formats("MM/dd/yyyy HH:mm 'EST'"), formats("yyyy-MM-dd HH:mm zzz"), formats("yyyy-MM-dd HH:mm' CET'")},
			[]string{formats("yyyy-MM-dd'T'HH:mm:ss'Z'"), formats("yyyy-MM-dd HH:mm Z"), formats("yyyy-MM-dd HH:mm X"), op("dateFormat", `"inputFormat":"yyyy-MM-dd","outputFormat":"HH:mm z"`)}, "offset"},
		{"date-input-mismatch", w, []string{op("dateFormat", `"inputFormat":"MM/dd/yyyy","input":`+math("now/d", "")), op("dateFormat", `"inputFormat":"yyyy-MM-dd","input":`+formats2("yyyyMMdd", "MM/dd/yyyy"))},
			[]string{op("dateFormat", `"inputFormat":"yyyy-MM-dd","input":`+math("now/d", "")), op("dateFormat", `"inputFormat":"yyyy-MM-dd","input":`+formats("MM/dd/yyyy"))}, "written in"},
		{"template-set-braces", e, []string{static("#set(${y} = 'a')$y", `"a"`), static("#set( ${x}='b')$x", `"a"`), static("#if($x == 'a')#set(${y} = 'a')#end", `"a"`)}, []string{static("#set($y = 'a')$y", `"a"`), static("#set($m = {'k':'v'})#set(${m.k} = 'w')$m.k", `"a"`)}, "#set($y"},
		{"template-late-method", i, []string{static("$x.strip()", hr("dept")), static("$x.repeat(2)", hr("dept")), static("#if($x.blank)a#end", hr("dept"))}, []string{static("$x.trim()", hr("dept"))}, ""},
		{"template-condition-literal", w, []string{static("#if(true)$x#end", `"a"`), static("#if('a' == 'b')$x#end", `"a"`), static("#if(1 < 2 && true)$x#end", `"a"`), static("#if('Active')$x#end", `"a"`), static("#if($x == 'a')a#elseif(false)b#end", `"a"`)},
			[]string{static("#if($x == 'a')$x#end", `"a"`), static("#if($x == 'a' && true)$x#end", `"a"`)}, "variable"},
		{"template-quoted-variable", e, []string{static("#if('$x' == 'a')a#end", `"a"`), static("#if('${x}' != '')a#end", `"a"`), static("#set($y = '$x')$y", `"a"`)}, []string{static(`#if(\"$x\" == 'a')a#end`, `"a"`), static("#if($x == '$5')a#end", `"a"`)}, "without quotes"},
		{"regex-posix-class", w, []string{op("replace", `"regex":"[[:space:]]+","replacement":""`), op("replaceAll", `"table":{"[^[:alnum:]]":""}`), op("split", `"delimiter":"[[:punct:]]","index":0`), static("$x.replaceAll('[[:digit:]]', '')", hr("dept"))}, []string{op("replace", `"regex":"\\\\p{Space}","replacement":""`), op("replace", `"regex":"[:a]","replacement":""`), op("replace", `"regex":"[\\[:alpha:]","replacement":""`)}, "Space"},
		{"conditional-variable", w, []string{conditional("x eq a", `"a"`)}, []string{conditional("$x eq x1", `"a"`)}, "$x"},
		{"conditional-constant", w, []string{conditional("a eq b", `"a"`), conditional("x eq a", `"a"`)}, []string{conditional("$x eq b", `"a"`), conditional("#if(true)a#end eq b", `"a"`)}, ""},
		{"account-source", e, []string{op("accountAttribute", `"attributeName":"a"`)}, []string{hr("dept")}, ""},
		{"account-source", w, []string{op("accountAttribute", `"attributeName":"a","sourceName":"HR","applicationId":"id-ad"`)}, []string{op("accountAttribute", `"attributeName":"a","sourceName":"HR","applicationId":"id-hr"`), hr("dept")}, "one"},
		{"source-unknown", e, []string{op("accountAttribute", `"attributeName":"a","sourceName":"hr"`), op("accountAttribute", `"attributeName":"a","applicationId":"x"`)}, []string{hr("dept")}, "HR"},
		{"account-attribute-unknown", e, []string{hr("departement")}, []string{hr("dept"), hr("nativeIdentity"), op("accountAttribute", `"attributeName":"a","sourceName":"AD"`)}, ""},
		{"account-filter-property", e, []string{op("accountAttribute", `"attributeName":"dept","sourceName":"HR","accountFilter":"dept == \"x\""`)}, []string{op("accountAttribute", `"attributeName":"dept","sourceName":"HR","accountPropertyFilter":"dept == \"x\""`)}, "accountPropertyFilter"},
		{"account-filter-syntax", e, []string{op("accountAttribute", `"attributeName":"dept","sourceName":"HR","accountFilter":"dept = x"`)}, []string{op("accountAttribute", `"attributeName":"dept","sourceName":"HR","accountFilter":"nativeIdentity == \"x\""`)}, ""},
		{"identity-name", w, []string{op("identityAttribute", `"name":"First Name"`), op("identityAttribute", `"name":"firstName"`)}, []string{op("identityAttribute", `"name":"firstname"`)}, "system name"},
		{"reference-unknown", e, []string{op("reference", `"id":"lowr"`)}, []string{op("reference", `"id":"lower"`)}, "lower"},
		{"reference-no-id", e, []string{op("reference", "")}, []string{op("reference", `"id":"lower"`)}, ""},
		{"reference-cycle", e, []string{op("reference", `"id":"ring a"`)}, []string{op("concat", `"values":[`+op("reference", `"id":"lower"`)+","+op("reference", `"id":"lower"`)+"]")}, ""},
		{"rule-unknown", w, []string{op("rule", `"name":"Theirs"`)}, []string{op("rule", `"name":"Mine"`)}, "stub"},
		{"rule-utility", e, []string{op("rule", `"name":"Cloud Services Utility","operation":"getEndOfString"`), op("rule", `"name":"Cloud Services Deployment Utility","operation":"endOf"`)}, []string{op("rule", `"name":"Cloud Services Deployment Utility","operation":"getEndOfString","numChars":2`)}, "Deployment"},
		{"iso3166-format", e, []string{op("iso3166", `"format":"alpha4"`)}, []string{op("iso3166", `"format":"numeric"`)}, ""},
		{"e164-region", e, []string{op("e164phone", `"defaultRegion":"USA"`), op("e164phone", `"defaultRegion":"XX"`)}, []string{op("e164phone", `"defaultRegion":"FR"`)}, ""},
		{"pad-length", e, []string{op("leftPad", `"length":0`), op("rightPad", `"length":"-1"`)}, []string{op("leftPad", `"length":5`)}, ""},
		{"random-length", e, []string{op("randomNumeric", `"length":451`), op("randomAlphaNumeric", `"length":0`)}, []string{op("randomNumeric", `"length":450`)}, ""},
		{"username-in-mapping", w, []string{op("usernameGenerator", `"patterns":["$x$uniqueCounter"],"x":"a"`)}, []string{op("lower", "")}, ""},
		{"displayname-attributes", i, []string{`{"type":"displayName"}`}, []string{op("displayName", "")}, ""},
	}
}

// provisioningCases stand in an account create profile.
func provisioningCases() []lintCase {
	e, w := diag.Error, diag.Warning
	generator := func(attributes string) string { return op("usernameGenerator", `"x":"a",`+attributes) }
	return []lintCase{
		{"account-in-provisioning", e, []string{hr("dept")}, []string{op("identityAttribute", `"name":"email"`)}, "identityAttribute"},
		{"username-counter-last", e, []string{generator(`"patterns":["$x$uniqueCounter","$x"]`)}, []string{generator(`"patterns":["$x","$x$uniqueCounter"]`)}, "before"},
		{"username-counter-missing", w, []string{generator(`"patterns":["$x"]`)}, []string{generator(`"patterns":["$x","$x$uniqueCounter"]`)}, ""},
		{"username-counter-braces", e, []string{generator(`"patterns":["$x{uniqueCounter}"]`)}, []string{generator(`"patterns":["$x${uniqueCounter}"]`)}, "${uniqueCounter}"},
		{"username-limits", e, []string{generator(`"patterns":["$x$uniqueCounter"],"cloudMaxSize":"8"`)}, []string{generator(`"patterns":["$x$uniqueCounter"]`)}, "field"},
		{"template-undefined", e, nil, []string{op("static", `"value":"$givenName"`)}, ""},
		{"refresh-missing", w, nil, []string{op("dateMath", `"expression":"now/d"`)}, ""},
		{"username-in-mapping", w, nil, []string{generator(`"patterns":["$x$uniqueCounter"]`)}, ""},
	}
}

func lint(t *testing.T, config string, o transform.Options) diag.List {
	t.Helper()
	n, _ := jsondoc.Parse("case.json", []byte(config))
	if n == nil {
		t.Fatalf("bad JSON: %s", config)
	}
	o.Transforms = map[string]*transform.Definition{}
	for name, src := range lintStored {
		o.Transforms[name], _ = transform.Parse("stored.json", []byte(src))
	}
	o.Sources, o.Rules, o.IdentityAttributes = lintSources, []string{"Mine"}, []string{"email", "firstname", "x"}
	_, found := builtin.Library().Link(o, transform.Item{Def: transform.FromNode(n), Path: diag.Path{diag.Named("attribute", "a")}})
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Pos.File == "stored.json" && d.Code != "reference-cycle" })
}

func runLintCases(t *testing.T, cases []lintCase, o transform.Options) {
	for _, tc := range cases {
		for i, config := range tc.bad {
			t.Run(fmt.Sprintf("%s bad %d", tc.code, i), func(t *testing.T) {
				found := lint(t, config, o)
				at := slices.IndexFunc(found, func(d diag.Diagnostic) bool { return string(d.Code) == tc.code && d.Severity == tc.severity })
				if at < 0 {
					t.Fatalf("no %s in\n%v\n%s", tc.code, found, config)
				}
				d := found[at]
				if d.Pos.Line == 0 || d.Pos.Column == 0 || len(d.Path) == 0 || d.Message == "" {
					t.Errorf("finding without place or message: %+v", d)
				}
				if i == 0 && !strings.Contains(d.Hint, tc.hint) {
					t.Errorf("hint %q, want %q in it", d.Hint, tc.hint)
				}
			})
		}
		for i, config := range tc.good {
			t.Run(fmt.Sprintf("%s good %d", tc.code, i), func(t *testing.T) {
				for _, d := range lint(t, config, o) {
					if string(d.Code) == tc.code && d.Severity == tc.severity {
						t.Errorf("unexpected: %s\n%s", d, config)
					}
				}
			})
		}
	}
}

func TestLint(t *testing.T) {
	runLintCases(t, lintCases(), transform.Options{})
	runLintCases(t, provisioningCases(), transform.Options{Provisioning: true})
}

func TestLintRoots(t *testing.T) {
	defs := map[string]*transform.Definition{}
	for name, src := range map[string]string{
		"":     `{"type":"lower"}`,
		"long": `{"name":"` + name51 + `","type":"lower"}`,
		"big":  `{"name":"big","type":"static","attributes":{"value":"` + strings.Repeat("x", transform.MaxSize) + `"}}`,
		"fine": `{"name":"fine","type":"lower"}`,
	} {
		defs[name], _ = transform.Parse(name+".json", []byte(src))
	}
	found := builtin.Library().Lint(transform.Options{Transforms: defs})
	var got []string
	for _, d := range found {
		got = append(got, d.Pos.File+" "+string(d.Code))
	}
	if want := []string{".json name-missing", "big.json size-limit", "long.json name-too-long"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestLintOnce: what several profiles share is reported once.
func TestLintOnce(t *testing.T) {
	def, _ := transform.Parse("s.json", []byte(`{"name":"s","type":"lookup","attributes":{"table":{"a":"b"}}}`))
	use, _ := transform.Parse("u.json", []byte(op("reference", `"id":"s"`)))
	o := transform.Options{Transforms: map[string]*transform.Definition{"s": def}}
	found := builtin.Library().Lint(o, transform.Item{Def: use}, transform.Item{Def: use})
	if len(found) != 1 || found[0].Code != "lookup-default" {
		t.Errorf("got %v, want one lookup-default", found)
	}
}

// TestFieldLimits: the limits of a username stand in the field around it.
func TestFieldLimits(t *testing.T) {
	def, _ := transform.Parse("u.json", []byte(op("usernameGenerator", `"patterns":["a$uniqueCounter"]`)))
	for config, want := range map[string]int{
		`{"cloudMaxSize":"8","cloudMaxUniqueChecks":"50"}`: 0,
		`{"cloudMaxUniqueChecks":"51"}`:                    1,
		`{"cloudMaxSize":"0","cloudMaxUniqueChecks":"x"}`:  2,
	} {
		field, _ := jsondoc.Parse("f.json", []byte(config))
		_, found := builtin.Library().Link(transform.Options{Provisioning: true}, transform.Item{Def: def, Field: field})
		if len(found) != want {
			t.Errorf("%s: got %v, want %d findings", config, found, want)
		}
	}
}

// TestCausesAlone: a finding does not come with another one that contradicts it
// or only repeats it.
func TestCausesAlone(t *testing.T) {
	stat := func(members string) string { return op("static", members) }
	for _, c := range []struct{ config, has, not string }{
		{stat(`"a":"$b","b":"x","value":"$a"`), "variable-order", "variable-unused"},
		{stat(`"a":` + stat(`"value":"$b"`) + `,"b":"x","value":"$a"`), "variable-order", "variable-unused"},
		{stat(`"a":"x","b":"y","value":"$a-$b"`), "template-name-runs-on", "variable-unused"},
		{stat(`"first":"x","value":"$frist"`), "template-undefined", "variable-unused"},
		{stat(`"a":"x","value":"#if($a == 'x')b"`), "template-unbalanced", "variable-unused"},
		{stat(`"a":"$b #if","b":"x","value":"$a"`), "template-unbalanced", "variable-unused"},
		{stat(`"value":"#set(${y} = 'x')$y"`), "template-set-braces", "template-undefined"},
		{op("conditional", `"a":"x","expression":"a eq x","positiveCondition":"1","negativeCondition":"2"`), "conditional-variable", "variable-unused"},
		{conditional("($x eq 'IG')", `"a"`), "conditional-operator", "conditional-quotes"},
		{op("firstValid", `"values":[`+static("$x", hr("dept"))+`,"a"]`), "firstvalid-errors", "firstvalid-unreachable"},
		{op("firstValid", `"values":[`+op("split", `"delimiter":",","index":1,"input":"a,b,c$x"`)+`,"a"]`), "firstvalid-errors", "firstvalid-unreachable"},
		{op("firstValid", `"values":["",`+hr("dept")+`]`), "firstvalid-empty", "firstvalid-unreachable"},
	} {
		var codes []string
		for _, d := range lint(t, c.config, transform.Options{}) {
			codes = append(codes, string(d.Code))
		}
		if !slices.Contains(codes, c.has) || slices.Contains(codes, c.not) {
			t.Errorf("%s: got %v, want %s without %s", c.config, codes, c.has, c.not)
		}
	}
}

// TestUsersCatch: what raises in a stored transform is no finding when all who
// use it have another value ready.
func TestUsersCatch(t *testing.T) {
	stored := `{"name":"s","type":"lookup","attributes":{"table":{"a":"b"}}}`
	safe := op("firstValid", `"ignoreErrors":true,"values":[`+op("reference", `"id":"s"`)+`,"z"]`)
	bare := op("reference", `"id":"s"`)
	through := `{"name":"t","type":"trim","attributes":{"input":` + bare + `}}`
	for _, c := range []struct {
		name   string
		stored []string
		items  []string
		found  bool
	}{
		{"nobody", []string{stored}, nil, true},
		{"with another value", []string{stored}, []string{safe}, false},
		{"alone", []string{stored}, []string{bare}, true},
		{"both", []string{stored}, []string{safe, bare}, true},
		{"in values, deeper", []string{stored}, []string{op("firstValid", `"ignoreErrors":"true","values":[`+op("upper", `"input":`+bare)+`,"z"]`)}, false},
		{"beside values", []string{stored}, []string{op("firstValid", `"ignoreErrors":true,"input":`+bare+`,"values":["z"]`)}, true},
		{"without ignoreErrors", []string{stored}, []string{op("firstValid", `"values":[`+bare+`,"z"]`)}, true},
		{"through one that is caught", []string{stored, through}, []string{op("firstValid", `"ignoreErrors":true,"values":[`+op("reference", `"id":"t"`)+`,"z"]`)}, false},
		{"through one that is not", []string{stored, through}, []string{op("reference", `"id":"t"`)}, true},
		{"through one that nobody uses", []string{stored, through}, []string{safe}, true},
	} {
		o := transform.Options{Transforms: map[string]*transform.Definition{}}
		for _, src := range c.stored {
			def, _ := transform.Parse("s.json", []byte(src))
			o.Transforms[def.Name] = def
		}
		var items []transform.Item
		for _, src := range c.items {
			def, _ := transform.Parse("i.json", []byte(src))
			items = append(items, transform.Item{Def: def})
		}
		found := builtin.Library().Lint(o, items...)
		if got := slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == "lookup-default" }); got != c.found {
			t.Errorf("%s: found %v, want %v: %v", c.name, got, c.found, found)
		}
	}
}

// TestPartial: a name that may stand in another file is a warning.
func TestPartial(t *testing.T) {
	def, _ := transform.Parse("i.json", []byte(op("reference", `"id":"s"`)))
	for _, partial := range []bool{false, true} {
		_, found := builtin.Library().Link(transform.Options{Partial: partial}, transform.Item{Def: def})
		if len(found) != 1 || (found[0].Severity == diag.Error) == partial {
			t.Errorf("partial %v: got %v", partial, found)
		}
	}
}
