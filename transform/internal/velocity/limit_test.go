package velocity

import (
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/transform/internal/limit"
)

// TestLimits evaluates templates that must run out of budget.
func TestLimits(t *testing.T) {
	nest := func(n int, open, inner, end string) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	tests := []struct{ name, src string }{
		{"range", "#foreach($i in [1..2147483647])#end"},
		{"backwards", "#foreach($i in [2147483647..-2147483647])$i#end"},
		{"nested loops", nest(8, "#foreach($i in [1..1000])", "x", "#end")},
		{"output", "#set($x='" + strings.Repeat("x", 1000) + "')#foreach($i in [1..1000000])$x#end"},
		{"simple", strings.Repeat("$large ", 100_000)},
		{"steps of simple", strings.Repeat("${x} ", 200_001)},
		{"print range", "#set($r=[1..2147483647])$r"},
		{"write out range", "#set($r=[1..2147483647])#set($r[0]=1)"},
		{"doubled text", "#set($x='x')#foreach($i in [1..100])#set($x=$x+$x)#end"},
		{"doubled list", "#set($x=['x'])#foreach($i in [1..100])#set($y=$x.addAll($x))#end"},
		{"shared lists", "#set($x=['x'])#foreach($i in [1..100])#set($x=[$x,$x])#end$x"},
		{"compared lists", "#set($x=['x'])#set($y=['x'])#foreach($i in [1..100])#set($x=[$x,$x])#set($y=[$y,$y])#end#if($x==$y)#end"},
		{"circle", "#set($x=[1])#set($y=[$x])#set($z=$x.add($y))$x"},
		{"replace", "#set($x='aaaaaaaa')#foreach($i in [1..100])#set($x=$x.replace('a',$x))#end"},
		{"insert", "#set($x='aaaaaaaa')#foreach($i in [1..100])#set($x=$x.replace('',$x))#end"},
		{"quoted", `#set($x='aaaaaaaa')#foreach($i in [1..100])#set($x="$x$x$x")#end`},
		{"big numbers", "#set($x=9999999999)#foreach($i in [1..100])#set($x=$x * $x)#end"},
		{"big map", "#set($m={})#foreach($i in [1..1000000])#set($m[$i]=$i)#end"},
		{"join", "#set($x='aaaaaaaa')#foreach($i in [1..100])#set($x=$x.join($x,$x,$x,$x))#end"},
		{"regex", "#set($x='" + strings.Repeat("a", 40) + "b')$x.matches('(a|a)*(a|a)*c')#foreach($i in [1..100000])$x.matches('(a|a)*(a|a)*c')#end"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := Parse(tt.src)
			if err != nil {
				t.Fatal(err)
			}
			b := limit.Budget{Steps: 200_000, Output: 100_000}
			vars := make([]Value, len(tmpl.Names()))
			for i, name := range tmpl.Names() {
				if name == "large" {
					vars[i] = TextOf(strings.Repeat("x", 10_000))
				}
			}
			if _, err = tmpl.Eval(&b, vars, nil); !errors.Is(err, limit.Err) {
				t.Errorf("got %v, want %v", err, limit.Err)
			}
		})
	}
}

// TestParseLimits parses templates that are too deep or too involved.
func TestParseLimits(t *testing.T) {
	tests := []struct{ name, src string }{
		{"if", strings.Repeat("#if(true)", 1000) + strings.Repeat("#end", 1000)},
		{"foreach", strings.Repeat("#foreach($x in $y)", 1000) + strings.Repeat("#end", 1000)},
		{"parentheses", "#if(" + strings.Repeat("(", 10000) + "1" + strings.Repeat(")", 10000) + ")#end"},
		{"not", "#if(" + strings.Repeat("!", 10000) + "true)#end"},
		{"lists", "#set($x=" + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + ")"},
		{"maps", "#set($x=" + strings.Repeat("{1:", 10000) + "1" + strings.Repeat("}", 10000) + ")"},
		{"arguments", strings.Repeat("$a.b(", 10000) + "1" + strings.Repeat(")", 10000)},
		{"indexes", strings.Repeat("$a[", 10000) + "1" + strings.Repeat("]", 10000)},
		{"lookahead", "#set($x=" + strings.Repeat("[$a.b(", 100) + "1" + strings.Repeat(")]", 100) + ")"},
		{"lookahead in maps", "#set($x=" + strings.Repeat("[$a.b({1:", 80) + "1" + strings.Repeat("})]", 80) + ")"},
		{"sum", "#set($x=1" + strings.Repeat(" + 1", 10000) + ")"},
		{"backslashes", strings.Repeat(`\`, 200_000)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.src)
			var e *SyntaxError
			if !errors.As(err, &e) || e.Code != CodeLimit {
				t.Errorf("got %.200v, want a limit", err)
			}
		})
	}
}

// TestLarge parses what is large but harmless.
func TestLarge(t *testing.T) {
	for _, s := range []string{"$x ", "a\\\\b", "#if($x)a#end", "'\"", "#set($x=\"\"\"\")", "$$#", "#* $ *#", "{}[]()"} {
		t.Run(s, func(t *testing.T) {
			if _, err := Parse(strings.Repeat(s, 400_000/len(s)) + " "); err != nil {
				t.Error(err)
			}
		})
	}
}
