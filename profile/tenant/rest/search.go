package rest

import (
	"cmp"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/tenant"
)

func searchRoutes() []route {
	return []route{
		at(noBeta, "POST", "search", "searchPost", (*call).search),
		at(noBeta, "POST", "search/count", "searchCount", (*call).searchCount),
		at(noBeta, "POST", "search/aggregate", "searchAggregate", nil),
		at(noBeta, "GET", "search/{index}/{id}", "searchGet", (*call).searchGet),
	}
}

// searchRequest is a search that was read.
type searchRequest struct {
	query   string
	match   match // nil: no identities were asked for
	sort    []sortKey
	after   []string
	include []string
	exclude []string
}

type sortKey struct {
	name string
	get  getter
	down bool
}

// readSearch reads the body of a search. Members that say how the vendor's service
// shall work are ignored; what would change the answer and is not served is refused.
func readSearch(n *jsondoc.Node) (*searchRequest, error) {
	r := &searchRequest{}

	// Refused and not ignored: an answer that leaves a filter out shows people who should not be in
	// it.
	for _, key := range []string{"filters", "aggregations", "aggregationsDsl", "queryDsl", "textQuery",
		"typeAheadQuery"} {
		if v := n.Get(key); len(v.Members())+len(v.Items()) > 0 {
			return nil, isc.Refuse(isc.CodeIllegalValue, "%s of a search is not served here, query.query is", key)
		}
	}

	if typ := n.Get("queryType").Text(); typ != "" && typ != "SAILPOINT" {
		return nil, isc.Refuse(isc.CodeIllegalValue, "queryType %q is not served here, SAILPOINT is", typ)
	}
	indices := n.Get("indices")
	if indices.Kind() != jsondoc.Array || len(indices.Items()) == 0 {
		return nil, isc.Refuse(isc.CodeRequired, "indices is required, as a list")
	}
	var isText bool
	if r.query, isText = n.At("query", "query").Str(); !isText && !n.At("query", "query").IsNull() {
		return r, isc.Refuse(isc.CodeIllegalValue, "query.query is a %s, expected a text",
			n.At("query", "query").Kind())
	}
	m, err := parseSearch(r.query)
	if err != nil {
		return nil, err
	}

	// Other indices hold nothing here, which is an answer.
	for _, index := range indices.Items() {
		if index.Text() == "identities" || index.Text() == "*" {
			r.match = m
		}
	}

	r.include, r.exclude = texts(n.At("queryResultFilter", "includes")), texts(n.At("queryResultFilter", "excludes"))
	return r, r.readSort(n)
}

func texts(n *jsondoc.Node) []string {
	var out []string
	for _, item := range n.Items() {
		out = append(out, item.Text())
	}
	return out
}

func (r *searchRequest) readSort(n *jsondoc.Node) error {
	for _, name := range texts(n.Get("sort")) {
		k := sortKey{name: strings.TrimLeft(name, "+-"), down: strings.HasPrefix(name, "-")}
		get, ok := searchFields.get(k.name)
		if !ok {
			return isc.Refuse(isc.CodeIllegalValue, "a search cannot be sorted by %q", name)
		}
		k.get = get
		r.sort = append(r.sort, k)
	}

	r.after = texts(n.Get("searchAfter"))
	if len(r.after) > 0 && len(r.after) != len(r.sort) {
		return isc.Refuse(isc.CodeIllegalValue, "searchAfter has %d values for %d fields of sort",
			len(r.after), len(r.sort))
	}
	return nil
}

// compareValues orders numbers by size and everything else as text.
func compareValues(a, b identity.Value) int {
	x, xok := a.Int()
	y, yok := b.Int()
	if xok && yok {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a.Text(), b.Text())
}

// order gives the places of everybody in the order of the search; nil is by id.
func (r *searchRequest) order(v *view) []int32 {
	if len(r.sort) == 0 {
		return nil
	}

	// The order is remembered by its name, so the name has to say all of it.
	var name []string
	var steps []func(a, b *identity.Identity) int
	for _, k := range r.sort {
		read := v.read(k.name, k.get)
		compare := func(a, b *identity.Identity) int { return compareValues(read(a), read(b)) }
		if k.down {
			name = append(name, "-"+k.name)
			steps = append(steps, func(a, b *identity.Identity) int { return compare(b, a) })
			continue
		}

		name, steps = append(name, k.name), append(steps, compare)
	}

	o := isc.Order[*identity.Identity]{Down: r.sort[0].down, Compare: func(a, b *identity.Identity) int {
		for _, compare := range steps {
			if n := compare(a, b); n != 0 {
				return n
			}
		}

		return 0
	}}

	// A single text is sorted by keys that are computed once.
	if len(r.sort) == 1 && searchFields[r.sort[0].name] != nil && r.sort[0].name != "accountCount" { // a text
		read := v.read(r.sort[0].name, r.sort[0].get)
		o.Key = func(i *identity.Identity) string { return read(i).Text() }
	}

	return v.people.Rows(searchColumn+strings.Join(name, ","), o)
}

// behind reports whether a document comes after the one that searchAfter names.
func (r *searchRequest) behind(s *searched) bool {
	for i, k := range r.sort {
		if i >= len(r.after) {
			break
		}

		// searchAfter comes as texts, whatever the field is.
		have, want := k.get(s), identity.StringValue(r.after[i])
		if k.name == "created" || k.name == "modified" {
			if at, err := time.Parse(time.RFC3339, r.after[i]); err == nil {
				want = isc.TimeValue(at)
			}
		}

		// A number is compared as one, or 10 would stand before 9.
		if n, err := strconv.ParseInt(r.after[i], 10, 64); err == nil && have.Kind() == identity.Integer {
			want = identity.IntValue(n)
		}
		n := compareValues(have, want)
		if k.down {
			n = -n
		}
		if n != 0 {
			return n > 0
		}
	}

	return len(r.after) == 0
}

// maxSearch is the largest page of a search.
const maxSearch = 10_000

// found gives a page of the documents of a search, as they follow searchAfter; Total
// is how many there are in all.
func (r *searchRequest) found(v *view, q isc.Query) (page isc.Page[*identity.Identity]) {
	page.Items = []*identity.Identity{}
	if r.match == nil {
		return page
	}

	// Sorting and selecting are each remembered for all pages of a search.
	people, order := v.people.Items(), r.order(v)
	at := func(n int) int {
		if order == nil {
			return n
		}
		return int(order[n])
	}

	accepted, total := v.people.Select(searchColumn+r.query, r.match(v))
	page.Total = total
	// Everything behind searchAfter stands together at the end of the order.
	from := sort.Search(len(people), func(n int) bool { return r.behind(&searched{people[at(n)], v}) })
	skip := q.Offset
	for n := from; n < len(people) && len(page.Items) < q.Limit; n++ {
		switch row := at(n); {
		case !accepted[row]:
		case skip > 0:
			skip--
		default:
			page.Items = append(page.Items, people[row])
		}
	}

	return page
}

func (c *call) search() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	q, err := isc.ParseQuery(c.query, maxPage)
	if err != nil {
		return err
	}

	// Search has a limit of its own, above that of lists.
	if q.Limit > maxSearch {
		return isc.Refuse(isc.CodeIllegalValue, "limit %d is out of range, expected 0 to %d", q.Limit, maxSearch)
	}
	r, err := readSearch(body)
	if err != nil {
		return err
	}
	v, err := c.view()
	if err != nil {
		return err
	}
	show := c.identityView(v)
	return answerPage(c, r.found(v, q), func(i *identity.Identity) *jsondoc.Node {
		return r.project(document(show, i))
	})
}

// document is the search document of an identity.
func document(show tenant.IdentityView, i *identity.Identity) *jsondoc.Node {
	n := show.Search(i, nil)

	// A search index has no nulls: a field without value is not in the document, which queries for
	// missing fields rest on.
	for _, key := range []string{"firstName", "lastName", "email", "identityProfile", "source", "processingDetails"} {
		if n.Get(key).IsNull() {
			n.Remove(key)
		}
	}

	for _, a := range n.Get("accounts").Items() {
		for _, m := range slices.Clone(a.Members()) {
			if m.Value.IsNull() {
				a.Remove(m.Key)
			}
		}
	}

	n.Set("protected", jsondoc.NewBool(i.Protected))
	return n
}

// project leaves the members that the request asks for. The type, the id and the
// fields of the sort stay: clients drop documents without the one, and go on from
// the others.
func (r *searchRequest) project(n *jsondoc.Node) *jsondoc.Node {
	if len(r.include) == 0 && len(r.exclude) == 0 {
		return n
	}
	keep := []string{"_type", "id"}
	for _, k := range r.sort {
		keep = append(keep, k.name)
	}
	for _, m := range slices.Clone(n.Members()) {
		asked := len(r.include) == 0 || slices.ContainsFunc(r.include, func(name string) bool {
			return within(name, m.Key)
		})
		if slices.Contains(r.exclude, m.Key) {
			asked = false
		}
		if !asked && !slices.Contains(keep, m.Key) {
			n.Remove(m.Key)
		}
	}

	return n
}

func within(name, key string) bool {
	return name == key || name == "*" || strings.HasPrefix(name, key+".")
}

// searchCount answers with the number alone, in its header.
func (c *call) searchCount() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	r, err := readSearch(body)
	if err != nil {
		return err
	}
	v, err := c.view()
	if err != nil {
		return err
	}
	c.w.Header().Set("X-Total-Count", strconv.Itoa(r.found(v, isc.Query{}).Total))
	return c.noContent()
}

func (c *call) searchGet() error {
	if c.path["index"] != "identities" {
		return notFound("document", c.path["id"])
	}
	v, i, err := c.person()
	if err == nil {
		c.node(http.StatusOK, document(c.identityView(v), i))
	}
	return err
}
