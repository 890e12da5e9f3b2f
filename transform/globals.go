package transform

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform/internal/velocity"
)

// The objects that templates may ask. Their members are those of DECISION 14;
// there is no reflection.

// named is an object of which only the name is known: $attributeDefinition,
// $field, $application. Without name it is not set.
func named(name string) velocity.Value {
	if name == "" {
		return velocity.Value{}
	}
	return velocity.ObjectOf(nameObject(name))
}

type nameObject string

func (o nameObject) Property(name string) (velocity.Value, bool, error) {
	return velocity.TextOf(string(o)), name == "name", nil
}

func (o nameObject) Call(name string, args []velocity.Value) (velocity.Value, bool, error) {
	return velocity.TextOf(string(o)), name == "getName" && len(args) == 0, nil
}

func (o nameObject) Text() (string, error) { return string(o), nil }

func subjectValue(s *Scope, subject Subject) velocity.Value {
	if subject == nil {
		return velocity.Value{}
	}
	return velocity.ObjectOf(&subjectObject{s, subject})
}

// subjectObject is $identity, or a manager.
type subjectObject struct {
	scope   *Scope
	subject Subject
}

// subjectGetters are the members without arguments, by property name; the
// method is "get" and the name with a capital.
var subjectGetters = map[string]func(o *subjectObject) (velocity.Value, error){
	"id":            func(o *subjectObject) (velocity.Value, error) { return optional(o.subject.ID()), nil },
	"name":          func(o *subjectObject) (velocity.Value, error) { return optional(o.subject.Name()), nil },
	"firstname":     func(o *subjectObject) (velocity.Value, error) { return o.attribute("firstname") },
	"lastname":      func(o *subjectObject) (velocity.Value, error) { return o.attribute("lastname") },
	"email":         func(o *subjectObject) (velocity.Value, error) { return o.attribute("email") },
	"displayName":   func(o *subjectObject) (velocity.Value, error) { return o.attribute("displayName") },
	"managerStatus": func(o *subjectObject) (velocity.Value, error) { return velocity.BoolOf(o.subject.IsManager()), nil },
	"manager":       (*subjectObject).manager,
	"attributes":    func(o *subjectObject) (velocity.Value, error) { return velocity.ObjectOf(attributesObject{o}), nil },
	"links": func(o *subjectObject) (velocity.Value, error) {
		return o.links(func(string) bool { return true }),
			nil
	},
}

func optional(s string) velocity.Value {
	if s == "" {
		return velocity.Value{}
	}
	return velocity.TextOf(s)
}

func (o *subjectObject) attribute(name string) (velocity.Value, error) {
	v, err := o.subject.Attribute(name)
	return toTemplate(v), err
}

func (o *subjectObject) manager() (velocity.Value, error) {
	m, err := o.subject.Manager()
	if err != nil || m == nil {
		return velocity.Value{}, err
	}
	return subjectValue(o.scope, m), nil
}

// links returns the accounts of the wanted sources.
func (o *subjectObject) links(want func(source string) bool) velocity.Value {
	var items []velocity.Value
	for _, a := range o.subject.Accounts() {
		if want(a.Source) {
			items = append(items, velocity.ObjectOf(&linkObject{a}))
		}
	}

	return velocity.ListOf(items)
}

func (o *subjectObject) Property(name string) (velocity.Value, bool, error) {
	get, ok := subjectGetters[name]
	if !ok {
		return velocity.Value{}, false, nil
	}
	v, err := get(o)
	return v, true, err
}

func (o *subjectObject) Call(name string, args []velocity.Value) (velocity.Value, bool, error) {
	switch {
	case len(args) == 0:
		return getter(o, name)
	case (name == "getAttribute" || name == "getStringAttribute") && len(args) == 1:
		v, err := o.attribute(args[0].Str())
		if name == "getStringAttribute" && err == nil && !v.IsNull() {
			text, terr := o.subject.Attribute(args[0].Str())
			return velocity.TextOf(text.Text()), true, terr
		}

		return v, true, err

	case name == "getLinksByAppIdOrName" && len(args) == 2:
		source := ""
		if id := args[0].Str(); id != "" {
			source, _ = o.scope.SourceByID(id)
		}
		if byName := args[1].Str(); source == "" && byName != "" {
			source = o.scope.applicationSource(byName)
		}
		return o.links(func(s string) bool { return s == source }), true, nil
	}

	return velocity.Value{}, false, nil
}

// applicationSource finds the display name behind an immutable name: that of a
// known source, or of one that nobody lists by the form NAME [source].
func (s *Scope) applicationSource(name string) string {
	if source, ok := s.SourceByApplication(name); ok {
		return source
	}
	guess := DisplayName(name)
	if s.unit.catalogue.byName[guess] != nil || guess == name {
		return ""
	}
	return guess
}

func (o *subjectObject) Text() (string, error) { return o.subject.Name(), nil }

// getter calls getX() as the property x.
func getter(o velocity.Object, method string) (velocity.Value, bool, error) {
	if len(method) < 4 || method[:3] != "get" || method[3] < 'A' || method[3] > 'Z' {
		return velocity.Value{}, false, nil
	}
	return o.Property(string(method[3]+'a'-'A') + method[4:])
}

// attributesObject is the map of identity attributes.
type attributesObject struct{ of *subjectObject }

func (o attributesObject) Property(name string) (velocity.Value, bool, error) {
	v, err := o.of.attribute(name)
	return v, true, err
}

func (o attributesObject) Call(name string, args []velocity.Value) (velocity.Value, bool, error) {
	switch {
	case name == "get" && len(args) == 1:
		v, err := o.of.attribute(args[0].Str())
		return v, true, err
	case name == "containsKey" && len(args) == 1:
		v, err := o.of.attribute(args[0].Str())
		return velocity.BoolOf(!v.IsNull()), true, err

	// No other method has arguments; those without evaluate every attribute of the person.
	case len(args) > 0:
		return velocity.Value{}, false, nil
	}

	fields, err := o.fields()
	if err != nil {
		return velocity.Value{}, true, err
	}

	switch name {
	case "size":
		return velocity.IntOf(int64(len(fields))), true, nil
	case "isEmpty":
		return velocity.BoolOf(len(fields) == 0), true, nil
	case "keySet", "values":
		items := make([]velocity.Value, len(fields))
		for i, f := range fields {
			if items[i] = f.Value; name == "keySet" {
				items[i] = velocity.TextOf(f.Name)
			}
		}

		return velocity.ListOf(items), true, nil
	}

	return velocity.Value{}, false, nil
}

func (o attributesObject) fields() ([]velocity.Field, error) {
	var fields []velocity.Field
	for _, name := range o.of.subject.AttributeNames() {
		v, err := o.of.attribute(name)
		if err != nil {
			return nil, err
		}
		if !v.IsNull() {
			fields = append(fields, velocity.Field{Name: name, Value: v})
		}
	}

	return fields, nil
}

func (o attributesObject) Text() (string, error) {
	fields, err := o.fields()
	if err != nil {
		return "", err
	}
	text, err := velocity.AppendText(nil, velocity.MapOf(fields))
	return string(text), err
}

// linkObject is an account in the lists of links.
type linkObject struct{ account identity.Account }

func (o *linkObject) Property(name string) (velocity.Value, bool, error) {
	switch name {
	case "nativeIdentity", "id", "displayName", "uuid":
		return toTemplate(o.account.Property(name)), true, nil
	case "applicationName":
		return velocity.TextOf(o.account.Source + " [source]"), true, nil
	case "attributes":
		var fields []velocity.Field
		for name, v := range o.account.Attributes.All() {
			fields = append(fields, velocity.Field{Name: name, Value: toTemplate(v)})
		}
		return velocity.MapOf(fields), true, nil
	}

	return velocity.Value{}, false, nil
}

func (o *linkObject) Call(name string, args []velocity.Value) (velocity.Value, bool, error) {
	if len(args) == 0 {
		return getter(o, name)
	}
	if name == "getAttribute" && len(args) == 1 {
		return toTemplate(o.account.Property(args[0].Str())), true, nil
	}
	return velocity.Value{}, false, nil
}

func (o *linkObject) Text() (string, error) { return o.account.DisplayName(), nil }
