package config

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// owner is a source or a profile that a part may belong to.
type owner struct {
	id, name string
	file     string
	free     bool // it has no such part yet
}

// ways in which a part found its owner.
const (
	byReference = iota
	byFolder
	asOnly
)

// joinParts gives every part to what it belongs to: by reference first, then by
// the folder or the file name, then to the only one that could have it. The last
// two are assumptions, and the bundle lists them.
func (l *loader) joinParts() {
	for _, p := range l.parts {
		switch p.shape {
		case shapeState:
			l.joinState(p)
		case shapeCorrelation:
			l.joinCorrelation(p)
		case shapeSchema:
			l.joinSchema(p)
		case shapePolicy:
			l.joinPolicy(p)
		}
	}
}

// joinState puts a lifecycle state that stands alone into its profile.
func (l *loader) joinState(p part) {
	// A state names its profile in one of three members.
	to := p.node.Get("identityProfileRef")
	for _, key := range []string{"identityProfile", "identityProfileId"} {
		if to.IsNull() {
			to = p.node.Get(key)
		}
	}

	var owners []owner
	for _, q := range l.b.Profiles {
		owners = append(owners, owner{id: q.ID, name: q.Name, file: q.Node.Pos().File, free: true})
	}
	i := l.join(p, owners, func(o owner) bool { return refersToOwner(to, o) }, !to.IsNull())
	if i < 0 {
		named := to.Text() + FirstText(to.Get("name"), to.Get("id"))
		if named != "" {
			named = fmt.Sprintf("; it names %q", named)
		}
		l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeLifecycleProfileUnknown, Pos: p.node.Pos(),
			Message: fmt.Sprintf("lifecycle state %q belongs to no profile of this configuration%s",
				p.node.Get("name").Text(),
				named),
			Hint: "identityProfileRef names the profile, or the folder that the file lies in"})
		return
	}

	state := stateOf(p.node)
	profile := l.b.Profiles[i]

	// A state may be in the profile's object and in a file of its own, and is one.
	known := slices.ContainsFunc(profile.States, func(o *LifecycleState) bool {
		return o.TechnicalName == state.TechnicalName && o.Node.Equal(state.Node)
	})
	if !known {
		profile.States = append(profile.States, state)
	}
}

// joinCorrelation gives a correlation configuration that stands alone to its
// source: the one that refers to it by id or name, or whose usual name it has.
func (l *loader) joinCorrelation(p part) {
	cfg, found := correlate.ParseConfig(p.node)
	l.found.AddAll(found)

	i := l.join(p, l.sourceOwners(func(s *Source) bool { return s.Correlation == nil }), func(o owner) bool {
		s := l.b.Source(o.name)
		return s.refersTo(cfg) || l.namesSource(p.node, o)
	}, l.refers(p.node))
	if i < 0 {
		l.found.Addf(diag.Warning, codeCorrelationSourceUnknown, p.node.Pos(),
			"no source refers to the correlation configuration %q", cfg.Name)
		return
	}

	l.b.Sources[i].Correlation = cfg
}

// joinSchema gives an account schema that stands alone to its source. Schemas of
// groups and other objects are not used.
func (l *loader) joinSchema(p part) {
	// A source may have schemas of groups, which no identity is made of.
	if name := p.node.Get("name").Text(); name != "" && !strings.EqualFold(name, "account") {
		return
	}

	id := p.node.Get("id").Text()
	i := l.join(p, l.sourceOwners(func(s *Source) bool { return s.Schema == nil }), func(o owner) bool {
		return l.namesSource(p.node, o) || id != "" &&
			slices.ContainsFunc(l.b.Source(o.name).Node.Get("schemas").Items(),
				func(ref *jsondoc.Node) bool { return ref.Get("id").Text() == id })
	}, l.refers(p.node))
	if i < 0 {
		l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSchemaSourceUnknown, Pos: p.node.Pos(),
			Message: "the account schema belongs to no source of this configuration",
			Hint:    "put it into a folder that has the name of its source, or add \"sourceName\""})
		return
	}

	// The first schema wins, as the source's own members would.
	if s := l.b.Sources[i]; s.Schema == nil {
		s.Schema = schemaOf(p.node)
	}
}

// joinPolicy gives a provisioning policy that stands alone to its source. One of
// no source is checked all the same.
func (l *loader) joinPolicy(p part) {
	usage := p.node.Get("usageType").Text()
	free := func(s *Source) bool {
		return !slices.ContainsFunc(s.Policies, func(o *jsondoc.Node) bool {
			return o.Get("usageType").Text() == usage
		})
	}

	i := l.join(p, l.sourceOwners(free), func(o owner) bool { return l.namesSource(p.node, o) }, l.refers(p.node))
	if i < 0 {
		l.b.Policies = append(l.b.Policies, p.node)
		return
	}

	if s := l.b.Sources[i]; free(s) {
		s.Policies = append(s.Policies, p.node)
	}
}

func (l *loader) sourceOwners(free func(*Source) bool) []owner {
	owners := make([]owner, 0, len(l.b.Sources))
	for _, s := range l.b.Sources {
		owners = append(owners, owner{id: s.ID, name: s.Name, file: s.Node.Pos().File, free: free(s)})
	}
	return owners
}

// refers reports whether a part says itself which source it belongs to.
func (l *loader) refers(n *jsondoc.Node) bool {
	return !n.Get("sourceId").IsNull() || !n.Get("sourceName").IsNull() || !n.Get("source").IsNull()
}

// namesSource reports whether a part names the source, as objects of the API and
// of home-made exports do.
func (l *loader) namesSource(n *jsondoc.Node, o owner) bool {
	return refersToOwner(n.Get("source"), o) || o.id != "" && n.Get("sourceId").Text() == o.id ||
		o.name != "" && n.Get("sourceName").Text() == o.name
}

// refersToOwner reports whether a reference {id, name}, or a bare id or name,
// means the owner. A name counts where the id does not: ids differ from tenant
// to tenant.
func refersToOwner(to *jsondoc.Node, o owner) bool {
	if text, ok := to.Str(); ok {
		return text != "" && (text == o.id || text == o.name)
	}
	id, name := to.Get("id").Text(), to.Get("name").Text()
	return id != "" && id == o.id || name != "" && name == o.name
}

// join returns the owner of a part, or -1. A part that refers to something which
// is not there belongs to nothing, whatever folder it lies in.
func (l *loader) join(p part, owners []owner, refers func(owner) bool, hasReference bool) int {
	if i := slices.IndexFunc(owners, refers); i >= 0 {
		return i
	}

	// Something is meant that is not here. Guessing by folder would give it to somebody else.
	if hasReference {
		return -1
	}

	i, how := ownerByPlace(p.node.Pos().File, owners), byFolder
	if i < 0 {
		i, how = onlyFree(owners), asOnly
	}
	if i < 0 {
		return -1
	}

	// A guess is an assumption, so that it can be seen.
	code := codeJoinedByFolder
	if how == asOnly {
		code = codeJoinedAsOnly
	}
	l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
		Code: code, Object: FirstText(p.node.Get("name"),
			p.node.Get("technicalName")), File: p.node.Pos().File, Line: p.node.Pos().Line,
		Used: owners[i].name,
	})
	return i
}

func onlyFree(owners []owner) int {
	only := -1
	for i, o := range owners {
		if o.free {
			if only >= 0 {
				return -1
			}
			only = i
		}
	}

	return only
}

// ownerByPlace finds the owner whose name a folder around the file has, or the
// file itself at its beginning; else the only one whose own file lies in the
// nearest folder around that has any.
func ownerByPlace(file string, owners []owner) int {
	// Name of a folder first, then the beginning of the file's name, then whose own file is nearest.
	stem := strings.TrimSuffix(path.Base(file), path.Ext(file))
	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if i := slices.IndexFunc(owners, func(o owner) bool { return namedAs(path.Base(dir), o) }); i >= 0 {
			return i
		}
	}

	if i := longestPrefix(stem, owners); i >= 0 {
		return i
	}

	for dir := path.Dir(file); dir != "." && dir != "/"; dir = path.Dir(dir) {
		// Two owners in one folder decide nothing, and no folder further out can be nearer.
		at, count := -1, 0
		for i, o := range owners {
			if o.file != file && path.Dir(o.file) == dir {
				at, count = i, count+1
			}
		}

		if count == 1 {
			return at
		}
		if count > 1 {
			return -1
		}
	}

	return -1
}

// longestPrefix finds the owner whose name, with something behind it that is no
// letter or digit, begins the name of the file.
func longestPrefix(stem string, owners []owner) int {
	best, length := -1, 0
	for i, o := range owners {
		for _, name := range []string{o.name, url.PathEscape(o.name), fileSafe(o.name)} {
			rest, ok := strings.CutPrefix(strings.ToLower(stem), strings.ToLower(name))
			if ok && len(name) > length && (rest == "" || !isWord(rest)) {
				best, length = i, len(name)
			}
		}
	}

	return best
}

// isWord reports whether a text begins with a letter or a digit.
func isWord(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 127
	}) == 0
}

// namedAs reports whether a folder is called by the name or id of the owner, as
// tools write names into paths.
func namedAs(dir string, o owner) bool {
	if o.id != "" && dir == o.id {
		return true
	}
	decoded, err := url.PathUnescape(dir)
	return o.name != "" && (strings.EqualFold(dir, o.name) || err == nil && strings.EqualFold(decoded, o.name) ||
		strings.EqualFold(dir, fileSafe(o.name)))
}

// fileSafe is a name as export tools write it into a path: what a file name
// cannot hold becomes an underscore.
func fileSafe(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"/\|?*`, r) || r < ' ' {
			return '_'
		}
		return r
	}, name)
}
