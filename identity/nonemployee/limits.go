package nonemployee

// Limits bound what a tenant may hold. A field that is zero takes the default.
//
// Source: vendor API and help; older tenants allowed 20 sources and 1,000 accounts.
type Limits struct {
	Sources          int // 50
	Records          int // 20,000 in one source
	AccountManagers  int // 10 of one source
	Approvers        int // 3 of one source
	CustomAttributes int // 10 of one source
	CommentLength    int // 4,000 characters (code points)
	PageSize         int // 250, default and maximum
	ReminderDays     int // 7 days of 24 hours before the end date
}

// DefaultLimits are the limits of a current tenant.
func DefaultLimits() Limits {
	return Limits{
		Sources: 50, Records: 20_000, AccountManagers: 10, Approvers: 3,
		CustomAttributes: 10, CommentLength: 4000, PageSize: 250, ReminderDays: 7,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ to, from *int }{
		{&l.Sources, &d.Sources}, {&l.Records, &d.Records},
		{&l.AccountManagers, &d.AccountManagers}, {&l.Approvers, &d.Approvers},
		{&l.CustomAttributes, &d.CustomAttributes}, {&l.CommentLength, &d.CommentLength},
		{&l.PageSize, &d.PageSize}, {&l.ReminderDays, &d.ReminderDays},
	} {
		if *f.to == 0 {
			*f.to = *f.from
		}
	}

	return l
}
