package nerm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// Errors of a connection test, apart from those of the service.
var (
	ErrProfileType = errors.New("the tenant of the API key has no such profile type")
	ErrArchived    = errors.New("the profile type is archived")
)

// ProfileType is a kind of profile.
type ProfileType struct {
	ID       string `json:"id"`
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Category string `json:"category"` // employee, non-employee, organization, assignment, other
	Archived bool   `json:"archived"`
}

// Person reports whether profiles of the type are people: employees or
// non-employees. Only such types may be authoritative.
//
// Source: DECISION N39 of identity/nonemployee.
func (t ProfileType) Person() bool {
	c := category(t.Category)
	return c == "employee" || c == "nonemployee"
}

func category(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

// RemoteAttribute is an attribute that the tenant defines.
type RemoteAttribute struct {
	ID         string `json:"id"`
	UID        string `json:"uid"`
	Label      string `json:"label"`
	DateFormat string `json:"date_format,omitempty"` // such as mm/dd/yyyy; empty: no date
	Archived   bool   `json:"archived"`
}

// TestResult is what a successful test learned.
type TestResult struct {
	ProfileType ProfileType
	Attributes  []RemoteAttribute // empty when the key may not list them
	Findings    diag.List         // attributes that the tenant does not have, and the like
}

// Test proves that the service accepts the key and has the profile type, and
// compares the configured attributes with those of the tenant. An unknown
// attribute is a finding of the result, not an error: it is null in every
// account. The outcome decides whether accounts may be read.
//
// Errors: [ErrUnauthorized], [ErrProfileType], [ErrArchived] and those of calls.
func (s *Source) Test(ctx context.Context) (*TestResult, error) {
	result, err := s.test(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tested, s.result, s.failed = true, result, err
	return result, err
}

// LastTest returns the outcome of the last test, or [ErrNotTested].
func (s *Source) LastTest() (*TestResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.tested:
		return nil, ErrNotTested
	case s.failed != nil:
		return nil, fmt.Errorf("%w: %w", ErrNotTested, s.failed)
	}

	return s.result, nil
}

func (s *Source) test(ctx context.Context) (*TestResult, error) {
	t, err := s.findType(ctx)
	if errors.Is(err, ErrUnauthorized) {
		return nil, fmt.Errorf("tenant %s: the API key is not valid or is one of another tenant: %w",
			s.client.base.Host, err)
	}
	if err != nil {
		return nil, err
	}

	// An archived type gives no profiles, which would look like everybody having left.
	if t.Archived {
		return nil, fmt.Errorf("profile type %q: %w", s.config.ProfileTypeID, ErrArchived)
	}
	// A key may read profiles and not the attributes: then the test passes and says that
	// it could not compare them.
	r := &TestResult{ProfileType: t}
	r.Attributes, err = s.listAttributes(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil:
		s.add(&r.Findings, diag.Warning, codeNermAttributesUnchecked,
			fmt.Sprintf("the attributes of the tenant cannot be listed: %v", err), "")
	default:
		s.compare(r)
	}

	return r, nil
}

func (s *Source) add(list *diag.List, sev diag.Severity, code diag.Code, message, hint string) {
	s.config.add(list, sev, code, "test", message, hint)
}

// typeID returns the id that the list of profiles is filtered by.
func (s *Source) typeID(ctx context.Context) (string, error) {
	result, err := s.LastTest()
	switch {
	case err == nil:
		return result.ProfileType.ID, nil
	case !s.client.skipTest:
		return "", fmt.Errorf("source %q: %w", s.config.Name, err)
	case isUUID(s.config.ProfileTypeID):
		return s.config.ProfileTypeID, nil
	}

	t, err := s.findType(ctx)
	return t.ID, err
}

// findType reads the profile type by UID or id. Where the service knows ids only,
// it looks through the list.
func (s *Source) findType(ctx context.Context) (ProfileType, error) {
	want := s.config.ProfileTypeID
	o, err := s.client.get(ctx, nil, "profile_types", url.PathEscape(want))
	if err == nil {
		// Some versions wrap the object in its name.
		if inner, ok := o.object("profile_type"); ok && inner != nil {
			o = inner
		}
		t := readType(o)
		switch {
		case t.ID == "":
			return t, &Error{Path: "/profile_types/" + want, Status: 200, Attempts: 1,
				Err: fmt.Errorf("%w: the profile type has no id", ErrMalformed)}
		case t.matches(want):
			return t, nil
		}

		return t, fmt.Errorf("%w: asked for %q, found %q", ErrProfileType, want, t.UID)
	}

	// Not found may mean that this version knows ids only. Other errors stay what they are.
	var e *Error
	if !errors.As(err, &e) || e.Status/100 == 5 ||
		!slices.ContainsFunc([]error{ErrNotFound, ErrRefused, errEmpty}, func(k error) bool {
			return errors.Is(err, k)
		}) {
		return ProfileType{}, err
	}
	return s.searchType(ctx, want, e)
}

func (s *Source) searchType(ctx context.Context, want string, cause *Error) (ProfileType, error) {
	items, err := s.list(ctx, "profile_types")
	if ctx.Err() != nil {
		return ProfileType{}, err
	}
	var uids []string
	for _, o := range items {
		t := readType(o)
		if t.ID != "" && t.matches(want) {
			return t, nil
		}
		uids = append(uids, t.UID)
	}

	message := fmt.Sprintf("profile type %q", want)
	if hint := diag.Suggest(want, uids); hint != "" {
		message += " (" + hint + ")"
	}
	return ProfileType{}, fmt.Errorf("%s: %w: key and profile type must be of the same tenant: %w", message,
		ErrProfileType, cause)
}

func readType(o object) ProfileType {
	return ProfileType{
		ID: o.text("id"), UID: o.text("uid"), Name: o.text("name"), Category: o.text("category"),
		Archived: o.flag("archived") || o.text("archived_on") != "",
	}
}

func (t ProfileType) matches(want string) bool {
	return t.UID == want || strings.EqualFold(t.ID, want)
}

func (s *Source) listAttributes(ctx context.Context) ([]RemoteAttribute, error) {
	items, err := s.list(ctx, "ne_attributes")
	var out []RemoteAttribute
	for _, o := range items {
		out = append(out, RemoteAttribute{
			ID: o.text("id"), UID: o.text("uid"), Label: o.text("label"), DateFormat: o.text("date_format"),
			Archived: o.flag("archived") || o.text("archived_on") != "",
		})
	}

	return out, err
}

// listSize is the page size of lists other than profiles.
const listSize = 100

// list reads all elements of a list that is named like its path, by offset.
func (s *Source) list(ctx context.Context, name string) (all []object, err error) {
	firsts := map[string]bool{}
	for {
		// The offset is counted by what has arrived: a service may give less than it was asked for.
		q := url.Values{"limit": {strconv.Itoa(listSize)}, "offset": {strconv.Itoa(len(all))}, "metadata": {"true"}}
		o, err := s.client.get(ctx, q, name)
		if errors.Is(err, errEmpty) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		items, ok := o.list(name)
		if !ok {
			return nil, fmt.Errorf("%w: %s is no list", ErrMalformed, name)
		}

		// A service that ignores the offset gives the same page for ever.
		if len(items) == 0 || firsts[string(items[0])] {
			return all, nil
		}
		firsts[string(items[0])] = true
		for _, item := range items {
			one, err := decodeObject(item)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}

		// Without a total a short page is the last.
		meta, _ := o.object("_metadata")
		if total := meta.number("total"); total >= 0 && len(all) >= total || total < 0 && len(items) < listSize {
			return all, nil
		}
	}
}

// compare looks up the configured attributes among those of the tenant.
func (s *Source) compare(r *TestResult) {
	known := map[string]RemoteAttribute{}
	var uids []string

	// Archived attributes are known and never suggested.
	for _, a := range r.Attributes {
		known[a.UID] = a
		if !a.Archived {
			uids = append(uids, a.UID)
		}
	}

	for _, a := range s.config.Attributes {
		switch remote, ok := known[a.Name]; {
		case a.Name == NonEmployeeProfileID:
		case !ok:
			// People write what they see on the screen, which is the label.
			isLabel := func(ra RemoteAttribute) bool { return strings.EqualFold(ra.Label, a.Name) }
			hint := diag.Suggest(a.Name, uids)
			if i := slices.IndexFunc(r.Attributes, isLabel); hint == "" && i >= 0 {
				hint = fmt.Sprintf("that is a label, its uid is %q", r.Attributes[i].UID)
			}
			hint = cmp.Or(hint, "the name must be the exact uid")
			s.add(&r.Findings, diag.Warning, codeNermUnknownAttribute,
				fmt.Sprintf("the tenant has no attribute %q, it will always be null", a.Name), hint)

		case remote.Archived:
			s.add(&r.Findings, diag.Warning, codeNermArchivedAttribute, fmt.Sprintf("attribute %q is archived", a.Name),
				"")
		}
	}
}

// CheckDates warns about date attributes among those that are mapped as they
// are, without a dateFormat transform: their text is in the tenant's own format
// and has no time zone.
func (r *TestResult) CheckDates(unformatted ...string) diag.List {
	var list diag.List
	for _, a := range r.Attributes {
		if a.DateFormat != "" && slices.Contains(unformatted, a.UID) {
			list.Add(diag.Diagnostic{
				Severity: diag.Warning, Code: codeNermDateFormat, Path: diag.Path{diag.Named("attribute", a.UID)},
				Message: fmt.Sprintf("the attribute is a date in the form %s and is mapped as it is", a.DateFormat),
				Hint: fmt.Sprintf("use dateFormat with inputFormat %q",
					strings.ReplaceAll(a.DateFormat, "mm", "MM")),
			})
		}
	}

	return list
}

// CheckAuthoritative reports whether an identity profile may be made on the
// source: an error when its profile type is not one of people, or a warning when
// the configuration allows that; a warning when the type is not known yet.
//
// Source: DECISION N39 of identity/nonemployee.
func (s *Source) CheckAuthoritative() diag.List {
	var list diag.List
	result, err := s.LastTest()
	switch {
	case err != nil || result.ProfileType.Category == "":
		s.add(&list, diag.Warning, codeNermCategoryUnknown,
			"the category of the profile type is not known, expected employee or non-employee",
			"test the connection first")
	case !result.ProfileType.Person():
		sev := diag.Error
		if s.config.AllowNonPerson {
			sev = diag.Warning
		}
		s.add(&list, sev, codeNermNotPerson, fmt.Sprintf("profile type %q is of category %s, an authoritative source needs employee or non-employee",
			result.ProfileType.Name, result.ProfileType.Category), "its attributes may still be used in mappings")
	}

	return list
}
