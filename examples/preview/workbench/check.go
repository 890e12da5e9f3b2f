package workbench

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// checkRequest asks what drafts do to some people.
type checkRequest struct {
	Drafts []draft  `json:"drafts"`
	Key    string   `json:"key"`    // of the object in the editor
	People []string `json:"people"` // ids
	All    bool     `json:"all"`    // all attributes, not only those that the object can reach
}

// checkAnswer is the answer of /api/check.
type checkAnswer struct {
	Version  string      `json:"version"` // of the files that the drafts were put into
	Findings []underline `json:"findings"`
	// findings of other places that the files do not have without the drafts
	Elsewhere []finding       `json:"elsewhere"`
	Problems  []draftProblem  `json:"problems"`
	Reach     []string        `json:"reach"`  // attributes that the object can reach
	Values    bool            `json:"values"` // false: the drafts are no JSON, so there are no values
	People    []checkedPerson `json:"people"`
}

// underline is a finding in the text of the editor. From and To count as browsers do.
type underline struct {
	From     int           `json:"from"`
	To       int           `json:"to"`
	Severity diag.Severity `json:"severity"`
	Code     diag.Code     `json:"code"`
	Path     string        `json:"path,omitempty"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint,omitempty"`
	Fixes    []fix         `json:"fixes,omitempty"`
}

// fix is a change of the text that follows a hint.
type fix struct {
	Label  string `json:"label"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	Insert string `json:"insert"`
}

type checkedPerson struct {
	personRef
	Profile string      `json:"profile"`
	Values  []attribute `json:"attributes"`
}

// maxChosen is how many people can be looked at beside the editor.
const maxChosen = 20

// check says what is wrong with drafts, and what they give for the chosen people.
func (s *Server) check(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}

	// The folder is pinned first, so that drafts and answers belong to one state of it.
	var q checkRequest
	if err := readJSON(r, &q); err != nil {
		return nil, err
	}
	c := s.compile(snap, q.Drafts)
	a := &checkAnswer{Version: snap.version, Findings: []underline{}, Elsewhere: []finding{},
		Problems: append([]draftProblem{}, c.problems...),
		Reach:    []string{}, People: []checkedPerson{}}

	// Drafts that are no JSON have no values, and nothing else is worth saying of them.
	if len(c.syntax) > 0 {
		for _, d := range c.syntax[q.Key] {
			a.Findings = append(a.Findings, c.underline(snap, q.Key, d))
		}
		return a, nil
	}

	a.Values = true
	a.findings(snap, c, q.Key)
	names := c.reach(q.Key)
	if q.All {
		names = nil
	}
	a.Reach = append(a.Reach, names...)

	after := c.engine.NewRun(snap.population.Options).Evaluator(r.Context())

	// Both sides are evaluated in this moment: what the population kept may be of another time.
	before := snap.engine.NewRun(snap.population.Options).Evaluator(r.Context())
	if names != nil {
		before = before.Only(names...)
	}
	for _, id := range q.People[:min(len(q.People), maxChosen)] {
		// Somebody who was chosen may be gone since the folder was read again.
		res := snap.population.Person(id)
		if res == nil {
			continue
		}
		was, err := before.Evaluate(res.Identity)
		if err != nil {
			return nil, err
		}

		// The evaluator uses its result again for the next person.
		old := was.Clone()
		trace, err := after.Explain(res.Identity, names...)
		if err != nil {
			return nil, err
		}
		a.People = append(a.People, checkedPerson{personRef: refOf(res), Profile: trace.Profile,
			Values: snap.compared(trace, old)})
	}

	return a, nil
}

// compared puts what a draft gives beside what the files give. Both are what the mappings
// evaluate to: what the others make of a uid or a manager is part of the effect on everybody.
func (n *snapshot) compared(t *profile.Trace, was *profile.Result) []attribute {
	list := []attribute{}
	for i := range t.Attributes {
		x := &t.Attributes[i]
		a := attribute{Name: x.Name, Value: x.Result, Previous: was.Identity.Attribute(x.Name), Result: x.Result,
			Error: x.Error, Note: x.Note, Step: x.Step,
			Key: n.keyAt("mapping/"+t.Profile+"/"+x.Name, x.Mapping), Required: isRequired(x.Name)}

		// A mapping that raises keeps the stored value.
		if x.Error != "" {
			a.Value = x.Stored
		}

		// An error that is new or gone is a change, also where the value is the same.
		failed := slices.ContainsFunc(was.Errors, func(e profile.AttributeError) bool { return e.Attribute == x.Name })
		a.Changed = !a.Value.Equal(a.Previous) || failed != (x.Error != "")
		list = append(list, a)
	}

	return list
}

// findings takes the findings that stand in the object of the editor, and those of other
// places that only the drafts have.
func (a *checkAnswer) findings(snap *snapshot, c *compiled, key string) {
	// A finding of the folder itself is nothing that the draft has caused. One that comes twice is counted, so
	// that a second one is new.
	known := map[string]int{}
	for _, d := range snap.found {
		known[string(d.Code)+"\x00"+d.Message+"\x00"+d.Path.String()]++
	}
	at := c.places[key]
	o := c.byKey[key]
	for _, d := range c.found {
		inside := at != nil && d.Pos.File == at.file && at.from <= d.Pos.Offset && d.Pos.Offset < at.to &&
			d.Pos.Line > 0 ||
			at == nil && o != nil && d.Pos.File == o.File && o.from <= d.Pos.Offset && d.Pos.Offset < o.to &&
				d.Pos.Line > 0
		if inside {
			a.Findings = append(a.Findings, c.underline(snap, key, d))
			continue
		}

		id := string(d.Code) + "\x00" + d.Message + "\x00" + d.Path.String()
		if known[id]--; known[id] < 0 && len(a.Elsewhere) < 50 {
			f := finding{Diagnostic: d}
			if o := objectAt(c.objects, d.Pos); o != nil {
				f.Key = o.Key
			}
			a.Elsewhere = append(a.Elsewhere, f)
		}
	}
}

// underline places a finding in the text of the editor.
func (c *compiled) underline(snap *snapshot, key string, d diag.Diagnostic) underline {
	u := underline{Severity: d.Severity, Code: d.Code, Path: d.Path.String(), Message: d.Message, Hint: d.Hint}
	p := c.places[key]
	src := []byte(nil)

	// An object that is not edited may have a finding because another one is.
	if p == nil { // not edited
		o := c.byKey[key]
		if o == nil {
			return u
		}
		p = &place{file: o.File, from: o.from, to: o.to, form: formOf(snap.files[o.File], o),
			text: shown(snap.files[o.File], o)}
	}

	if src = c.files[p.file]; src == nil {
		src = snap.files[p.file]
	}

	// A finding without a value behind it is shown at one character.
	from, to, ok := span(src, d.Pos.Offset)
	if !ok {
		from, to = d.Pos.Offset, d.Pos.Offset+1
	}
	to = min(to, p.to)
	name, ok := meant(d.Hint)
	if ok { // what is meant may be a member of the value that the finding stands at
		from, to, ok = wrongName(src, from, to, d.Message)
	}
	u.From, u.To = p.utf16At(from, src), p.utf16At(to, src)
	if u.To <= u.From { // at the very end
		u.From, u.To = max(0, u.To-1), max(u.To, 1)
	}
	if ok {
		u.Fixes = []fix{{Label: "change to " + name, From: u.From, To: u.To,
			Insert: string(jsondoc.AppendString(nil, name))}}
	}
	return u
}

var quotedName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// wrongName finds the text that a message calls wrong: the only one of its spelling in a value,
// or the value itself.
func wrongName(src []byte, from, to int, message string) (int, int, bool) {
	if from < to && src[from] == '"' {
		return from, to, true
	}
	for _, name := range quotedName.FindAllString(message, -1) {
		if text := src[from:to]; bytes.Count(text, []byte(name)) == 1 {
			at := from + bytes.Index(text, []byte(name))
			return at, at + len(name), true
		}
	}

	return from, to, false
}

var didYouMean = regexp.MustCompile(`did you mean "([^"]+)"\?`)

// meant returns the name that a hint proposes.
func meant(hint string) (string, bool) {
	m := didYouMean.FindStringSubmatch(hint)
	if m == nil {
		return "", false
	}
	return m[1], true
}

// reach returns the identity attributes that an object can reach, in the order of the
// mappings; nil: all of them.
func (c *compiled) reach(key string) []string {
	kind, name, _ := strings.Cut(key, "/")

	// What an object reaches by itself.
	direct := map[string]bool{}
	switch kind {
	case "mapping":
		direct[name[strings.LastIndexByte(name, '/')+1:]] = true
	case "transform":
		for _, p := range c.bundle.Profiles {
			for _, m := range p.Mappings {
				if deps, _ := c.engine.Dependencies(p.Name, m.Attribute); slices.Contains(deps.Transforms, name) {
					direct[m.Attribute] = true
				}
			}
		}

	default:
		return nil
	}

	// And what reads that, on and on.
	for again := true; again; {
		again = false
		for _, p := range c.bundle.Profiles {
			for _, m := range p.Mappings {
				if !direct[m.Attribute] && c.readsAny(p, m, direct) {
					direct[m.Attribute], again = true, true
				}
			}
		}
	}

	names := []string{}
	for _, p := range c.bundle.Profiles {
		for _, m := range p.Mappings {
			if direct[m.Attribute] && !slices.Contains(names, m.Attribute) {
				names = append(names, m.Attribute)
			}
		}
	}

	return names
}

func (c *compiled) readsAny(p *config.Profile, m *config.Mapping, names map[string]bool) bool {
	deps, _ := c.engine.Dependencies(p.Name, m.Attribute)
	return slices.ContainsFunc(deps.Identity, func(name string) bool { return names[name] })
}
