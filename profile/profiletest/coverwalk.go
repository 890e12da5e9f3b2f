package profiletest

import (
	"fmt"

	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// walk lists the transforms and branches at and below a JSON value.
func (c *Coverage) walk(u *coverUnit, n *jsondoc.Node) {
	switch n.Kind() {
	case jsondoc.String:
		c.template(u, n)
	case jsondoc.Array:
		for _, item := range n.Items() {
			c.walk(u, item)
		}
	case jsondoc.Object:
		// An object with a type is a step; attributes below it may hold more of them at any depth.
		if typ, ok := n.Get("type").Str(); ok {
			c.at(n).node = c.item(u, NodeItem, typ, n)
			c.arms(u, c.lib.About(typ), n.Get("attributes"))
			c.filters(u, n)
			n = n.Get("attributes")
		}

		for _, m := range n.Members() {
			c.walk(u, m.Value)
		}
	}
}

// arms lists the choices of an operation.
func (c *Coverage) arms(u *coverUnit, op *transform.Operation, attrs *jsondoc.Node) {
	// Which fields are choices is said by the operation, so that a new one is covered without a change here.
	for _, f := range op.With(transform.RoleBranch, transform.RoleCandidate) {
		place := op.Type + "." + f.Name
		switch v := attrs.Get(f.Name); {
		case f.Role == transform.RoleCandidate:
			for i, item := range v.Items() {
				if !item.IsNull() {
					c.at(item).chosen = c.item(u, BranchItem, fmt.Sprintf("%s[%d] chosen", place, i), item)
				}
			}

		case f.Kind == transform.KindTable:
			for _, m := range v.Members() {
				if !m.Value.IsNull() {
					c.at(m.Value).begin = c.item(u, BranchItem, fmt.Sprintf("%s[%q]", place, m.Key), m.Value)
				}
			}

		case !v.IsNull():
			c.at(v).begin = c.item(u, BranchItem, place, v)
		}
	}
}

// filters lists the outcomes of the account filters of an operation.
func (c *Coverage) filters(u *coverUnit, n *jsondoc.Node) {
	if n.Get("type").Text() != "accountAttribute" {
		return
	}
	for _, key := range [...]string{"accountFilter", "accountPropertyFilter"} {
		text := n.At("attributes", key)
		f, err := filter.Parse(text.Text())
		if text.IsNull() || err != nil {
			continue
		}
		x := c.at(n)
		x.filter, x.source = f, c.sourceOf(n.Get("attributes"))
		x.passes = c.item(u, BranchItem, key+": an account passes", text)
		x.fails = c.item(u, BranchItem, key+": an account does not pass", text)
	}
}

// sourceOf returns the display name of the source that an operation reads.
func (c *Coverage) sourceOf(attrs *jsondoc.Node) string {
	if name := attrs.Get("sourceName").Text(); name != "" {
		return name
	}
	for _, s := range c.bundle.Sources {
		if id := attrs.Get("applicationId").Text(); id != "" && s.ID == id || id == "" &&
			s.ApplicationName == attrs.Get("applicationName").Text() {
			return s.Name
		}
	}

	return ""
}

// template lists the branches of the #if directives of a text.
func (c *Coverage) template(u *coverUnit, n *jsondoc.Node) {
	// The last branch is the one without a condition, whether it is written or not.
	for _, b := range templateBranches(n.Text()) {
		var items []*Item
		for i, part := range b.branches {
			name := fmt.Sprintf("#if branch %d", i+1)
			if i == len(b.branches)-1 {
				name = "#if: #else"
				if part == (span{}) {
					name = "#if: no branch"
				}
			}

			// An #if without #else has a branch too, that of doing nothing, which a case has to take.
			item := c.item(u, BranchItem, name, n)
			item.part = part
			items = append(items, item)
		}

		x := c.at(n)
		if x.ifs == nil {
			x.ifs = map[int][]*Item{}
		}
		x.ifs[b.offset] = items
	}
}
