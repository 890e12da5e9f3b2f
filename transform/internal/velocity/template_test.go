package velocity

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/transform/internal/limit"
)

func TestNeedsRender(t *testing.T) {
	for src, want := range map[string]bool{
		"": false, "plain": false, "$a": true, "${a}": true, "$!a": true, "$!{a}": true, "$_x": true,
		"$": false, "^[a-z]+$": false, "$5": false, "US$ 5": false, "${5}": false, "$!": false, "${": false, "$.a": false,
		"#if": true, "#sales": true, "#{end}": true, "##": true, "#*": true, "#[[": true,
		"#": false, "#1": false, "# a": false, "#[a]": false, "a#": false, "#é": false, "$é": false,
		`\$a`: true, "[$a-z]": true,
	} {
		if got := NeedsRender(src); got != want {
			t.Errorf("NeedsRender(%q) = %v, want %v", src, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	tmpl, err := Parse("$b.m($a)#set($x = \"$c $b\")#foreach($i in $x)$foreach.index#end$!{b}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a", "x", "c", "i", "foreach"}, tmpl.Names()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		src  string
		kind error
		want string
	}{
		{"a $x", ErrInvalidReference, "invalid reference $x [line 1, column 3]"},
		{"\n$!x", ErrInvalidReference, "invalid reference $!x [line 2, column 1]"},
		{"$s.foo()", ErrInvalidReference, "invalid reference $s.foo(): method not available on text [line 1, column 1]"},
		{"$s.foo", ErrInvalidReference, "invalid reference $s.foo [line 1, column 1]"},
		{"$s.trim().foo.bar", ErrInvalidReference, "invalid reference $s.trim().foo [line 1, column 1]"},
		{"$s.substring(0,9)", ErrMethod, "method failed $s.substring(): begin 0, end 9, length 4 [line 1, column 1]"},
		{"$s.concat($x)", ErrInvalidReference, "invalid reference $x [line 1, column 11]"},
		{"$l[5]", ErrMethod, "method failed $l[]: index 5 of a list of 2 [line 1, column 1]"},
		{"#set($y = 1 / 0)", ErrInvalidReference, "invalid reference $y: is set to null [line 1, column 6]"},
		{"#set($l[7] = 1)", ErrMethod, "method failed $l[]: index 7 of a list of 2 [line 1, column 6]"},
		{"#foreach($i in $l)#set($z=$l.add(1))#end", ErrMethod, "method failed #foreach: the list changed in its loop [line 1, column 1]"},
		{"$bad.p", ErrMethod, "method failed $bad.p: no connection [line 1, column 1]"},
		{"$bad.m()", ErrMethod, "method failed $bad.m(): no connection [line 1, column 1]"},
	}
	known := map[string]Value{
		"s": TextOf("text"), "l": ListOf([]Value{IntOf(1), IntOf(2)}), "bad": ObjectOf(badObject{}),
	}
	for _, tt := range tests {
		_, err := eval(t, tt.src, known)
		if err == nil || !errors.Is(err, tt.kind) || err.Error() != tt.want {
			t.Errorf("%q: got %v, want %s", tt.src, err, tt.want)
		}
	}
}

var errConnection = errors.New("no connection")

// badObject fails at everything.
type badObject struct{}

func (badObject) Property(string) (Value, bool, error)      { return Value{}, false, errConnection }
func (badObject) Call(string, []Value) (Value, bool, error) { return Value{}, false, errConnection }
func (badObject) Text() (string, error)                     { return "", errConnection }

func TestHostErrorStays(t *testing.T) {
	known := map[string]Value{"bad": ObjectOf(badObject{})}
	for _, src := range []string{"$bad", "$bad.p", "#set($x = \"$bad\")", "$bad[0]", "#if($bad == 'x')#end"} {
		if _, err := eval(t, src, known); !errors.Is(err, errConnection) {
			t.Errorf("%q: got %v, want %v", src, err, errConnection)
		}
	}
}

func eval(t *testing.T, src string, known map[string]Value) (string, error) {
	t.Helper()
	tmpl, err := Parse(src)
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	vars := make([]Value, len(tmpl.Names()))
	for i, name := range tmpl.Names() {
		vars[i] = known[name]
	}
	out, err := tmpl.Eval(&limit.Budget{Steps: 1e5, Output: 1e5}, vars, nil)
	return string(out), err
}

// TestSpec holds what the decisions settle by themselves.
func TestSpec(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"braces on the left", "#set(${csv} = 'a')$csv", "a,b,c"},
		{"arrays print as lists", "$csv.split(',')", "[a, b, c]"},
		{"empty text is true", "#if($empty)T#end", "T"},
		{"text and number", "#if('1' == 1)T#end", "T"},
		{"order of texts", "#if('1' < '2')T#{else}F#end", "F"},
		{"newlines", "#if(true)\nA\n#end\nB\n#set($x = 1)\nC", "A\nB\nC"},
		{"blanks", "#if($empty == '') A #else B #end", " A "},
		{"glued else", "#if(true)a#elsex#end", "a#elsex"},
		{"word", "#sales", "#sales"},
		{"parseInt", "#set($I = 0)$I.parseInt('41')", "41"},
		{"email", "$csv@x.org", "a,b,c@x.org"},
		{"surrogates meet", "$pair.charAt(0)$pair.charAt(1)", "\U0001F600"},
		{"length in units", "$pair.length()", "2"},
		{"bean names", "$o.DisplayName", "Maria"},
	}
	known := map[string]Value{
		"csv": TextOf("a,b,c"), "empty": TextOf(""), "pair": TextOf("\U0001F600"),
		"o": ObjectOf(testIdentity{MapOf([]Field{{"displayName", TextOf("Maria")}}).dict()}),
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := eval(t, tt.src, known)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestVarsStay checks that templates change copies only.
func TestVarsStay(t *testing.T) {
	inner := ListOf([]Value{TextOf("a")})
	m := MapOf([]Field{{"l", inner}})
	known := map[string]Value{"m": m, "l": inner, "x": TextOf("keep")}
	got, err := eval(t, "#set($x='q')#set($y=$l.add('b'))#set($m.k='v')$m $l $x", known)
	if err != nil {
		t.Fatal(err)
	}
	if want := "{l=[a, b], k=v} [a, b] q"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if s, _ := AppendText(nil, m); string(s) != "{l=[a]}" {
		t.Errorf("the caller's map is now %s", s)
	}
}

func TestEvalKeepsDst(t *testing.T) {
	tmpl, err := Parse("a$x#if(true)$y#end")
	if err != nil {
		t.Fatal(err)
	}
	out, err := tmpl.Eval(nil, []Value{TextOf("b"), TextOf("c")}, []byte("front:"))
	if err != nil || string(out) != "front:abc" {
		t.Errorf("got %q, %v", out, err)
	}
	out, err = tmpl.Eval(nil, []Value{TextOf("b")}, []byte("front:"))
	if err == nil || string(out) != "front:" {
		t.Errorf("got %q, %v, want the front and an error", out, err)
	}
}

func TestConcurrent(t *testing.T) {
	tmpl, err := Parse("#foreach($i in $l)#set($x = \"$i!\")$x.replaceAll('[a-b]','z')#end#set($y=$l.add('c'))$l.size()")
	if err != nil {
		t.Fatal(err)
	}
	l := ListOf([]Value{TextOf("a"), TextOf("b")})
	vars := make([]Value, len(tmpl.Names()))
	for i, name := range tmpl.Names() {
		if name == "l" {
			vars[i] = l
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if out, err := tmpl.Eval(nil, vars, nil); err != nil || string(out) != "z!z!3" {
					t.Errorf("got %q, %v", out, err)
				}
			}
		})
	}
	wg.Wait()
}
