package profile

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// reading is what the reading of a source leaves for the next run.
type reading struct {
	validator string   // see [identity.Revalidator]; "": the source has to be read
	again     []string // messages of findings that reading finds again: of accounts that are there twice
}

// maxAgain is how many of them are kept. A source with more is read each time.
const maxAgain = 20_000

// reportTwice reports that accounts of a source have the same id.
func (rd *reader) reportTwice(source uint16, d diag.Diagnostic) {
	if r := rd.readings[source]; r != nil && len(r.again) <= maxAgain {
		r.again = append(r.again, d.Message)
	}
	rd.report(d)
}

// unchanged takes the accounts of a source as they are stored when the source is what it was when they were
// read, and reports whether it is. It is then as if each had been read and nothing differed; what is to be
// said of those that are there twice is said behind what reading says.
func (rd *reader) unchanged(src identity.Source) bool {
	number := rd.accounts.SourceNumber(src.Name())
	if _, twice := rd.readings[number]; twice || rd.readings == nil {
		rd.readings = nil // two sources with one name: nobody could tell whose accounts are whose
		return false
	}
	last := reading{}
	if o := rd.outline; o != nil && int(number) < len(o.readings) {
		last = o.readings[number]
	}
	rd.readings[number] = &reading{}
	s, ok := src.(identity.Revalidator)
	if !ok || last.validator == "" {
		return false
	}
	tell, same := s.Unchanged(rd.ctx, []byte(last.validator))
	if !same {
		return false
	}

	tell()
	for _, message := range last.again {
		rd.reportTwice(number, diag.Diagnostic{Severity: diag.Warning, Code: codeAccountDuplicate, Message: message})
	}
	count := rd.keepAll(number)
	rd.progress("read "+src.Name(), count, count)
	rd.readings[number].validator = last.validator
	return true
}

// keepValidator notes what a source is known by that does not change until the next run. Of one whose
// accounts were renamed that one still has something to find out.
func (rd *reader) keepValidator(src identity.Source, renamed bool) {
	r := rd.readings[rd.accounts.SourceNumber(src.Name())]
	if s, ok := src.(identity.Revalidator); ok && r != nil && rd.opts.Incremental && !renamed && len(r.again) <= maxAgain {
		r.validator = string(s.Validator())
	}
}
