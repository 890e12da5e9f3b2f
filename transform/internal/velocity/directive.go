package velocity

import "strings"

// argument is one argument of a directive.
type argument struct {
	expr        expr
	first, last *token
	isWord      bool
}

// directive parses # and a word that is not #if or #set.
func (p *parser) directive() node {
	start := p.take()
	name := start.image[1:]
	if start.kind == tBracedWord {
		name = start.image[2 : len(start.image)-1]
	}

	// Blanks before the parenthesis belong to the directive only when there is one, which this state finds out.
	p.lex.state = inDirective
	known := directives[name]
	switch name {
	case "macro", "define", "parse", "include", "evaluate":
		p.fail(start.pos, CodeUnsupported, "#%s is not supported", name)
		return nil
	}

	// A word after # that is no directive is text. It is noted, since mostly one was meant.
	if !known {
		p.noteWord(start, name)
	}

	if !p.lex.parenFollows() {
		p.lex.pop()
		return p.bareDirective(start, name, known)
	}

	// Arguments are read even of words that are no directive: Velocity prints them, and references in them are
	// real.
	args := p.arguments(start, name, known)
	if p.err != nil {
		return nil
	}

	// What has no block is complete here.
	switch {
	case name == "stop":
		return &stopNode{}
	case name == "break":
		return p.breakStatement(start, args)
	case known || strings.HasPrefix(name, "@"):
		return p.blockDirective(start, name, args)
	}

	return &textNode{images(start, p.last)}
}

// bareDirective is a directive without parentheses: mostly just text.
func (p *parser) bareDirective(start *token, name string, known bool) node {
	switch {
	case name == "stop":
		return &stopNode{}
	case name == "break":
		return &breakNode{pos: p.offset(start.pos)}
	case known:
		p.fail(start.pos, CodeOther, "#%s needs parentheses", name)
		return nil
	}

	return &textNode{start.image}
}

// arguments parses what stands between the parentheses of a directive.
func (p *parser) arguments(start *token, name string, known bool) []argument {
	var args []argument
	p.skip(tSpace)
	p.expect(tParenOpen, `"("`)
	for p.argumentFollows() {
		p.skip(tSpace)
		if p.skip(tComma) {
			p.skip(tSpace)
		}
		a := p.argument()
		if a.isWord && known && (name != "foreach" || len(args) != 1) {
			p.fail(a.first.pos, CodeOther, "found %s, expected a value", a.first.describe())
		}
		args = append(args, a)
	}

	p.skip(tSpace)
	p.expect(tParenClose, `")" of #`+name)
	return args
}

func (p *parser) argumentFollows() bool {
	switch kind := p.peek(); kind {
	case tSpace, tComma:
		second := p.after(p.after(p.last)).kind
		return startsArgument(second) || kind == tSpace && second == tComma || kind == tComma && second == tSpace
	default:
		return startsArgument(kind)
	}
}

func startsArgument(kind tokenKind) bool {
	return kind == tWord || startsValue(kind)
}

func (p *parser) argument() argument {
	first := p.after(p.last)
	if first.kind == tWord {
		p.take()
		return argument{first: first, last: first, isWord: true}
	}

	e := p.value(PlaceArgument)
	return argument{expr: e, first: first, last: p.last}
}

func (p *parser) breakStatement(start *token, args []argument) node {
	n := &breakNode{pos: p.offset(start.pos)}
	if len(args) > 0 {
		n.target = args[0].expr
	}
	return n
}

// blockDirective parses the block of #foreach, #literal or an unknown #@macro.
func (p *parser) blockDirective(start *token, name string, args []argument) node {
	opened := p.last
	loop := &foreachNode{pos: p.offset(start.pos), slot: -1}
	if name == "foreach" {
		p.loopHead(loop, args)
	}

	// An unknown #@macro swallows its block as text.
	loop.body = p.statements()
	closed := p.last
	p.expectEnd(start, "#"+name)
	switch {
	case p.err != nil:
		return nil
	case name == "foreach":
		// Velocity renders the extra argument in place of the block.
		if len(args) > 3 {
			loop.body = extraArgument(args[3])
		}
		return loop
	case name != "literal":
		return &textNode{images(start, p.last)}
	case len(args) > 0:
		return &textNode{literal(args[0].first, args[0].last)}
	case opened == closed:
		p.fail(start.pos, CodeOther, "#literal is empty")
		return nil
	}

	return &textNode{literal(opened.next, closed)}
}

// extraArgument is what Velocity runs in place of the block when a #foreach
// has something behind its list: a reference is printed, all else is nothing.
func extraArgument(a argument) []node {
	if r, ok := a.expr.(*reference); ok {
		return []node{r}
	}
	return nil
}

// loopHead reads variable and list of a #foreach from its arguments. Velocity
// takes the first and the third, whatever the second is; with fewer it takes
// the block for the list.
func (p *parser) loopHead(n *foreachNode, args []argument) {
	p.sets = true
	if len(args) > 0 {
		if r, ok := args[0].expr.(*reference); ok {
			n.slot = r.slot
			p.refs[r.record].Place = PlaceLoop
		}
	}

	switch {
	case len(args) > 2:
		n.list = args[2].expr
	case len(args) == 2:
		n.none = true
	}
}
