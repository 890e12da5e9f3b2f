package profile

// presence says where an account stands: in the stored state, in the data, in both.
//
//	from     to       when
//	-        isNew    the data have an account that is not stored
//	-        unread   the stored state has it
//	unread   kept     the data have it too
//	unread   removed     its source was read and no longer has it
//	isNew, kept       stay when the data have the account twice
//
// After a run whose tables are kept the outcome is the stored state: isNew, kept
// and unread become unread, removed becomes absent. An absent account stays absent;
// when the data have it again, that is another account with the same key.
type presence uint8

const (
	isNew   presence = iota // in the data, was not stored
	unread                  // stored, and not in the data as far as they were read
	kept                    // stored, and in the data
	removed                 // stored, and its source no longer has it
	absent                  // was removed in an earlier run
)

// wasStored reports whether an account was there before the run.
func (p presence) wasStored() bool { return p == unread || p == kept || p == removed }

// inData reports whether the sources of the run have an account.
func (p presence) inData() bool { return p == isNew || p == kept }

// exists reports whether there is an account, as far as is known.
func (p presence) exists() bool { return p != removed && p != absent }

// difference says what of a kept account differs from the stored one; all others
// have none. Reading writes it.
type difference uint8

const (
	noDifference  difference = iota
	detailsDiffer            // what mappings may read, but what alone is no reason to write it
	dataDiffer               // the account has to be written, and correlates again
)

// differenceOf makes a difference of what a table of accounts says.
func differenceOf(data, details bool) difference {
	switch {
	case data:
		return dataDiffer
	case details:
		return detailsDiffer
	}

	return noDifference
}
