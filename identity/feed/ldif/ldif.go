package ldif

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/dn"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/directory"
)

// stableID are the attributes that hold a stable id, by default.
var stableID = []string{"objectGUID", "entryUUID", "nsUniqueId", "uuid"}

// Open returns the entries of a file as a source, see [New].
func Open(fsys fs.FS, file string, o feed.Options) (*feed.File, error) {
	if _, err := fs.Stat(fsys, file); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return New(file, func() (io.ReadCloser, error) { return fsys.Open(file) }, o)
}

// New returns the entries of a file as a source: one account each. The account id
// is the DN when [feed.Options.NativeIdentity] is empty, dn or distinguishedName,
// else the attribute of that name. Names of attributes are compared without case
// and are spelled as the schema does. Options other than languages are no part of
// a name. An attribute with several values is a list, in the order of the file,
// which directories do not promise to keep.
func New(file string, open func() (io.ReadCloser, error), o feed.Options) (*feed.File, error) {
	return feed.NewFile(file, open, Defaults(o), Read)
}

// Defaults fills in the attributes that hold the stable id of an entry, when the
// options have none.
func Defaults(o feed.Options) feed.Options {
	if o.StableID == nil {
		o.StableID = stableID
	}
	return o
}

// Read is the [feed.ReadFunc] of entries: it yields the accounts of src until
// yield says no.
func Read(ctx context.Context, r *feed.Reading, src io.Reader, yield func(identity.Account, error) bool) {
	records, b := newReader(src), newBuilder(r)
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			yield(identity.Account{}, ctx.Err())
			return
		}

		e, err := records.next()
		if err == io.EOF {
			break
		}

		// A file that begins with something else is passed over up to its first entry.
		if err == nil && e.foreign {
			err = b.passOver(e)
		}
		if err != nil {
			yield(identity.Account{}, fmt.Errorf("%s, line %d: %w", r.File(), records.line, err))
			return
		}

		if e.foreign {
			continue
		}
		if a, ok := b.account(e); ok && !yield(a, nil) {
			return
		}
	}

	// Told at the end, with how many there were.
	if b.referrals > 0 {
		r.Assume(codeLDIFReferrals, 0, "", "", b.referrals)
	}
	if b.binary > 0 {
		r.Assume(codeLDIFBinary, 0, "base64", "the bytes", b.binary)
	}
}

// builder makes accounts of entries.
type builder struct {
	*feed.Reading
	numbers map[string]int // attribute description as written → attribute
	names   []string       // of attributes, as accounts have them
	kinds   []kind         // of attributes
	folded  map[string]int // lower-case name → attribute

	values  [][]identity.Value // of the entry, by attribute
	present []int              // attributes of the entry, in its order
	dns     feed.SeenIDs

	id, name  int   // attributes, or -1
	dnNames   []int // attributes that the entry's DN is the value of
	stable    []int
	referrals int
	binary    int
}

func newBuilder(r *feed.Reading) *builder {
	b := &builder{Reading: r, numbers: map[string]int{}, folded: map[string]int{}, id: -1, name: -1}

	// Attributes of the schema have the lowest numbers; others get theirs when they first occur.
	for _, a := range r.Attributes {
		b.attribute(a.Name)
	}
	for _, name := range []string{"dn", "distinguishedName"} {
		_, inSchema := b.folded[strings.ToLower(name)]
		if inSchema || r.Attributes == nil && name == "dn" {
			b.dnNames = append(b.dnNames, b.attribute(name))
		}
	}

	// The DN is not among the attributes of an entry, so it needs no column to be the id.
	switch strings.ToLower(r.NativeIdentity) {
	case "", "dn", "distinguishedname":
	default:
		b.id = b.attribute(r.NativeIdentity)
	}

	if r.DisplayName != "" {
		b.name = b.attribute(r.DisplayName)
	}
	for _, name := range r.StableID {
		b.stable = append(b.stable, b.attribute(name))
	}
	return b
}

// attribute returns the number of an attribute. The first spelling stays.
func (b *builder) attribute(name string) int {
	key := strings.ToLower(name)
	n, ok := b.folded[key]
	if !ok {
		n = len(b.names)
		b.folded[key] = n
		b.names, b.values = append(b.names, name), append(b.values, nil)
		b.kinds = append(b.kinds, kinds[key])
	}

	return n
}

// number returns the attribute of a description. Options say how a value is
// encoded or which part of the values it is; only a language makes another
// attribute.
func (b *builder) number(v *value) int {
	if n, ok := b.numbers[string(v.name)]; ok {
		return n
	}
	base, options, _ := strings.Cut(string(v.name), ";")
	for option := range strings.SplitSeq(options, ";") {
		switch low := strings.ToLower(option); {
		case strings.HasPrefix(low, "lang-"):
			base += ";" + low
		case strings.HasPrefix(low, "range=") && !strings.HasSuffix(low, "-*"):
			b.Report(diag.Warning, codeLDIFRange, diag.Pos{Line: v.line, Column: 1},
				"%s has only a part of its values (%s); the export should ask for the others", base, low)
		}
	}

	n := b.attribute(base)
	if len(b.numbers) < maxDescriptions {
		b.numbers[string(v.name)] = n
	}
	return n
}

// maxDescriptions bounds what is remembered of the spellings of a file.
const maxDescriptions = 1 << 14

// passOver counts a referral. The result of a search that did not end well means
// that entries are missing, which must not look as if they had been deleted.
func (b *builder) passOver(e *entry) error {
	for _, v := range e.values {
		switch strings.ToLower(string(v.name)) {
		case "ref":
			b.referrals++
		case "result":
			if code, _, _ := strings.Cut(string(v.text), " "); code != "0" {
				return fmt.Errorf("the search ended with %s: the file is not complete", v.text)
			}
		}
	}

	return nil
}

// account makes an account of an entry. ok is false when it is refused.
func (b *builder) account(e *entry) (a identity.Account, ok bool) {
	pos := diag.Pos{Line: e.line, Column: 1}
	switch {
	case e.bad != nil:
		b.Refuse(e.bad.code, diag.Pos{Line: e.bad.line, Column: 1}, "%s; the entry %sis left out",
			e.bad.msg, quoted(e.dn))
		return a, false
	case e.dn == "":
		b.Refuse(codeLDIFDnMissing, pos, "the entry has no dn; it is left out")
		return a, false
	case !utf8.ValidString(e.dn):
		b.Refuse(codeLDIFEncoding, pos, "the dn is not UTF-8; the entry is left out")
		return a, false
	}

	// An addition is an entry like any other; another change needs what was there before.
	if kind := changeType(e); kind != "" && kind != "add" {
		b.Refuse(codeLDIFChange, pos, "the record is a change (%s), expected an entry; it is left out", kind)
		return a, false
	}

	// Names are compared by their parts: another spelling is the same entry.
	if line, again := b.dns.Put(dn.Fold(e.dn), e.line); again {
		b.Refuse(codeLDIFDnDuplicate, pos,
			"the entry %sis also on line %d, maybe in another spelling; it is left out", quoted(e.dn), line)
		return a, false
	}

	b.collect(e)
	if !b.identify(&a, e) {
		b.Refuse(codeAccountIDMissing, pos,
			"the entry %shas no %s for the account id; it is left out", quoted(e.dn), b.NativeIdentity)
		return a, false
	}

	b.Pack(&a, b.each)
	b.Finish(&a, pos)
	return a, true
}

// quoted is the name of an entry in a message.
func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("%q ", name)
}

// changeType returns the type of a change record, "" for an entry.
func changeType(e *entry) string {
	for _, v := range e.values {
		switch {
		case bytes.EqualFold(v.name, []byte("control")):
		case bytes.EqualFold(v.name, []byte("changetype")):
			return strings.ToLower(string(v.text))
		default:
			return ""
		}
	}

	return ""
}

// collect sorts the values of the entry by attribute.
func (b *builder) collect(e *entry) {
	for _, n := range b.present {
		b.values[n] = b.values[n][:0]
	}
	b.present = b.present[:0]

	// The type of the change is the entry's first line, or second behind controls, and no attribute
	// there.
	for i := range e.values {
		v := &e.values[i]
		if i < 2 && bytes.EqualFold(v.name, []byte("changetype")) {
			continue
		}
		n := b.number(v)
		if len(b.values[n]) == 0 {
			b.present = append(b.present, n)
		}
		b.values[n] = append(b.values[n], b.text(n, v))
	}

	// The DN is an attribute where the schema asks for one and the entry has none of that name.
	for _, n := range b.dnNames {
		if len(b.values[n]) == 0 {
			b.present = append(b.present, n)
			b.values[n] = append(b.values[n], identity.StringValue(e.dn))
		}
	}
}

// kind is what the values of an attribute mean.
type kind uint8

const (
	plain    kind = iota
	guid          // 16 bytes, or their text
	sid           // a security identifier, or its text
	control       // bits of userAccountControl
	computed      // bits of msDS-User-Account-Control-Computed
	inactive      // TRUE: the account is disabled
	lockedAt      // the account is locked since then
)

// kinds are the attributes whose values mean something to the account.
//
// Source: pages of the attributes in Active Directory, 389 Directory Server,
// OpenLDAP's password policy and eDirectory.
var kinds = map[string]kind{
	"objectguid": guid, "ms-ds-consistencyguid": guid, "msexchmailboxguid": guid,
	"objectsid": sid, "sidhistory": sid, "useraccountcontrol": control,
	"msds-user-account-control-computed": computed, "nsaccountlock": inactive, "logindisabled": inactive,
	"pwdaccountlockedtime": lockedAt,
}

// text returns a value as the product shows it: ids as text, other bytes that
// are no text as base64.
func (b *builder) text(n int, v *value) identity.Value {
	switch b.kinds[n] {
	case guid:
		if text, ok := guidText(v); ok {
			return identity.StringValue(text)
		}
	case sid:
		if text, ok := directory.SID(v.text); ok && v.base64 {
			return identity.StringValue(text)
		}
	}

	if v.base64 && !utf8.Valid(v.text) {
		b.binary++
		return identity.StringValue(base64.StdEncoding.EncodeToString(v.text))
	}

	return identity.StringValue(unsafe.String(unsafe.SliceData(v.text), len(v.text)))
}

// guidText returns the one form of a GUID; ldbsearch writes a text without
// braces, other tools the bytes.
func guidText(v *value) (string, bool) {
	if v.base64 && len(v.text) == 16 {
		return directory.GUID(v.text)
	}
	raw, ok := directory.ParseGUID(string(v.text))
	if !ok {
		return "", false
	}
	return directory.GUID(raw)
}

// first returns the first value of an attribute, as a text of its own.
func (b *builder) first(n int) string {
	if n < 0 || len(b.values[n]) == 0 {
		return ""
	}
	return strings.Clone(b.values[n][0].Text())
}

// identify sets the fields of the account. It returns false when there is no id.
func (b *builder) identify(a *identity.Account, e *entry) bool {
	a.NativeIdentity = e.dn
	if b.id >= 0 {
		a.NativeIdentity = b.first(b.id)
	} else if n, ok := b.folded["distinguishedname"]; ok && b.first(n) != "" {
		a.NativeIdentity = b.first(n)
	}

	a.Name = b.first(b.name)
	for _, n := range b.stable {
		if a.UUID = b.first(n); a.UUID != "" {
			break
		}
	}

	for _, n := range b.present {
		if b.kinds[n] >= control {
			disable(a, b.kinds[n], b.values[n][0].Text())
		}
	}

	return a.NativeIdentity != ""
}

// disable disables or locks the account when an attribute says so.
func disable(a *identity.Account, k kind, text string) {
	bits, _ := directory.ParseAccountControl(text)
	switch k {
	case control:
		a.Disabled = a.Disabled || bits.Has(directory.Disabled)
	case computed:
		a.Locked = a.Locked || bits.Has(directory.Locked)
	case inactive:
		a.Disabled = a.Disabled || strings.EqualFold(text, "true")
	case lockedAt:
		a.Locked = a.Locked || text != ""
	}
}

// each yields the attributes of the entry.
func (b *builder) each(yield func(string, identity.Value) bool) {
	for _, n := range b.present {
		v := b.values[n][0]
		if len(b.values[n]) > 1 {
			v = identity.ListValue(slices.Clone(b.values[n])...)
		}
		if !yield(b.names[n], v) {
			return
		}
	}
}
