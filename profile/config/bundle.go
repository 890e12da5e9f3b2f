package config

import (
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Bundle is the configuration of a tenant as its files say it. The documents
// keep every field, known or not, in order; the typed parts are views of them.
// A Bundle is not safe for concurrent changes.
type Bundle struct {
	Documents  []*Document
	Profiles   []*Profile // by priority
	Sources    []*Source  // in the order found
	Transforms map[string]*transform.Definition
	Attributes []*IdentityAttribute
	Rules      []*Rule
	Data       map[string][]string // paths of the account files by source name, read one after the other
	Lists      []string            // sources that read account lists, whose rows name the source
	Settings   Settings
	// Partial: there are other files that belong to this configuration, so what is
	// not found here may stand there.
	Partial bool
	// Limits are those of the folder, see [FolderOptions]. Compiling takes them where its own
	// options say nothing.
	Limits Limits
	// Unread are the configuration files that cannot be read. What is found to be
	// missing may stand in them, see [Bundle.WithoutConsequences].
	Unread []string

	// Unreferable are transforms that no reference finds: without name, or defined
	// again elsewhere. They are checked and not used.
	Unreferable []*transform.Definition
	// Policies and Fields are provisioning policies, and fields of them, that no
	// source has; MachineMappings are the mappings of machine accounts. They are
	// checked and not used.
	Policies, Fields, MachineMappings []*jsondoc.Node

	// Suppressions are findings that are right where they are, see [Bundle.Suppress].
	Suppressions []Suppression

	// Assumptions are what loading took for granted.
	Assumptions []diag.Assumption

	settings *Document  // idprofile.json; nil: none
	files    []dataFile // that may hold accounts
}

// Document is one configuration file.
type Document struct {
	Path string
	Root *jsondoc.Node
	src  string // as it was read; empty: not read from a file
}

// Ref points at another object, in a file as in an event.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Profile is an identity profile.
//
// Source: DECISION 49.
type Profile struct {
	ID, Name, Description string
	Priority              int64
	Created               time.Time
	Owner                 Ref
	Source                Ref // authoritative source
	Enabled               bool
	Mappings              []*Mapping
	States                []*LifecycleState
	RefreshRequired       bool // "Needs Processing"
	Node                  *jsondoc.Node
}

// Mapping feeds one identity attribute.
type Mapping struct {
	Attribute  string
	Definition *transform.Definition // nil: unmapped
	Node       *jsondoc.Node         // the entry
}

// LifecycleState is a lifecycle state of a profile.
//
// Source: DECISION 58.
type LifecycleState struct {
	ID, Name, TechnicalName string
	Enabled                 bool
	IdentityState           string
	Node                    *jsondoc.Node
}

// Source is a source of accounts.
//
// Source: DECISION 49 and 52.
type Source struct {
	ID, Name        string
	ApplicationName string // immutable name
	Schema          *AccountSchema
	Correlation     *correlate.Config
	CorrelationRule string
	Manager         *ManagerCorrelation
	DeleteThreshold int64           // percent; -1: not given
	Mirror          int64           // cloudAuthoritativeSourcePrecedence; -1: not given
	Implied         bool            // no file describes it: a profile or an account file names it
	Policies        []*jsondoc.Node // provisioning policies, those of files of their own included
	Node            *jsondoc.Node
}

// AccountSchema is the account schema of a source.
type AccountSchema struct {
	IdentityAttribute string // the unique account id
	DisplayAttribute  string // the account name; empty: as the id
	Attributes        []SchemaAttribute
}

// SchemaAttribute is an attribute of an account schema.
type SchemaAttribute struct {
	Name, Type         string
	Multi, Entitlement bool
	Node               *jsondoc.Node
}

// ManagerCorrelation is the manager correlation of a source.
//
// Source: correlate/DECISIONS.md, DECISION 5.
type ManagerCorrelation struct {
	AccountAttribute, IdentityAttribute string
	Rule                                string
}

// IdentityAttribute is an entry of the catalogue of identity attributes.
//
// Source: DECISION 51.
type IdentityAttribute struct {
	Name, DisplayName, Type             string
	Standard, Multi, Searchable, System bool
	Node                                *jsondoc.Node
}

// Rule is a rule whose code lives in the tenant.
type Rule struct {
	ID, Name, Type, Source string
}

// Settings are the optional overrides of a folder, in idprofile.json.
type Settings struct {
	Now time.Time // zero: not given
	// Unusable is what a setting says that no run can do without, such as a now that
	// is no instant; nil: there is none.
	Unusable error
	Seed     uint64
	Sources  map[string]SourceSettings
	// Rules are expressions that stand for custom rules, by rule name; see
	// package rule. Stubs that a run is given come first.
	Rules map[string]string
	// Dialect settles what no answer of a tenant settles.
	Dialect transform.Dialect
	// Linkage says how probable owners are found; the zero value works.
	Linkage linkage.Options
	Pos     diag.Pos
}

// SourceSettings say how the account file of a source is read.
type SourceSettings struct {
	File      string // path below the folder
	Delimiter string // of CSV fields; empty: a comma
	Separator string // of multi-valued fields; empty: a comma
	KeepEmpty bool   // empty cells are "", not null

	// The following go before the connector attributes of the source and before
	// what the file shows, see [feed.Options].
	Quote, Encoding            string
	HasHeader, MergeRows       *bool
	Columns                    []string // names, where the file has no header
	MergeColumns, IndexColumns []string
	Filter, Comment            string

	// StableID is the attribute whose value stays when an account is renamed
	// (DECISION 48).
	StableID string
}

// Source returns the source with that display name, or nil.
func (b *Bundle) Source(name string) *Source {
	for _, s := range b.Sources {
		if s.Name == name {
			return s
		}
	}

	return nil
}

// SourceByID returns the source with that id, or nil.
func (b *Bundle) SourceByID(id string) *Source {
	for _, s := range b.Sources {
		if id != "" && s.ID == id {
			return s
		}
	}

	return nil
}

// Profile returns the profile of that name, or nil.
func (b *Bundle) Profile(name string) *Profile {
	for _, p := range b.Profiles {
		if p.Name == name {
			return p
		}
	}

	return nil
}

// AuthoritativeSource returns the source of a profile: by id, else by name; nil
// when the bundle does not have it.
func (b *Bundle) AuthoritativeSource(p *Profile) *Source {
	if s := b.SourceByID(p.Source.ID); s != nil {
		return s
	}
	return b.Source(p.Source.Name)
}

// AuthoritativeName returns the name of the source of a profile, as the profile has it where
// the bundle does not have the source.
func (b *Bundle) AuthoritativeName(p *Profile) string {
	if s := b.AuthoritativeSource(p); s != nil {
		return s.Name
	}
	return p.Source.Name
}

// Attribute returns the catalogue entry of an identity attribute, or nil.
func (b *Bundle) Attribute(name string) *IdentityAttribute {
	for _, a := range b.Attributes {
		if a.Name == name {
			return a
		}
	}

	return nil
}

func (b *Bundle) SourceRef(name string) Ref {
	ref := Ref{Type: "SOURCE", Name: name}
	if s := b.Source(name); s != nil {
		ref.ID = s.ID
	}
	return ref
}

// ProfileByRef finds a profile by id, else by name; nil when there is none.
func (b *Bundle) ProfileByRef(r Ref) *Profile {
	for _, p := range b.Profiles {
		if r.ID != "" && p.ID == r.ID {
			return p
		}
	}

	if r.Name == "" {
		return nil
	}
	return b.Profile(r.Name)
}

// Find returns the profile with that id or name.
func (b *Bundle) Find(id string) (*Profile, error) {
	if p := b.ProfileByRef(Ref{ID: id, Name: id}); p != nil {
		return p, nil
	}
	return nil, isc.Refuse(isc.CodeNotFound, "there is no identity profile %q", id)
}

func (p *Profile) AsRef() Ref { return Ref{Type: "IDENTITY_PROFILE", ID: p.ID, Name: p.Name} }

func (p *Profile) FindState(state string) *LifecycleState {
	for _, s := range p.States {
		if s.ID != "" && s.ID == state || s.TechnicalName == state {
			return s
		}
	}

	return nil
}

// dataFile is a file that may hold accounts.
type dataFile struct {
	path   string
	name   string // of the file, decoded and without extension
	inside bool   // it lies in a folder accounts/, where nothing else is expected
	list   bool   // its rows say themselves which source they are of
	head   []byte // its beginning
}

// Suppression says that findings of a code are right where they are, and why. It fits
// findings of that code in the object and in the file, as far as these are given.
type Suppression struct {
	Code   diag.Code `json:"code"`
	Object string    `json:"object,omitempty"` // its name, or Profile/attribute for a mapping
	File   string    `json:"file,omitempty"`   // a file, a pattern such as transforms/*.json, or a folder
	Reason string    `json:"reason"`
	Pos    diag.Pos
}
