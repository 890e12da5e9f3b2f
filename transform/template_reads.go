package transform

import (
	"strings"

	"github.com/idprofile/engine/transform/internal/velocity"
)

// The objects of the host that a template can get hold of. Accounts are not
// among them: asking for the list is recorded, and the list has nothing else.
const (
	ofSubject    velocity.Origins = 1 << iota // $identity
	ofAttributes                              // the map of its attributes
	ofOthers                                  // a manager, or what belongs to one
)

// templateReads records what a template reads through $identity. What the
// objects of globals.go answer is listed here once more, by what it takes to
// answer it.
type templateReads struct{ c *Compiler }

// Ask records the read of a member and tells what it gives.
func (r templateReads) Ask(of velocity.Origins, a velocity.Ask) (gives velocity.Origins) {
	if of&ofOthers != 0 {
		gives = ofOthers // the way there has been recorded
	}

	if of&ofSubject != 0 {
		gives |= r.subject(a)
	}

	if of&ofAttributes != 0 {
		r.attributes(a)
	}
	return gives
}

// Whole records what the text of an object shows: a map shows all attributes,
// the subject nothing but its name.
func (r templateReads) Whole(of velocity.Origins) {
	if of&ofAttributes != 0 {
		r.c.ReadsIdentity("")
	}
}

// subject records what $identity is asked for; members that it does not have
// raise and read nothing.
func (r templateReads) subject(a velocity.Ask) velocity.Origins {
	switch name := strings.ToLower(strings.TrimPrefix(a.Name, "get")); name {
	case "firstname", "lastname", "email":
		r.c.ReadsIdentity(name)
	case "displayname":
		r.c.ReadsIdentity("displayName")
	case "attribute", "stringattribute":
		r.named(a)
	case "attributes":
		return ofAttributes
	case "links", "linksbyappidorname":
		r.c.ReadsAccount("", "")
	case "manager":
		r.c.ReadsOthers()
		return ofOthers
	case "managerstatus":
		// One is a manager when somebody else names one as such.
		r.c.ReadsOthers()
	}

	return 0
}

// attributes records what the map of attributes is asked for: one of them, or
// with size, values and the like all.
func (r templateReads) attributes(a velocity.Ask) {
	switch {
	case !a.Call:
		r.c.ReadsIdentity(a.Name)
	case a.Args == 0:
		r.c.ReadsIdentity("")
	default:
		r.named(a)
	}
}

// named records a read of the attribute that an argument names, of any when the
// name is computed.
func (r templateReads) named(a velocity.Ask) {
	if a.Literal {
		r.c.ReadsIdentity(a.Text)
	} else if a.Args > 0 {
		r.c.ReadsIdentity("")
	}
}
