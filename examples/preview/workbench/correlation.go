package workbench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/preview"
)

// correlationAnswer is the answer of /api/correlation.
type correlationAnswer struct {
	Identities  int                        `json:"identities"`
	Sources     []*correlate.SourceSummary `json:"sources"`
	Suggestions []correlate.SuggestedPair  `json:"suggestions,omitempty"` // for the source that was asked for
	Left        []leftAccount              `json:"left"`                  // its accounts without identity
	LeftTotal   int                        `json:"leftTotal"`
	Keys        map[string]string          `json:"keys"` // object with the criteria, by source
}

type leftAccount struct {
	Source string `json:"source"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// links is how the accounts of the population found their identities. It is made when
// somebody asks for it, and belongs to one request at a time.
type links struct {
	mu          sync.Mutex
	correlation *preview.Correlation
	summary     *preview.CorrelationSummary
	suggestions map[string][]correlate.SuggestedPair
	probable    *preview.Probable
}

// use hands the links of a snapshot to a function.
func (n *snapshot) useLinks(ctx context.Context, f func(*links) error) error {
	l := &n.lazy.links
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.correlation == nil {
		x, err := preview.Correlate(ctx, n.engine, preview.CorrelationOptions{Run: n.population.Options},
			n.population.Sources()...)
		if err != nil {
			return err
		}
		x.Linkage = n.bundle.Settings.Linkage
		if l.summary, err = x.Summary(ctx); err != nil {
			return err
		}
		l.correlation, l.suggestions = x, map[string][]correlate.SuggestedPair{}
	}

	return f(l)
}

// maxLeft is how many accounts without identity are listed at once.
const maxLeft = 200

// correlation answers with how accounts find identities and, for one source, what would help.
func (s *Server) correlation(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	a := &correlationAnswer{Left: []leftAccount{}, Keys: map[string]string{}}
	source := r.URL.Query().Get("source")
	if err := snap.useLinks(r.Context(), func(l *links) error {
		a.Identities, a.Sources = l.summary.Identities, l.summary.Sources
		if source == "" {
			return nil
		}

		// Suggestions take long, and are made for all sources at once by the first who asks.
		if _, ok := l.suggestions[source]; !ok {
			all, err := l.correlation.Suggest(r.Context())
			if err != nil {
				return err
			}
			for _, x := range all.Sources {
				l.suggestions[x.Name] = x.Pairs
			}
			if l.suggestions[source] == nil {
				l.suggestions[source] = []correlate.SuggestedPair{}
			}
		}

		a.Suggestions = l.suggestions[source]
		return nil
	}); err != nil {
		return nil, err
	}

	// Only some are listed, and all are counted.
	for i := range snap.population.Left {
		x := &snap.population.Left[i]
		if source != "" && x.Account.Source != source {
			continue
		}
		if a.LeftTotal++; len(a.Left) < maxLeft {
			a.Left = append(a.Left, leftAccount{Source: x.Account.Source, ID: x.Account.NativeIdentity,
				Name: x.Account.DisplayName(), Reason: x.Unlinked.Reason})
		}
	}

	// The page links to the place where criteria stand: an object of their own, or the source.
	for _, src := range snap.bundle.Sources {
		if o, _ := snap.criteria(src.Name); o != nil {
			a.Keys[src.Name] = o.Key
		} else {
			a.Keys[src.Name] = snap.keyAt("source/"+src.Name, src.Node.Pos())
		}
	}

	return a, nil
}

// accountAnswer is the answer of /api/account.
type accountAnswer struct {
	*correlate.AccountExplanation
	Values identity.Attributes `json:"attributes"`
}

// account tells why an account has its identity, or none.
func (s *Server) account(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	key := identity.AccountKey{Source: r.URL.Query().Get("source"), NativeIdentity: r.URL.Query().Get("id")}
	a := &accountAnswer{}
	err = snap.useLinks(r.Context(), func(l *links) (err error) {
		a.AccountExplanation, err = l.correlation.Explain(r.Context(), key.String())
		return err
	})

	// Both errors say what would be found, so they go to the page as they are.
	if errors.Is(err, preview.ErrNoAccount) || errors.Is(err, preview.ErrManyAccounts) {
		return nil, notFound(err.Error())
	}
	if err != nil {
		return nil, err
	}
	if found := snap.findAccount(key); found != nil {
		a.Values = found.Attributes
	}
	return a, nil
}

func (n *snapshot) findAccount(k identity.AccountKey) *identity.Account {
	if a, ok := n.population.Account(k); ok {
		return &a
	}
	return nil
}

// reviewCase is an account whose probable owner somebody has to decide on.
type reviewCase struct {
	Account     linkage.RecordKey `json:"account"`
	Name        string            `json:"name"`
	Probability float64           `json:"probability"`
	Reason      string            `json:"reason,omitempty"`
	Candidates  []caseCandidate   `json:"candidates"`
}

type caseCandidate struct {
	personRef
	Account     linkage.RecordKey `json:"account"`
	Probability float64           `json:"probability"`
}

// probable answers with the accounts for which the evidence asks for a decision.
func (s *Server) probable(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	bands, cases := map[string]int{}, []reviewCase{}
	err = snap.useLinks(r.Context(), func(l *links) error {
		// The evidence is weighed once for each reading of the folder.
		if l.probable == nil {
			p, err := l.correlation.Probable(r.Context(),
				preview.ProbableOptions{Options: snap.bundle.Settings.Linkage})
			if err != nil {
				return err
			}
			l.probable = p
		}

		for i := range l.probable.Accounts {
			a := &l.probable.Accounts[i]
			if bands[a.Band.String()]++; a.Band == linkage.Review && len(cases) < maxLeft {
				cases = append(cases, snap.reviewCase(a))
			}
		}

		return nil
	})

	if err != nil {
		return nil, err
	}

	// The likeliest come first: they are decided fastest.
	slices.SortStableFunc(cases, func(a, b reviewCase) int { return cmp.Compare(b.Probability, a.Probability) })
	return map[string]any{"bands": bands, "cases": cases}, nil
}

func (n *snapshot) reviewCase(a *preview.ProbableAccount) reviewCase {
	c := reviewCase{Account: a.Account, Probability: a.Probability, Reason: a.Reason, Candidates: []caseCandidate{}}
	if found := n.findAccount(identity.AccountKey{Source: a.Account.Source,
		NativeIdentity: a.Account.NativeIdentity}); found != nil {
		c.Name = found.DisplayName()
	}
	for _, x := range a.Candidates {
		candidate := caseCandidate{Account: x.Account, Probability: x.Probability}
		if r := n.population.OwnerOf(identity.AccountKey{Source: x.Account.Source,
			NativeIdentity: x.Account.NativeIdentity}); r != nil {
			candidate.personRef = refOf(r)
		}
		c.Candidates = append(c.Candidates, candidate)
	}

	return c
}

// criteria finds the list of criteria of a source, and the object that it stands in.
func (n *snapshot) criteria(source string) (*object, *jsondoc.Node) {
	src := n.bundle.Source(source)
	if src == nil {
		return nil, nil
	}

	// Criteria stand in the source, in one of the members that exports have, or in a file of their
	// own.
	for _, key := range []string{"correlationConfigDetails", "accountCorrelationConfig", "correlationConfig"} {
		if list := src.Node.At(key, "attributeAssignments"); list.Kind() == jsondoc.Array && list.Pos().Line > 0 {
			return objectAt(n.objects, list.Pos()), list
		}
	}

	var found *jsondoc.Node // in a file of its own
	for _, d := range n.bundle.Documents {
		d.Root.Walk(func(x *jsondoc.Node) bool {
			list := x.Get("attributeAssignments")
			of := x.Get("source")
			if list.Kind() == jsondoc.Array && (of.Get("name").Text() == source || src.ID != "" &&
				of.Get("id").Text() == src.ID || src.ID != "" && x.Get("sourceId").Text() == src.ID) {
				found = list
			}
			return found == nil
		})
	}

	if found == nil {
		return nil, nil
	}
	return objectAt(n.objects, found.Pos()), found
}

// criterionRequest asks for a draft with one more criterion.
type criterionRequest struct {
	Source   string `json:"source"`
	Property string `json:"property"` // identity attribute
	Value    string `json:"value"`    // account attribute
	First    bool   `json:"first"`    // before the others
}

// criterion answers with the draft of an object that has one more criterion.
func (s *Server) criterion(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	var q criterionRequest
	if err := readJSON(r, &q); err != nil {
		return nil, err
	}
	o, list := snap.criteria(q.Source)
	if o == nil {
		return nil, notFound("the files have no list of criteria for this source to add one to: edit its correlation configuration")
	}
	src := snap.files[o.File]
	from, to, ok := span(src, list.Pos().Offset)
	if !ok || q.Property == "" || q.Value == "" {
		return nil, badRequest("a criterion compares an identity attribute with an account attribute")
	}

	// The text is put in as the file is indented, so that nothing else of it changes.
	pad := string(indentOf(src, from)) + "  "
	text := strings.ReplaceAll(criterionText(&q), "\n", "\n"+pad)
	var with []byte
	items := list.Items()
	switch {
	case len(items) == 0:
		with = []byte("[\n" + pad + text + "\n" + strings.TrimSuffix(pad, "  ") + "]")
	case q.First:
		first := items[0].Pos().Offset
		with = slices.Concat(src[from:first], []byte(text+",\n"+pad), src[first:to])
	default:
		_, end, _ := span(src, items[len(items)-1].Pos().Offset)
		with = slices.Concat(src[from:end], []byte(",\n"+pad+text), src[end:to])
	}

	// The draft is the whole object, since drafts are of objects.
	whole := slices.Concat(src[o.from:from], with, src[to:o.to])
	f := formOf(src, o)
	return map[string]any{"key": o.Key, "base": hashOf(src[o.from:o.to]), "original": shown(src, o),
		"text": string(f.take(bytes.ReplaceAll(whole, []byte("\r\n"), []byte("\n"))))}, nil
}

func criterionText(q *criterionRequest) string {
	n := jsondoc.NewObject(jsondoc.M("property", jsondoc.NewString(q.Property)),
		jsondoc.M("value", jsondoc.NewString(q.Value)), jsondoc.M("operation", jsondoc.NewString("EQ")),
		jsondoc.M("complex", jsondoc.NewBool(false)), jsondoc.M("ignoreCase", jsondoc.NewBool(false)),
		jsondoc.M("matchMode", jsondoc.NewNull()), jsondoc.M("filterString", jsondoc.NewNull()))
	return strings.TrimSuffix(string(n.Indent()), "\n")
}
