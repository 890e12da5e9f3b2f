package transform

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// Nullness says whether a place can give null, as far as the configuration
// alone tells. Greater is more likely.
type Nullness uint8

// What is known of null.
const (
	NeverNull Nullness = iota // gives a value or raises
	InputNull                 // null when the implicit input of the whole transform is
	MayBeNull                 // reads something that can be missing
)

// Facts are what is known of the values of a place before any data are seen.
// Findings rest on them; evaluation does not.
type Facts struct {
	Null  Nullness
	Fails bool // may raise for data that it can meet
	// FailsOnNull: may raise when the implicit input of the whole transform is null.
	FailsOnNull bool
	Empty       bool // can be the empty text by its own configuration
	// Kind of the values that are not null; identity.Null when not known.
	Kind   identity.Kind
	MinLen int // shortest text, in UTF-16 units
	// Format tells how a date is written: a format of dateFormat, [InstantFormat]
	// or [MinuteFormat].
	Format string
}

// The [Facts.Format] of what dateMath writes: of any instant, and of those that
// are whole minutes.
const (
	InstantFormat = "dateMath"
	MinuteFormat  = "dateMath, whole minutes"
)

// factsOf are the facts of a constant.
func factsOf(v identity.Value) Facts {
	f := Facts{Kind: v.Kind(), MinLen: javatext.Len(v.Text())}
	f.Empty = f.Kind == identity.Text && f.MinLen == 0
	if v.IsNull() {
		f.Null = MayBeNull
	}
	return f
}

// Either combines the facts of two places of which one gives the value.
func (f Facts) Either(o Facts) Facts {
	f.Null = max(f.Null, o.Null)
	f.Fails, f.FailsOnNull = f.Fails || o.Fails, f.FailsOnNull || o.FailsOnNull
	f.Empty = f.Empty || o.Empty
	f.MinLen = min(f.MinLen, o.MinLen)
	if f.Kind != o.Kind {
		f.Kind = identity.Null
	}

	if f.Format != o.Format {
		f.Format = ""
	}
	return f
}

// Site is a place in a transform: where a node stands and what is known of it.
type Site struct {
	up   *Site         // the place around it; nil outermost
	Step diag.Step     // last step of the path; zero at the root
	Def  *jsondoc.Node // the JSON value
	Type string        // operation; empty for literals and templates
	Facts

	counts  bool // uses $uniqueCounter
	objects bool // a template that is nothing but a path to objects
	unary   bool // an operation on its input
}

// Path returns the steps to the place, from the outermost named thing. They are gathered
// when somebody asks: each place of a deep tree would keep a path of its own.
func (s *Site) Path() diag.Path {
	n := 0
	for at := s; at != nil; at = at.up {
		if at.Step != (diag.Step{}) {
			n++
		}
	}
	if n == 0 {
		return nil
	}

	path := make(diag.Path, n)
	for at := s; at != nil; at = at.up {
		if at.Step != (diag.Step{}) {
			n--
			path[n] = at.Step
		}
	}

	return path
}

// below returns a place at the end of a path.
func below(path diag.Path) *Site {
	var at *Site
	for _, step := range path {
		at = &Site{up: at, Step: step}
	}
	return at
}

// Facts returns what is known of the child; an absent one is null.
func (c *Child) Facts() Facts {
	if c.site == nil {
		return Facts{Null: MayBeNull}
	}
	return c.site.Facts
}

// Facts returns what is known of the operation, to be filled in by its compile
// function. It begins as: may be null, of any kind.
func (c *Compiler) Facts() *Facts { return &c.site.Facts }

// InputFacts returns what is known of the resolved input of the operation.
func (c *Compiler) InputFacts() Facts {
	if c.inputSite == nil {
		return Facts{Null: InputNull}
	}
	return c.inputSite.Facts
}

// Unary fills in the facts of an operation that maps null to null and everything
// else to text.
func (c *Compiler) Unary() *Facts {
	in := c.InputFacts()
	*c.Facts() = Facts{Null: in.Null, Empty: in.Empty, Kind: identity.Text}
	c.site.unary = true
	return c.Facts()
}
