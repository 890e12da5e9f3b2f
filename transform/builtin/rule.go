package builtin

import (
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

type ruleArgs struct {
	Input transform.Input
	Name  transform.Child `json:"name" role:"name" doc:"name of the rule"`
	Args  transform.Arguments
}

// rule calls a custom rule, or one of the three operations of the utility rule.
//
// Error: [transform.ErrRule] when there is no stub for the rule or it fails.
// Source: DECISION 42, 43.
func rule() transform.Operation {
	op := transform.Define("rule",
		"A custom rule by name; all other attributes are handed to it. The rule \""+transform.UtilityRule+
			"\" has three operations of its own.", compileRule,
		transform.Phrase("rule {name}[\nwith {*}]"),
		transform.Traits{Tell: tell("%q", "name"), Why: whyNoEnd},
		transform.Example{Doc: "A rule that nobody gave a stub for",
			Config: `{"type":"rule","attributes":{"name":"Generate Username"}}`, Err: transform.ErrRule})

	op.Parts = utilityOperations()
	return op
}

// utility writes a use of the utility rule with the given attributes.
func utility(attributes string) string {
	return `{"type":"rule","attributes":{"name":"` + transform.UtilityRule + `",` + attributes + `}}`
}

func compileRule(c *transform.Compiler, a *ruleArgs) transform.Node {
	name, ok := a.Name.Const()
	if !a.Name.Present() { // newer tools give the id only
		if id, has := c.Node().At("attributes", "id").Str(); has {
			name, ok = identity.StringValue(id), true
		} else {
			return c.Fail(codeAttributeRequired, "", "attribute \"name\" of rule is missing")
		}
	}

	// Any rule may be meant, so nothing can be checked.
	if !ok {
		c.CallsRule("")
		c.Collect(&a.Args)
		return transform.OnInput(&ruleNode{args: a})
	}

	if name.Text() == transform.UtilityRule {
		return c.Delegate(utilityOperations(), "operation", codeRuleUtility)
	}

	// The utility rule is often written from memory.
	if near := diag.Near(name.Text(),
		[]string{transform.UtilityRule, "Cloud Services Utility", "Cloud Service Deployment Utility"}); near != "" {
		c.Report(diag.Error, codeRuleUtility, "name", fmt.Sprintf("there is no rule %s", name),
			diag.DidYouMean(transform.UtilityRule))
	} else if !c.HasRule(name.Text()) {
		c.Report(diag.Warning, codeRuleUnknown, "name", fmt.Sprintf("the code of rule %s lives in the tenant", name),
			"give a stub for it")
	}

	c.CallsRule(name.Text())
	c.Collect(&a.Args)
	c.Facts().Fails = true
	return transform.OnInput(&ruleNode{args: a, name: name.Text()})
}

type ruleNode struct {
	args *ruleArgs
	name string
}

func (n *ruleNode) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	name := n.name
	if name == "" {
		var err error
		if name, err = n.args.Name.Text(s); err != nil {
			return identity.Value{}, err
		}
	}

	// Arguments are evaluated even when there is no stub, as a tenant would.
	args, err := n.args.Args.Values(s)
	if err != nil {
		return identity.Value{}, err
	}

	rule := s.Env().Rules[name]
	if rule == nil {
		return identity.Value{}, fmt.Errorf("%w: there is no stub for rule %q", transform.ErrRule, name)
	}

	v, err := rule(s.Context(), transform.RuleCall{
		Name: name, Attribute: s.Attribute(), Input: in, OldValue: s.OldValue(),
		Args: args, Objects: n.args.Args.Objects(), Subject: s.Subject(), Now: s.Env().Now,
	})

	if err != nil {
		return identity.Value{}, fmt.Errorf("%w: %q: %w", transform.ErrRule, name, err)
	}

	return v, nil
}

func utilityOperations() []transform.Operation {
	return []transform.Operation{getEndOfString(), generateRandomString(), getReferenceIdentityAttribute()}
}

type endOfString struct {
	Input    transform.Input
	Name     transform.Child `json:"name"`
	Op       transform.Child `json:"operation"`
	NumChars transform.Int   `json:"numChars" required:"true" doc:"number of characters, UTF-16 units"`
}

func (n *endOfString) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()
	count, ok, err := n.NumChars.Eval(s)
	if err != nil {
		return identity.Value{}, err
	}
	if !ok || count < 0 {
		return identity.Value{}, fmt.Errorf("%w: numChars, expected 0 or more", transform.ErrRange)
	}

	// Text that is shorter gives null and not itself.
	length := int64(javatext.Len(text))
	if count > length {
		return identity.Value{}, nil
	}

	part, _ := javatext.Substring(text, int(length-count), int(length))
	return identity.StringValue(part), nil
}

// getEndOfString gives the last characters, null when the text is shorter.
//
// Source: DECISION 43.
func getEndOfString() transform.Operation {
	return transform.Define("getEndOfString", "The last characters of the text; null when it is shorter.",
		func(c *transform.Compiler, n *endOfString) transform.Node {
			c.Unary().Null = transform.MayBeNull
			return transform.OnInput(n)
		},
		example("The last characters", utility(`"operation":"getEndOfString","numChars":2`), "abcd", "cd"))
}

type randomString struct {
	Name    transform.Child `json:"name"`
	Op      transform.Child `json:"operation"`
	Numbers transform.Bool  `json:"includeNumbers" required:"true" doc:"whether digits may occur"`
	Special transform.Bool  `json:"includeSpecialChars" required:"true" doc:"whether !@#$%&*()+<>? may occur"`
	Length  transform.Int   `json:"length" required:"true" doc:"number of characters, 1 to 450"`
	stream  transform.Stream
}

func (n *randomString) Eval(s *transform.Scope) (identity.Value, error) {
	if !n.Numbers.Present() || !n.Special.Present() {
		return identity.Value{}, fmt.Errorf("%w: includeNumbers and includeSpecialChars are needed",
			transform.ErrConfig)
	}

	length, ok, err := n.Length.Eval(s)
	if err == nil && !ok {
		err = fmt.Errorf("%w: length", transform.ErrNull)
	}

	if err != nil {
		return identity.Value{}, err
	}

	numbers, err := n.Numbers.Eval(s, false)
	if err != nil {
		return identity.Value{}, err
	}
	special, err := n.Special.Eval(s, false)
	if err != nil {
		return identity.Value{}, err
	}

	// Letters are always there, the others on request.
	alphabet := letters
	switch {
	case numbers && special:
		alphabet = letters + digits + specials
	case numbers:
		alphabet = letters + digits
	case special:
		alphabet = letters + specials
	}

	return randomText(n.stream.Rand(s), s, alphabet, length)
}

// generateRandomString gives random letters and, on request, digits and signs.
//
// Source: DECISION 43.
func generateRandomString() transform.Operation {
	return transform.Define("generateRandomString", "Random letters and, on request, digits and special characters.",
		func(c *transform.Compiler, n *randomString) transform.Node {
			n.stream = c.ReadsRandom()
			*c.Facts() = transform.Facts{Kind: identity.Text}
			checkRandomLength(c, &n.Length)
			return n
		},
		randomExample(utility(`"operation":"generateRandomString","includeNumbers":true,"includeSpecialChars":false,"length":12`), "[A-Za-z0-9]{12}"))
}

type referenceIdentity struct {
	Name      transform.Child `json:"name"`
	Op        transform.Child `json:"operation"`
	UID       transform.Child `json:"uid" required:"true" doc:"uid of the identity, or manager"`
	Attribute transform.Child `json:"attributeName" required:"true" doc:"identity attribute to read"`
}

func (n *referenceIdentity) Eval(s *transform.Scope) (identity.Value, error) {
	if !n.UID.Present() {
		return identity.Value{}, fmt.Errorf("%w: uid is missing", transform.ErrConfig)
	}

	uid, err := n.UID.Eval(s)
	if err != nil {
		return uid, err
	}

	name, err := n.Attribute.Text(s)
	if err != nil || uid.IsNull() {
		return identity.Value{}, err
	}

	// Nobody with that uid is no error.
	other, err := otherIdentity(s, uid.Text())
	if err != nil || other == nil {
		return identity.Value{}, err
	}
	return other.Attribute(name)
}

// otherIdentity returns the identity with a uid, or the subject's manager.
func otherIdentity(s *transform.Scope, uid string) (transform.Subject, error) {
	if uid == "manager" {
		if s.Subject() == nil {
			return nil, nil
		}
		return s.Subject().Manager()
	}

	if s.Env().Directory == nil {
		return nil, nil
	}
	return s.Env().Directory.ByUID(s.Context(), uid)
}

// getReferenceIdentityAttribute reads an attribute of another identity.
//
// Source: DECISION 43.
func getReferenceIdentityAttribute() transform.Operation {
	return transform.Define("getReferenceIdentityAttribute",
		"An attribute of the identity with that uid, or of the manager; null when there is none.",
		func(c *transform.Compiler, n *referenceIdentity) transform.Node {
			c.ReadsOthers()
			return n
		},
		transform.Example{Doc: "Nobody has that uid",
			Config: utility(`"operation":"getReferenceIdentityAttribute","uid":"nobody","attributeName":"email"`)})
}
