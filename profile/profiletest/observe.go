package profiletest

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// recorder is told about every step of an engine or unit that was compiled to be
// observed. It belongs to one goroutine, and so do the runs of its engine.
type recorder struct {
	// root is called around the whole of a mapping, transform or field.
	begin  func(site *transform.Site, input identity.Value)
	end    func(site *transform.Site, v identity.Value, err error)
	branch func(template *jsondoc.Node, offset, branch int)
	root   func(s *transform.Scope, def *jsondoc.Node) (done func(v identity.Value, err error))

	scope *transform.Scope // under evaluation
	sites []*transform.Site
}

// observedType is the operation that [wrap] puts around a definition.
const observedType = "profiletest.observed"

// observed is the operation around a whole definition: it makes the scope report
// to the recorder before anything of the definition is evaluated.
type observed struct {
	Definition transform.Child `json:"definition"`
	rec        *recorder
}

func (n *observed) Eval(s *transform.Scope) (identity.Value, error) {
	r := n.rec
	s.SetTracer(&transform.Tracer{Begin: r.stepInto, End: r.stepOut})
	s.Budget().OnBranch = r.taken
	outer, depth := r.scope, len(r.sites)
	r.scope = s
	var done func(identity.Value, error)
	if r.root != nil {
		done = r.root(s, n.Definition.Site().Def)
	}
	v, err := n.Definition.Eval(s)
	if done != nil {
		done(v, err)
	}
	r.scope, r.sites = outer, r.sites[:depth]
	return v, err
}

func (r *recorder) stepInto(site *transform.Site, input identity.Value) {
	if site.Type == observedType {
		return
	}
	r.sites = append(r.sites, site)
	if r.begin != nil {
		r.begin(site, input)
	}
}

func (r *recorder) stepOut(site *transform.Site, v identity.Value, err error) {
	if site.Type == observedType {
		return
	}
	if n := len(r.sites); n > 0 && r.sites[n-1] == site {
		r.sites = r.sites[:n-1]
	}
	if r.end != nil {
		r.end(site, v, err)
	}
}

func (r *recorder) taken(offset, branch int) {
	if n := len(r.sites); n > 0 && r.branch != nil {
		r.branch(r.sites[n-1].Def, offset, branch)
	}
}

// library returns the operations with the one that [wrap] needs, and "same",
// which mutants put in place of an operation on its input.
func (r *recorder) library(lib *transform.Library) *transform.Library {
	return lib.With(transform.Define(observedType, "Reports what is inside.",
		func(_ *transform.Compiler, n *observed) transform.Node {
			n.rec = r
			return n
		}))
}

// wrap puts the observed operation around a definition. The definition's own
// nodes stay, so that they can be told by their pointers.
func wrap(def *transform.Definition) *transform.Definition {
	return transform.FromNode(jsondoc.NewObject(
		jsondoc.M("type", jsondoc.NewString(observedType)),
		jsondoc.M("attributes", jsondoc.NewObject(jsondoc.M("definition", effective(def.Node))))))
}

// effective returns what the engine evaluates: the definition or, of a reference
// without id, its bare input.
func effective(n *jsondoc.Node) *jsondoc.Node {
	if n.Get("type").Text() == "reference" && n.At("attributes", "id").IsNull() && n.Get("id").IsNull() &&
		!n.At("attributes", "input").IsNull() {
		return n.At("attributes", "input")
	}
	return n
}

// engine compiles a bundle so that the recorder is told about every step of its
// mappings.
func (r *recorder) engine(b *config.Bundle, o Options) *profile.Engine {
	c := *b
	c.Profiles = slices.Clone(b.Profiles)
	for i, p := range b.Profiles {
		q := *p
		q.Mappings = make([]*config.Mapping, len(p.Mappings))
		for k, m := range p.Mappings {
			q.Mappings[k] = &config.Mapping{Attribute: m.Attribute, Definition: wrap(m.Definition), Node: m.Node}
		}
		c.Profiles[i] = &q
	}

	options := o.Compile
	options.Library, options.Observe = r.library(o.library()), true
	e, _ := profile.Compile(&c, options)
	return e
}
