package config

import (
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/jsondoc"
)

// SetCorrelation gives a source other criteria, wherever its correlation is configured; null
// has none.
func (b *Bundle) SetCorrelation(s *Source, assignments *jsondoc.Node) {
	for _, n := range b.correlationNodes(s) {
		n.Set("attributeAssignments", orNull(assignments).Clone())
	}
	b.Refresh()
}

// orNull writes what is absent as null.
func orNull(n *jsondoc.Node) *jsondoc.Node {
	if n == nil {
		return jsondoc.NewNull()
	}
	return n
}

// correlationNodes returns where the correlation of a source is configured: in
// configurations that stand alone, else in the source.
func (b *Bundle) correlationNodes(s *Source) []*jsondoc.Node {
	var list []*jsondoc.Node
	for _, d := range b.Documents {
		d.each(func(o object) {
			if o.shape != "CORRELATION_CONFIG" {
				return
			}
			if cfg, _ := correlate.ParseConfig(o.node); s.refersTo(cfg) {
				list = append(list, o.node)
			}
		})
	}

	// A configuration that stands alone counts before what the source says of itself.
	if len(list) > 0 {
		return list
	}
	for _, key := range []string{"correlationConfigDetails", "accountCorrelationConfig"} {
		if n := s.Node.Get(key); n.Get("attributeAssignments") != nil {
			return []*jsondoc.Node{n}
		}
	}

	// The source has none yet and gets one, in the shape that the API shows.
	n := jsondoc.NewObject(jsondoc.M("id", jsondoc.NewNull()),
		jsondoc.M("name", jsondoc.NewString(s.ApplicationName+" Account Correlation")))
	s.Node.Set("correlationConfigDetails", n)
	return []*jsondoc.Node{n}
}
