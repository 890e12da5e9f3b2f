package nonemployee

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/isc"
)

// owner is who may hold the accountName that is checked.
type owner struct{ record, request string }

// checkNew checks the body of a new record or request.
func (t *tx) checkNew(body RecordBody) (*Source, Values, []Warning, error) {
	if body.SourceID == "" {
		problems := append(slices.Clone(body.problems), "sourceId is required")

		// No source is the first problem, but not the only one that can be told without it.
		for _, a := range system {
			if !a.optional && strings.TrimSpace(body.value(a.name)) == "" {
				problems = append(problems, a.name+" is required")
			}
		}

		return nil, Values{}, nil, content(problems)
	}

	// Without its source nothing else of the body can be judged.
	s, _, err := t.findSource(t.ctx, body.SourceID)
	if err != nil {
		return nil, Values{}, nil, err
	}
	if s == nil {
		return nil, Values{}, nil, isc.Refuse(isc.CodeReferenceNotFound, "no source has the id %q", body.SourceID)
	}

	values, warnings, err := t.check(s, body, owner{})
	return s, values, warnings, err
}

// content joins problems as the API does: "a is required; b is required;".
func content(problems []string) error {
	return isc.Refuse(isc.CodeBadRequest, "%s;", strings.Join(problems, "; "))
}

// check checks a body against the schema of its source and against other records.
func (t *tx) check(s *Source, body RecordBody, self owner) (Values, []Warning, error) {
	attributes, err := t.attributes(t.ctx, s.SourceID)
	if err != nil {
		return Values{}, nil, err
	}
	c := checker{ctx: t.ctx, core: t.core, attributes: attributes, now: t.now}
	values, problems, err := c.values(body)
	if err != nil {
		return Values{}, nil, err
	}

	// Names are compared over the whole source and over open requests, which are records to be.
	taken, err := t.nameTakenIn(s.SourceID, values.AccountName, self)
	if err != nil {
		return Values{}, nil, err
	}
	// A name in use has a code of its own when nothing else is wrong; among other
	// problems it is one text of several.
	if taken && len(problems) == 0 {
		return Values{}, nil, isc.Refuse(isc.CodeConflict, "%s", nameInUse(values.AccountName))
	}

	if taken {
		problems = append(problems, fieldProblem{"accountName", nameInUse(values.AccountName)})
	}
	if len(problems) > 0 {
		texts := make([]string, len(problems))
		for i, p := range problems {
			texts[i] = p.text
		}
		return Values{}, nil, content(texts)
	}

	return values, c.warnings(values), nil
}

func nameInUse(name string) string {
	return `Unable to create Non-Employee because the accountName "` + name + `" is already being used.`
}

// nameTakenIn tells whether a record or an open request of the source has the name.
func (t *tx) nameTakenIn(sourceID, name string, self owner) (bool, error) {
	if name == "" {
		return false, nil
	}
	r, _, err := find[Record](t.ctx, t.store, KindRecord, sourceID, fold(name))
	if err != nil || r != nil && r.ID != self.record {
		return r != nil, err
	}
	// Two requests for one name could both be approved, so open ones hold it as well.
	q, _, err := find[Request](t.ctx, t.store, KindRequest, sourceID, fold(name))
	return q != nil && q.ID != self.request, err
}

// checker checks bodies against one schema; it remembers managers, which repeat in an
// import.
type checker struct {
	ctx        context.Context
	core       *core
	attributes []versioned[Attribute]
	now        Date
	managers   map[string]bool
}

// fieldProblem is a problem with an attribute, "" for the whole body.
type fieldProblem struct{ name, text string }

// values turns a body into values and lists all problems, apart from names in use.
func (c *checker) values(body RecordBody) (Values, []fieldProblem, error) {
	var problems []fieldProblem
	add := func(name, text string) { problems = append(problems, fieldProblem{name, text}) }

	// What could not be read as JSON comes first: it may be the reason for what is missing.
	for _, p := range body.problems {
		add("", p)
	}

	v := Values{
		AccountName: body.AccountName, FirstName: body.FirstName, LastName: body.LastName,
		Email: body.Email, Phone: body.Phone, Manager: body.Manager, Data: body.filled(),
	}
	known := map[string]bool{}
	for _, at := range c.attributes {
		known[at.T.TechnicalName] = true
		if at.T.Required && strings.TrimSpace(body.value(at.T.TechnicalName)) == "" {
			add(at.T.TechnicalName, at.T.TechnicalName+" is required")
		}
		if !utf8.ValidString(body.value(at.T.TechnicalName)) {
			add(at.T.TechnicalName, at.T.TechnicalName+" is not UTF-8 text")
		}
	}

	// Custom attributes are given in data; a system attribute there would be read by nobody.
	for _, name := range sortedKeys(body.Data) {
		if _, sys := systemNamed(name); sys || !known[name] {
			add(name, `data has no attribute named "`+name+`"`)
		}
	}

	// A control character in an account name breaks mails, files and searches alike.
	if strings.ContainsFunc(v.AccountName, unicode.IsControl) {
		add("accountName", "accountName holds a control character")
	}
	ok, err := c.managerKnown(v.Manager)
	if err != nil {
		return v, nil, err
	}

	switch {
	case !ok:
		add("manager", `manager "`+v.Manager+`" is not the account name of an identity`)
	case v.Manager != "" && fold(v.Manager) == fold(v.AccountName):
		add("manager", "manager cannot be the non-employee")
	}

	c.dates(body, &v, add)
	return v, problems, nil
}

func (c *checker) dates(body RecordBody, v *Values, add func(name, text string)) {
	for _, f := range []struct {
		name, text string
		to         *Date
	}{{"startDate", body.StartDate, &v.StartDate}, {"endDate", body.EndDate, &v.EndDate}} {
		if strings.TrimSpace(f.text) == "" {
			continue
		}
		d, err := ParseDate(f.text)
		if err != nil {
			add(f.name, f.name+": "+err.Error())
		}
		*f.to = d
	}

	if !v.StartDate.IsZero() && !v.EndDate.IsZero() && v.EndDate.Before(v.StartDate.Time) {
		add("endDate", "endDate is before startDate")
	}
}

func (c *checker) managerKnown(alias string) (bool, error) {
	if strings.TrimSpace(alias) == "" {
		return true, nil
	}
	if ok, seen := c.managers[alias]; seen {
		return ok, nil
	}

	_, ok, err := c.core.directory.Alias(c.ctx, alias)
	if c.managers == nil {
		c.managers = map[string]bool{}
	}
	c.managers[alias] = ok
	return ok, err
}

// value gives an attribute of the body by technical name.
func (b RecordBody) value(name string) string {
	switch name {
	case "startDate":
		return b.StartDate
	case "endDate":
		return b.EndDate
	}

	for _, f := range b.textFields() {
		if f.name == name {
			return *f.to
		}
	}

	return b.Data[name]
}

// maxEventValue is the length above which the product cuts values in events.
const maxEventValue = 450

// warnings lists what is allowed but doubtful.
func (c *checker) warnings(v Values) []Warning {
	var out []Warning
	add := func(code, path, text string) { out = append(out, Warning{Code: code, Path: path, Text: text}) }
	if !v.EndDate.IsZero() && v.EndDate.Before(c.now.Time) {
		add("ne-end-past", "endDate", "the end date is in the past")
	}

	if v.Email != "" && !looksLikeEmail(v.Email) {
		add("ne-email-format", "email", "this does not look like a mail address")
	}
	if v.Phone != "" && !looksLikePhone(v.Phone) {
		add("ne-phone-format", "phone", "expected a number with its country code, such as +1 512 555 0100")
	}

	for _, at := range c.attributes {
		if utf8.RuneCountInString(v.Value(at.T.TechnicalName)) > maxEventValue {
			add("ne-value-length", at.T.TechnicalName, "the value is longer than 450 characters")
		}
	}

	return out
}

func looksLikeEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(strings.Trim(host, "."), ".") && !strings.ContainsAny(s, " \t,;") &&
		!strings.Contains(host, "@")
}

func looksLikePhone(s string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "+")
	digits := 0
	for _, r := range rest {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune(" -.()/", r):
			return false
		}
	}

	return ok && digits >= 7 && digits <= 15
}

func sortedKeys(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
