package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

const maxUniqueChecks = 50

type username struct {
	Variables   transform.Variables
	Patterns    []transform.Child `json:"patterns" required:"true" doc:"templates, tried in order"`
	SourceCheck transform.Bool    `json:"sourceCheck" default:"false" doc:"no effect offline"`
}

func (n *username) Eval(s *transform.Scope) (identity.Value, error) {
	if err := n.Variables.Bind(s); err != nil {
		return identity.Value{}, err
	}

	g := generator{scope: s, checks: maxUniqueChecks}
	if err := g.limits(); err != nil {
		return identity.Value{}, err
	}

	// The counter is nobody else's.
	defer s.SetCounter(identity.Value{})
	for i := range n.Patterns {
		v, done, err := g.try(&n.Patterns[i])
		if err != nil || done {
			return v, err
		}
	}

	return identity.Value{}, fmt.Errorf("%w: every pattern gives a value that is taken", transform.ErrNoMatch)
}

// generator tries candidates until one is free or its checks are used up.
type generator struct {
	scope   *transform.Scope
	maxSize int64 // UTF-16 units, 0: any
	checks  int64
}

// limits reads the attributes of the field around the transform.
func (g *generator) limits() error {
	if err := g.limit("cloudMaxSize", &g.maxSize); err != nil {
		return err
	}
	if err := g.limit("cloudMaxUniqueChecks", &g.checks); err != nil {
		return err
	}

	// A tenant has this limit whatever the field says.
	g.checks = min(g.checks, maxUniqueChecks)
	return nil
}

// limit reads one attribute; an absent one leaves the limit as it is.
func (g *generator) limit(name string, to *int64) error {
	v := g.scope.Field(name)
	if v.IsNull() {
		return nil
	}
	n, ok := transform.WholeNumber(v)
	if !ok || n < 1 {
		return fmt.Errorf("%w: %s is %s, expected a positive number", transform.ErrConfig, name, v)
	}
	*to = n
	return nil
}

// try tries a pattern: once, or with a growing counter when it has one.
func (g *generator) try(pattern *transform.Child) (identity.Value, bool, error) {
	counted := pattern.CountsUp()
	counter := ""
	for i := 1; ; i++ {
		// Each candidate is one check, over all patterns together.
		if g.checks--; g.checks < 0 {
			return identity.Value{}, false, fmt.Errorf("%w: no free value within the allowed number of checks",
				transform.ErrNoMatch)
		}

		candidate, err := g.candidate(pattern, counter)
		if err != nil {
			return identity.Value{}, false, err
		}

		taken := false
		if u := g.scope.Env().Unique; u != nil {
			if taken, err = u.Taken(g.scope.Context(), candidate); err != nil {
				return identity.Value{}, false, err
			}
		}

		if !taken {
			return identity.StringValue(candidate), true, nil
		}

		// Without a counter the pattern has nothing more to offer; with one it is never left.
		if !counted {
			return identity.Value{}, false, nil
		}

		counter = fmt.Sprint(i)
	}
}

// candidate renders a pattern with a counter. What is longer than the limit
// loses text before the counter, so that the number survives.
func (g *generator) candidate(pattern *transform.Child, counter string) (string, error) {
	g.scope.SetCounter(identity.StringValue(counter))
	text, err := pattern.Text(g.scope)
	length := int64(javatext.Len(text))
	if err != nil || g.maxSize == 0 || length <= g.maxSize {
		return text, err
	}
	if counter == "" {
		cut, _ := javatext.Substring(text, 0, int(g.maxSize))
		return cut, nil
	}

	// To cut in front of the counter one has to know where it stands: the pattern is rendered
	// once more with a mark in its place.
	g.scope.SetCounter(identity.StringValue(marker))
	marked, err := pattern.Text(g.scope)
	if err != nil {
		return "", err
	}
	if !strings.Contains(marked, marker) { // it is asked for, but not printed
		cut, _ := javatext.Substring(text, 0, int(g.maxSize))
		return cut, nil
	}

	return shorten(marked, counter, g.maxSize), nil
}

// marker stands for the counter where its place is looked for.
const marker = "\x00"

// shorten removes as much text before the counter as is too long; when that is
// not enough, the end of the text.
func shorten(marked, counter string, maxSize int64) string {
	at := javatext.IndexOf(marked, marker, 0)
	head, _ := javatext.Substring(marked, 0, at)
	tail, _ := javatext.Substring(marked, at+1, javatext.Len(marked))
	rest := counter + strings.ReplaceAll(tail, marker, counter)

	// What stands before the counter gives way first.
	keep := max(maxSize-int64(javatext.Len(rest)), 0)
	head, _ = javatext.Substring(head, 0, int(min(keep, int64(at))))
	text := head + rest
	if int64(javatext.Len(text)) > maxSize {
		text, _ = javatext.Substring(text, 0, int(maxSize))
	}
	return text
}

// usernameGenerator gives the first value of its patterns that nobody has.
//
// Error: [transform.ErrNoMatch] when no candidate is free.
// Source: DECISION 47.
func usernameGenerator() transform.Operation {
	return transform.Define("usernameGenerator",
		"The first value of its patterns that nobody has; $uniqueCounter counts up.", compileUsername,
		transform.Phrase("first free of {patterns}[\nwith {*}]"),
		example("A name that is free",
			`{"type":"usernameGenerator","attributes":{"patterns":["$first.$last","$first.$last$uniqueCounter"],"first":"ann","last":"lee"}}`, "", "ann.lee"))
}

func compileUsername(c *transform.Compiler, n *username) transform.Node {
	c.ReadsUnique()
	*c.Facts() = transform.Facts{Kind: identity.Text, Fails: true}
	checkUsername(c, n)
	return n
}
