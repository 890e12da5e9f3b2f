package transform_test

import (
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

func BenchmarkEval(b *testing.B) {
	for _, bc := range []struct{ name, config string }{
		{"accountAttribute", hr("mail")},
		{"lower", op("lower", `"input":`+hr("mail"))},
		{"template", static("${x}@example.com", hr("dept"))},
		{"lookup", op("lookup", `"input":`+hr("dept")+`,"table":{"Sales":"S","default":"D"}`)},
		{"busy", busy},
	} {
		b.Run(bc.name, func(b *testing.B) {
			c := compile(b, bc.config, nil, nil)
			s := c.unit.NewScope(b.Context(), &transform.Env{})
			accounts := hrAccount("1", "Ann.Lee@Example.com", "Sales")
			b.ReportAllocs()
			for b.Loop() {
				s.Reset(person{id: "p"}, accounts)
				if _, err := c.program.Eval(s, identity.Value{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		compile(b, busy, nil, nil)
	}
}
