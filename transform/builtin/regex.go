package builtin

import (
	"errors"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javaregex"
	"github.com/idprofile/engine/transform/internal/limit"
)

// pattern is a regular expression that was compiled in advance, or one whose
// text is computed.
type pattern struct {
	arg   *transform.Child
	fixed *javaregex.Regexp
}

func (p *pattern) compile(c *transform.Compiler, attribute string) error {
	v, ok := p.arg.Const()
	if !ok || v.IsNull() {
		return nil
	}

	if err := c.Afford(partsOfPattern(v.Text())); err != nil {
		return err
	}
	re, err := compilePattern(c, v.Text())
	if err != nil {
		c.Errorf(codeRegexInvalid, attribute, "%v", err)
		return fmt.Errorf("%w: %s: %w", transform.ErrConfig, attribute, err)
	}

	// A pattern that works may still not be what was meant.
	p.fixed = re
	if doubt, ok := javaregex.DoubtAbout(v.Text()); ok {
		c.Report(diag.Warning, diag.Code(doubt.Code), attribute, doubt.Message, doubt.Hint)
	}
	return nil
}

// patternText is the key of a compiled regular expression.
type patternText string

// compilePattern compiles a regular expression, the same one once.
func compilePattern(c *transform.Compiler, text string) (re *javaregex.Regexp, err error) {
	made := c.Once(patternText(text), func() any {
		if re, err = javaregex.Compile(text); err != nil {
			return nil
		}
		return re
	})
	if err != nil {
		return nil, err
	}
	return made.(*javaregex.Regexp), nil
}

// partsOfPattern is how much memory a regular expression takes, in the parts of an allowance.
func partsOfPattern(text string) int {
	if len(text) > javaregex.MaxPattern { // refused at once
		return 0
	}
	return transform.PartsOfPatternByte * len(text)
}

func (p *pattern) eval(s *transform.Scope) (*javaregex.Regexp, error) {
	if p.fixed != nil {
		return p.fixed, nil
	}

	text, err := p.arg.Text(s)
	if err != nil {
		return nil, err
	}

	re, err := javaregex.CompileWithin(s.Budget(), text)
	if errors.Is(err, limit.Err) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", transform.ErrConfig, err)
	}
	return re, nil
}

// replacement is the text that a match is replaced by.
type replacement struct {
	arg   *transform.Child
	fixed *javaregex.Replacement
}

func (r *replacement) compile(c *transform.Compiler, re *pattern, attribute string) {
	v, ok := r.arg.Const()
	if !ok || v.IsNull() {
		return
	}

	// Whether a group exists can be told only with the expression at hand.
	text, err := javaregex.ParseReplacement(v.Text())
	if err == nil && re.fixed != nil {
		err = re.fixed.Check(text)
		text = re.fixed.Bind(text)
	}

	if err != nil {
		c.ReportAt(r.arg, diag.Error, codeReplacementGroup, err.Error(),
			"$1 is the first group; a backslash before $ makes it a dollar sign")
	}

	r.fixed = text // its faults show only where something matches
}

func (r *replacement) eval(s *transform.Scope) (*javaregex.Replacement, error) {
	if r.fixed != nil {
		return r.fixed, nil
	}

	text, err := r.arg.Text(s)
	if err != nil {
		return nil, err
	}

	parsed, _ := javaregex.ParseReplacement(text)
	return parsed, nil
}

// replaceOnce replaces all matches in text.
func replaceOnce(s *transform.Scope, text string, p *pattern, r *replacement) (identity.Value, error) {
	// The replacement is rendered even when nothing matches, so what is wrong with it shows.
	re, with, err := p.fixed, r.fixed, error(nil)
	if re == nil {
		if re, err = p.eval(s); err != nil {
			return identity.Value{}, err
		}
	}
	if with == nil {
		if with, err = r.eval(s); err != nil {
			return identity.Value{}, err
		}
	}

	buf, found, err := re.AppendReplaceAll(s.Patterns(), s.Budget(), s.Buffer(), text, with)
	if err != nil {
		return identity.Value{}, err
	}
	if !found {
		return s.Same(text)
	}
	return s.Text(buf)
}

type replaceArgs struct {
	Input       transform.Input
	Regex       transform.Child `json:"regex" required:"true" doc:"Java regular expression"`
	Replacement transform.Child `json:"replacement" required:"true" doc:"text for each match; $1 inserts a group"`
	pattern     pattern
	with        replacement
}

func (n *replaceArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}
	text := in.Text()
	return replaceOnce(s, text, &n.pattern, &n.with)
}

// replace replaces all matches of a regular expression. The replacement is
// rendered even when nothing matches.
//
// Source: DECISION 39.
func replace() transform.Operation {
	return transform.Define("replace", "Replaces all matches of a Java regular expression.",
		func(c *transform.Compiler, n *replaceArgs) transform.Node {
			f := c.Unary()
			if !n.Regex.Present() || !n.Replacement.Present() {
				return transform.RaiseForInput(fmt.Errorf("%w: replace needs regex and replacement",
					transform.ErrConfig))
			}

			// Text that is replaced as a whole becomes the replacement, which may be empty.
			f.Empty = f.Empty || n.Replacement.Facts().Empty
			n.pattern.arg, n.with.arg = &n.Regex, &n.Replacement
			if err := n.pattern.compile(c, "regex"); err != nil {
				return transform.RaiseForInput(err)
			}

			n.with.compile(c, &n.pattern, "replacement")
			return transform.OnInput(n)
		},
		transform.Phrase("replace /{regex!}/ by {replacement}"),
		transform.Traits{
			Also: []string{"regex"}, Removable: true, Tell: tell("/%s/ by %q", "regex", "replacement"),
			Changes: map[string]transform.Change{"replacement": longer},
		},
		example("Only letters", `{"type":"replace","attributes":{"regex":"[^a-zA-Z]","replacement":""}}`, "O'Neil-2",
			"ONeil"))
}

type replaceAllArgs struct {
	Input transform.Input
	Table transform.Table `json:"table" role:"step" doc:"regular expressions and replacements, applied one after another"`
	steps []replaceStep
}

type replaceStep struct {
	pattern pattern
	with    replacement
	err     error
}

func (n *replaceAllArgs) Apply(s *transform.Scope, v identity.Value) (identity.Value, error) {
	if v.IsNull() {
		return v, nil
	}

	for i := range n.steps {
		step := &n.steps[i]
		if step.err != nil {
			return identity.Value{}, step.err
		}

		// Each step works on the result of the one before.
		var err error
		if v, err = replaceOnce(s, v.Text(), &step.pattern, &step.with); err != nil {
			return v, err
		}
	}

	return v, nil
}

// replaceAll replaces by a table of regular expressions, in the order of the
// JSON text, each on the result of the one before.
//
// Source: DECISION 40.
func replaceAll() transform.Operation {
	return transform.Define("replaceAll",
		"Replaces by a table of Java regular expressions, one after another in JSON order.",
		func(c *transform.Compiler, n *replaceAllArgs) transform.Node {
			c.Unary()
			n.steps = make([]replaceStep, len(n.Table.Entries))
			for i := range n.Table.Entries {
				n.steps[i].init(c, &n.Table.Entries[i])
			}
			checkOrder(c, n)
			return transform.OnInput(n)
		},
		transform.Phrase("replace all of {table}"),
		transform.Traits{Removable: true},
		example("A phone number", `{"type":"replaceAll","attributes":{"table":{"-":"","\\s+":" "}}}`,
			"12-34  56", "1234 56"))
}

func (step *replaceStep) init(c *transform.Compiler, e *transform.Entry) {
	value := e.Value()
	if !value.Present() {
		c.ReportEntry(e, diag.Error, codeAttributeType, "table",
			fmt.Sprintf("the replacement for %q is null, expected text", e.Key), "")
		step.err = fmt.Errorf("%w: the replacement for %q is null", transform.ErrNull, e.Key)
		return
	}

	// Compiling costs memory before anything runs, so a table of huge patterns is refused before it is
	// compiled.
	if step.err = c.Afford(partsOfPattern(e.Key)); step.err != nil {
		return
	}
	re, err := compilePattern(c, e.Key)
	if err != nil {
		c.ReportEntry(e, diag.Error, codeRegexInvalid, "table", err.Error(), "")
		step.err = fmt.Errorf("%w: %w", transform.ErrConfig, err)
		return
	}

	if doubt, ok := javaregex.DoubtAbout(e.Key); ok {
		c.ReportEntry(e, diag.Warning, diag.Code(doubt.Code), "table", doubt.Message, doubt.Hint)
	}

	step.pattern.fixed = re
	step.with.arg = value
	step.with.compile(c, &step.pattern, "table")
}
