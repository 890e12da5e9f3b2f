package survey

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// known is what was said of an attribute, by the account values that decide it. To explain
// somebody costs as much as to evaluate them several times, and people of whom the same
// is true are many.
type known struct {
	reads   []transform.Read
	answers map[string]*answer
	manager bool // what became of the correlation decides, too
	key     []byte
}

// answer is what there is to say of an attribute of somebody.
type answer struct {
	missed []missed
	null   *Null // nil: it has a value
}

// missed is a value that a look-up does not have.
type missed struct {
	pos   diag.Pos
	fails bool
	text  string
}

// maxKnown is how many answers are kept for an attribute.
const maxKnown = 10_000

// known returns where answers for an attribute are kept; nil when other things than values
// of accounts decide.
func (t *taker) known(profile string, m *config.Mapping) *known {
	deps, ok := t.engine.Dependencies(profile, m.Attribute)
	if !ok || m.Definition == nil || m.Attribute == config.AttrUID ||
		deps.AnyAccount || deps.AnyIdentity || deps.Others || deps.Random || deps.Unique || deps.OldValue ||
		len(deps.Identity) > 0 || len(deps.Rules) > 0 || t.chooses(m.Definition.Node) {
		return nil
	}
	return &known{reads: deps.Accounts, answers: map[string]*answer{}, manager: m.Attribute == config.AttrManager}
}

// namesAndOrder are the members of a read of an account attribute that name what is read, and those
// that order the accounts: of one account, and of none, these decide nothing.
var namesAndOrder = []string{"sourceName", "sourceId", "applicationId", "applicationName", "attributeName",
	"accountSortAttribute", "accountSortDescending", "accountReturnFirstLink"}

// chooses reports whether a transform, or one behind it, says which accounts it leaves out:
// then other values decide, too.
func (t *taker) chooses(n *jsondoc.Node) bool {
	return t.b.Any(n, func(m *jsondoc.Node) bool {
		return m.Get("type").Text() == "accountAttribute" &&
			slices.ContainsFunc(m.Get("attributes").Members(), func(member jsondoc.Member) bool {
				return !slices.Contains(namesAndOrder, member.Key)
			})
	})
}

// again says what was said of somebody with the same values; false when nobody was.
func (t *taker) again(r *profile.Result, at *attributeTaker, attribute string, null bool) bool {
	k := at.known
	if !k.of(r) {
		return false
	}
	a := k.answers[string(k.key)]
	if a == nil || (a.null != nil) != null {
		return false
	}
	t.say(r.Identity.Profile, attribute, a)
	return true
}

// keep keeps what was said of somebody.
func (k *known) keep(r *profile.Result, a *answer) {
	if k.of(r) && len(k.answers) < maxKnown {
		k.answers[string(k.key)] = a
	}
}

// of makes the key of a person: what the attribute reads. It is false where it may be more,
// because there are several accounts to choose from.
func (k *known) of(r *profile.Result) bool {
	if k == nil {
		return false
	}
	k.key = k.key[:0]
	if k.manager {
		k.key = append(append(k.key, r.Manager.State...), 0)
	}

	// With one account on each source that is read, equal accounts give equal values.
	for _, read := range k.reads {
		var found *identity.Account
		for i := range r.Identity.Accounts {
			if a := &r.Identity.Accounts[i]; a.Source == read.Source {
				if found != nil {
					return false
				}
				found = a
			}
		}

		if found == nil {
			k.key = append(k.key, 'n', 0)
			continue
		}
		v := found.Property(read.Attribute)
		if v.Kind() == identity.List {
			return false
		}
		k.key = append(append(append(k.key, '0'+byte(v.Kind())), v.Text()...), 0)
	}

	return true
}
