package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

func RefOf(n *jsondoc.Node) Ref {
	return Ref{Type: n.Get("type").Text(), ID: n.Get("id").Text(), Name: n.Get("name").Text()}
}

func instant(n *jsondoc.Node) time.Time {
	t, err := time.Parse(time.RFC3339Nano, n.Text())
	if err != nil {
		return time.Time{}
	}
	return t
}

// instantOrDay reads an instant, or a day, which is its beginning in UTC.
func instantOrDay(n *jsondoc.Node) time.Time {
	if day, err := time.Parse(time.DateOnly, n.Text()); err == nil {
		return day
	}
	return instant(n)
}

// want reports a known field of the wrong kind, with its place in the file as a
// JSON Pointer.
func (l *loader) want(n *jsondoc.Node, key string, kind jsondoc.Kind) {
	if v := n.Get(key); !v.IsNull() && v.Kind() != kind {
		l.found.Addf(diag.Error, codeFieldType, v.Pos(), "%s is a %s, expected a %s", l.pointer(v), v.Kind(), kind)
	}
}

// pointer returns the JSON Pointer of a value in the document that is loaded.
func (l *loader) pointer(n *jsondoc.Node) string {
	for _, d := range l.b.Documents {
		if path, ok := pointerTo(d.Root, n, nil); ok {
			return string(path)
		}
	}

	return ""
}

func pointerTo(in, n *jsondoc.Node, path []byte) ([]byte, bool) {
	if in == n {
		return path, true
	}
	for _, m := range in.Members() {
		// The two escapes of a JSON pointer; the sign of the escape itself has to be first, which a replacer in
		// one pass does not mind.
		key := strings.NewReplacer("~", "~0", "/", "~1").Replace(m.Key)
		if found, ok := pointerTo(m.Value, n, append(append(path, '/'), key...)); ok {
			return found, true
		}
	}

	for i, item := range in.Items() {
		if found, ok := pointerTo(item, n, strconv.AppendInt(append(path, '/'), int64(i), 10)); ok {
			return found, true
		}
	}

	return nil, false
}

// profile reads a profile, of the current or of the old shape.
func (l *loader) profile(n, entry *jsondoc.Node) {
	p := &Profile{
		ID: FirstText(n.Get("id"), entry.At("self", "id")), Name: FirstText(n.Get("name"), entry.At("self", "name")),
		Description: n.Get("description").Text(), Created: instant(n.Get("created")), Owner: RefOf(n.Get("owner")),
		Node: n, RefreshRequired: n.Get("identityRefreshRequired").IsTrue() || n.Get("dirtyFlag").IsTrue(),
	}
	l.want(n, "name", jsondoc.String)
	l.want(n, "identityAttributeConfig", jsondoc.Object)
	l.want(n, "description", jsondoc.String)
	l.want(n, "authoritativeSource", jsondoc.Object)
	if p.Name == "" {
		l.found.Addf(diag.Error, codeNameMissing, n.Pos(), "an identity profile needs a name")
		return
	}

	source := n.Get("authoritativeSource")
	if source.IsNull() {
		source = n.Get("source") // old shape
	}
	p.Source = RefOf(source)

	// An external id says more than the one inside of an export.
	if ext := source.Get("externalId").Text(); ext != "" {
		p.Source.ID = ext
	}
	if source.IsNull() {
		l.found.Addf(diag.Warning, codeProfileNoSource, n.Pos(),
			"profile %q has no authoritativeSource, so it has no members", p.Name)
	}
	l.priority(n, p)
	l.mappings(p, n)

	// States stand in the profile in two shapes, and in files of their own.
	for _, s := range n.Get("configuredStates").Items() {
		p.States = append(p.States, stateOf(s))
	}
	for _, s := range n.Get("lifecycleStates").Items() {
		p.States = append(p.States, stateOf(s))
	}
	l.addProfile(p)
}

func (l *loader) addProfile(p *Profile) {
	for i, old := range l.b.Profiles {
		if !strings.EqualFold(old.Name, p.Name) {
			continue
		}
		if !old.Node.Equal(p.Node) {
			l.found.Addf(diag.Warning, codeObjectDuplicate, p.Node.Pos(),
				"profile %q is already defined at %s; this one counts",
				p.Name, old.Node.Pos())
		}
		p.States = append(old.States, p.States...)
		l.b.Profiles[i] = p
		return
	}

	l.b.Profiles = append(l.b.Profiles, p)
}

// priority reads the priority; a profile without one comes after all others.
func (l *loader) priority(n *jsondoc.Node, p *Profile) {
	v := n.Get("priority")
	priority, ok := v.Int()

	// Without a number it cannot be ordered, so it is put behind all that can.
	if !ok {
		l.unranked = append(l.unranked, p)
		if !v.IsNull() {
			l.found.Addf(diag.Error, codeFieldType, v.Pos(),
				"%s is %s, expected a whole number: the priority of profile %q",
				l.pointer(v), v.Append(nil), p.Name)
		}
		return
	}

	p.Priority = priority
	if priority <= 0 {
		l.found.Addf(diag.Warning, codePriorityRange, v.Pos(),
			"profile %q has priority %d; tenants use 10, 20, 30 and so on",
			p.Name, priority)
	}

	// Tenants refuse equal priorities, but exports of several hold them; the order has to be one.
	for _, o := range l.b.Profiles {
		if o.Priority == priority && o.Name != p.Name && !slices.Contains(l.unranked, o) {
			l.found.Addf(diag.Warning, codePriorityTie, v.Pos(),
				"profiles %q and %q have the same priority %d; the older one comes first", o.Name, p.Name, priority)
		}
	}
}

// rank gives the profiles without priority the next ones, in the order found.
func (l *loader) rank() {
	ranked := slices.DeleteFunc(slices.Clone(l.b.Profiles),
		func(p *Profile) bool { return slices.Contains(l.unranked, p) })
	for _, p := range l.b.Profiles {
		if slices.Contains(l.unranked, p) {
			p.Priority = nextPriority(ranked)
			ranked = append(ranked, p)
		}
	}
}

// nextPriority is the priority of a new profile (DECISION 23).
func nextPriority(profiles []*Profile) int64 {
	var greatest int64
	for _, p := range profiles {
		greatest = max(greatest, p.Priority)
	}
	return greatest/10*10 + 10
}

func (l *loader) mappings(p *Profile, n *jsondoc.Node) {
	config, old := n.Get("identityAttributeConfig"), false
	if config.IsNull() {
		config, old = n.Get("attributeConfig"), true
	}

	// A mapping that is switched off is read and checked all the same.
	p.Enabled = config.Get("enabled").IsTrue()
	if !config.IsNull() && !p.Enabled {
		l.found.Addf(diag.Warning, codeConfigDisabled, config.Pos(),
			"the mapping of profile %q is disabled: no values are promoted", p.Name)
	}
	l.want(config, "attributeTransforms", jsondoc.Array)
	// exports have it as text
	if v, _ := config.Get("enabled").Str(); !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
		l.want(config, "enabled", jsondoc.Bool)
	}
	for _, entry := range config.Get("attributeTransforms").Items() {
		m := &Mapping{Node: entry}

		// Old and new entries may stand in one list.
		if old || entry.Get("transformDefinition") == nil && entry.Get("attributeName") != nil {
			m.Attribute = entry.Get("attributeName").Text()
			m.Definition = transform.FromNode(normalised(entry))
		} else {
			m.Attribute = entry.Get("identityAttributeName").Text()
			if def := entry.Get("transformDefinition"); !def.IsNull() {
				m.Definition = transform.FromNode(def)
			}
		}

		l.addMapping(p, m)
	}
}

// normalised turns an entry of the old shape into a transform definition.
func normalised(entry *jsondoc.Node) *jsondoc.Node {
	def := entry.Clone()
	def.Remove("attributeName")
	if in := def.At("attributes", "input"); in.Kind() == jsondoc.Object && in.Get("type") == nil {
		in.Set("type", jsondoc.NewString("accountAttribute"))
	}
	return def
}

// addMapping adds a mapping; of two for one attribute the last counts
// (DECISION 4). A definition without one is unmapped.
func (l *loader) addMapping(p *Profile, m *Mapping) {
	if m.Attribute == "" {
		l.found.Addf(diag.Error, codeNameMissing, m.Node.Pos(), "a mapping of profile %q names no identity attribute",
			p.Name)
		return
	}

	// The platform keeps these itself and answers a mapping of them with an error.
	if slices.Contains(EngineOwned, m.Attribute) {
		l.found.Addf(diag.Error, codeAttributeSystem, m.Node.Pos(),
			"%q is set by the platform itself and cannot be mapped; the mapping of profile %q is not computed",
			m.Attribute, p.Name)
		return
	}

	// The last one counts; the place of the first is told, since both are somebody's.
	if i := slices.IndexFunc(p.Mappings, func(o *Mapping) bool { return o.Attribute == m.Attribute }); i >= 0 {
		l.found.Addf(diag.Error, codeMappingDuplicate, m.Node.Pos(),
			"profile %q already maps %q at %s; this mapping counts",
			p.Name, m.Attribute, p.Mappings[i].Node.Pos())
		p.Mappings = slices.Delete(p.Mappings, i, i+1)
	}

	if m.Definition == nil {
		l.found.Addf(diag.Warning, codeMappingEmpty, m.Node.Pos(),
			"the mapping of %q in profile %q has no transformDefinition: the attribute is not mapped",
			m.Attribute, p.Name)
		return
	}

	p.Mappings = append(p.Mappings, m)
}

func stateOf(n *jsondoc.Node) *LifecycleState {
	s := &LifecycleState{
		ID: n.Get("id").Text(), Name: n.Get("name").Text(), TechnicalName: n.Get("technicalName").Text(),
		Enabled: n.Get("enabled").IsTrue(), IdentityState: n.Get("identityState").Text(), Node: n,
	}
	if s.TechnicalName == "" {
		s.TechnicalName, _ = TechnicalName(s.Name)
	}
	return s
}

// source reads a source, of a file or of the API, and merges it with an earlier
// one of the same id or name.
func (l *loader) source(n, entry *jsondoc.Node) {
	name := FirstText(n.Get("name"), entry.At("self", "name"))
	id := FirstText(n.Get("id"), entry.At("self", "id"))
	if name == "" {
		l.found.Addf(diag.Error, codeNameMissing, n.Pos(), "a source needs a name")
		return
	}

	s := l.b.SourceByID(id)
	if s == nil {
		s = l.b.Source(name)
	}
	if s == nil {
		s = &Source{ID: id, Name: name, DeleteThreshold: -1, Mirror: -1}
		l.b.Sources = append(l.b.Sources, s)
	}

	// A later file about the same source adds to what is known and replaces what it says again.
	s.Node = n
	if self := entry.At("self", "name").Text(); strings.HasSuffix(self, "]") && strings.Contains(self, " [source") {
		s.ApplicationName = self
	}
	if s.ApplicationName == "" {
		s.ApplicationName = FirstText(n.Get("cloudDisplayName"))
		if s.ApplicationName == "" {
			s.ApplicationName = s.Name + " [source]"
		}
	}

	l.sourceParts(s, n)
}

// hasCriteria tells a correlation configuration from a reference to one.
func hasCriteria(cfg *jsondoc.Node) bool {
	return !cfg.Get("attributeAssignments").IsNull() || !cfg.Get("rules").IsNull()
}

func (l *loader) sourceParts(s *Source, n *jsondoc.Node) {
	if policies := n.Get("provisioningPolicies").Items(); len(policies) > 0 {
		s.Policies = slices.Clone(policies)
	}
	for _, schema := range n.Get("schemas").Items() {
		if schema.Get("name").Text() == "account" && !schema.Get("attributes").IsNull() {
			s.Schema = schemaOf(schema)
		}
	}

	// Full criteria are in one of two members, and a reference to them in the other.
	cfg := n.Get("correlationConfigDetails")
	if !hasCriteria(cfg) {
		cfg = n.Get("accountCorrelationConfig")
	}
	if hasCriteria(cfg) {
		parsed, found := correlate.ParseConfig(cfg)
		s.Correlation = parsed
		l.found.AddAll(found)
	}

	s.CorrelationRule = ruleOf(n.Get("accountCorrelationRule"))

	// Names of both ages.
	m := n.Get("managerCorrelationMapping")
	acct, ident := FirstText(m.Get("accountAttributeName"), m.Get("accountAttribute")),
		FirstText(m.Get("identityAttributeName"), m.Get("identityAttribute"))
	if rule := ruleOf(n.Get("managerCorrelationRule")); acct != "" || rule != "" {
		s.Manager = &ManagerCorrelation{AccountAttribute: acct, IdentityAttribute: ident, Rule: rule}
	}
	l.threshold(s, n)
	if v, ok := n.At("connectorAttributes", "cloudAuthoritativeSourcePrecedence").Int(); ok {
		s.Mirror = v
	}
}

// ruleOf returns the rule that a source names: by its name, by its id, or as a bare
// text.
func ruleOf(ref *jsondoc.Node) string { return FirstText(ref.Get("name"), ref.Get("id"), ref) }

// nameRules puts the names of rules in place of the ids by which sources name
// them: that is what expressions and code of rules are found by.
func (l *loader) nameRules() {
	name := func(rule string) string {
		for _, r := range l.b.Rules {
			if r.ID == rule && r.Name != "" {
				return r.Name
			}
		}

		return rule
	}

	for _, s := range l.b.Sources {
		s.CorrelationRule = name(s.CorrelationRule)
		if s.Manager != nil {
			s.Manager.Rule = name(s.Manager.Rule)
		}
	}
}

func (l *loader) threshold(s *Source, n *jsondoc.Node) {
	v := n.Get("deleteThreshold")
	if v.IsNull() {
		return
	}
	percent, ok := v.Int()
	if !ok || percent < 0 || percent > 100 {
		l.found.Addf(diag.Error, codeDeleteThreshold, v.Pos(),
			"400.1.3 Illegal value: deleteThreshold is %s, expected 0 to 100", v.Append(nil))
		return
	}

	s.DeleteThreshold = percent
}

func schemaOf(n *jsondoc.Node) *AccountSchema {
	s := &AccountSchema{IdentityAttribute: n.Get("identityAttribute").Text(),
		DisplayAttribute: n.Get("displayAttribute").Text()}
	for _, a := range n.Get("attributes").Items() {
		s.Attributes = append(s.Attributes, SchemaAttribute{
			Name: a.Get("name").Text(), Type: a.Get("type").Text(),
			Multi:       a.Get("isMulti").IsTrue() || a.Get("isMultiValued").IsTrue(),
			Entitlement: a.Get("isEntitlement").IsTrue(), Node: a,
		})
	}

	return s
}

// Names returns the names of the attributes.
func (s *AccountSchema) Names() []string {
	names := make([]string, len(s.Attributes))
	for i, a := range s.Attributes {
		names[i] = a.Name
	}
	return names
}

// refersTo reports whether a configuration that stands alone is that of the
// source.
func (s *Source) refersTo(cfg *correlate.Config) bool {
	to := s.Node.Get("accountCorrelationConfig")
	return cfg.ID != "" && to.Get("id").Text() == cfg.ID || cfg.Name != "" && to.Get("name").Text() == cfg.Name ||
		cfg.Name == s.ApplicationName+" Account Correlation"
}

// settings reads idprofile.json.
func (l *loader) settings(file, src string) {
	root := l.parse(file, src)
	if root == nil {
		return
	}
	l.b.settings = &Document{Path: file, Root: root, src: src}
	s := Settings{Sources: map[string]SourceSettings{}, Pos: root.Pos()}
	l.checkSettings(root)
	if now := root.Get("now"); !now.IsNull() {
		if s.Now = instantOrDay(now); s.Now.IsZero() {
			const wrong = "now is %s, expected an instant such as \"2026-01-15T09:00:00Z\", or a day such as \"2026-01-15\""

			// A setting that is wrong must not look as if it were not there: a run without it would be another
			// run.
			l.found.Addf(diag.Error, codeSettingsValue, now.Pos(), wrong, now.Append(nil))
			s.Unusable = fmt.Errorf("%v: "+wrong, now.Pos(), now.Append(nil))
		}
	}

	if seed, ok := root.Get("seed").Int(); ok {
		s.Seed = uint64(seed)
	}

	// A setting that is misspelt would silently not count.
	known := []string{"now", "seed", "sources", "rules", "dialect", "linkage", "suppress"}
	for _, m := range root.Members() {
		if m.Key != "$schema" && !slices.Contains(known, m.Key) {
			hint := ""
			if near := diag.Near(m.Key, known); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
				Message: fmt.Sprintf("unknown setting %q", m.Key), Hint: hint})
		}
	}

	for _, m := range root.Get("sources").Members() {
		s.Sources[m.Key] = l.sourceSettings(m.Value)
	}
	for _, m := range root.Get("rules").Members() {
		if s.Rules == nil {
			s.Rules = map[string]string{}
		}
		s.Rules[m.Key] = m.Value.Text()
	}

	l.suppressions(root.Get("suppress"), "")
	s.Dialect = l.dialect(root.Get("dialect"))
	s.Linkage = l.linkage(root.Get("linkage"))
	l.b.Settings = s
}

// CreateProfile returns the policy for new accounts.
func (s *Source) CreateProfile() *jsondoc.Node {
	for _, p := range s.Policies {
		if usage := p.Get("usageType").Text(); usage == "CREATE" || usage == "" {
			return p
		}
	}

	return nil
}
