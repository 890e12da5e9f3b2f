package config

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Accounts opens the account files of the bundle's sources, in the order of the
// sources, below the folder that the bundle was loaded from. The schema of each
// source and the settings say how its file is read. Findings about the data go
// to onFinding, which may be nil, while the accounts are read; those that
// Accounts returns are files that cannot be opened.
func (b *Bundle) Accounts(fsys fs.FS, onFinding func(diag.Diagnostic)) ([]identity.Source, diag.List) {
	return b.OpenAccounts(fsys, Listener{OnFinding: onFinding})
}

// OpenAccounts is [Bundle.Accounts] with a listener that hears assumptions, too.
// How a file is read is what the settings say, then what the source's connector
// attributes say if the file fits them, then what the file shows.
func (b *Bundle) OpenAccounts(fsys fs.FS, l Listener) ([]identity.Source, diag.List) {
	var sources []identity.Source
	var found diag.Collector
	var reads []columnRead

	// Columns are only looked for when somebody listens: it takes a walk over all definitions.
	if l.OnFinding != nil {
		reads = b.columnReads()
	}
	var without *withoutData
	for _, s := range b.Sources {
		files := b.Data[s.Name]
		if len(files) == 0 {
			if without == nil {
				without = b.withoutData()
			}
			without.report(s, &found)
			continue
		}

		var opened []identity.Source
		for _, file := range files {
			o := b.feedOptions(s, l)

			// With several files a column may be in any of them.
			if l.OnFinding != nil && len(files) == 1 {
				o.OnColumns = func(names []string) {
					for _, d := range missingColumns(reads, s, file, names) {
						l.OnFinding(d)
					}
				}
			}

			f, err := openFile(fsys, file, o)

			// The settings named the file, so the place to mend is there.
			if err != nil {
				pos, why := diag.Pos{File: file}, strings.TrimPrefix(err.Error(), file+": ")
				if set := b.Settings.Sources[s.Name]; set.File != "" {
					pos, why = b.Settings.Pos, err.Error()
				}
				found.Addf(diag.Error, codeFileUnreadable, pos, "the accounts of source %q cannot be read: %s", s.Name,
					why)
				continue
			}

			opened = append(opened, f)
		}

		// Several files of one source are one stream, in the order of their names.
		switch len(opened) {
		case 0:
		case 1:
			sources = append(sources, opened[0])
		default:
			sources = append(sources, &chain{name: s.Name, parts: opened})
		}
	}

	return sources, found.List()
}

// chain is a source whose accounts come in several files.
type chain struct {
	name  string
	parts []identity.Source
}

func (c *chain) Name() string { return c.name }

func (c *chain) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return c.each(func(part identity.Source) iter.Seq2[identity.Account, error] { return part.Accounts(ctx) })
}

// Unrecognized implements [identity.Recognizer].
func (c *chain) Unrecognized(ctx context.Context,
	known func(nativeIdentity string, fingerprint uint64) bool) iter.Seq2[identity.Account, error] {
	return c.each(func(part identity.Source) iter.Seq2[identity.Account, error] {
		if r, ok := part.(identity.Recognizer); ok {
			return r.Unrecognized(ctx, known)
		}
		return part.Accounts(ctx)
	})
}

// each yields the accounts that are read from one file after another.
func (c *chain) each(read func(identity.Source) iter.Seq2[identity.Account, error]) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for _, part := range c.parts {
			for a, err := range read(part) {
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// Refused returns how many accounts the files refused, see [identity.Refuser].
func (c *chain) Refused() int {
	n := 0
	for _, part := range c.parts {
		if r, ok := part.(identity.Refuser); ok {
			n += r.Refused()
		}
	}

	return n
}

// withoutData is what a source without account file is compared with.
type withoutData struct {
	profiles map[*Source][]*Profile // by their source
	unread   []dataFile             // tables that no source has
}

func (b *Bundle) withoutData() *withoutData {
	// Which profiles a source serves and which files nobody reads are asked for each source without data, so both
	// are looked up once.
	w := &withoutData{profiles: map[*Source][]*Profile{}}
	for _, p := range b.Profiles {
		if s := b.AuthoritativeSource(p); s != nil {
			w.profiles[s] = append(w.profiles[s], p)
		}
	}

	taken := map[string]bool{}
	for _, files := range b.Data {
		for _, file := range files {
			taken[file] = true
		}
	}
	for _, d := range b.files {
		if !taken[d.path] && !d.list {
			w.unread = append(w.unread, d)
		}
	}

	return w
}

// report reports a source that has no account file, if it is that of a profile.
func (w *withoutData) report(s *Source, found *diag.Collector) {
	for _, p := range w.profiles[s] {
		found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeDataMissing, Pos: s.Node.Pos(),
			Message: fmt.Sprintf("source %q has no account file, so profile %q has no members", s.Name, p.Name),
			Hint:    fmt.Sprintf("expected accounts/%s.csv, .json or .jsonl", url.PathEscape(s.Name)) + w.strayFile(s)})
	}
}

// strayFile names the one account file that no source has, which may be that of s under another
// name. Outside of accounts/ a table may be anything, so there it needs the column of the id.
func (w *withoutData) strayFile(s *Source) string {
	stray := ""
	for _, d := range w.unread {
		if !d.inside && !s.fits(d) {
			continue
		}
		if stray != "" { // which one, nobody knows
			return ""
		}
		stray = d.path
	}
	if stray == "" {
		return ""
	}

	return fmt.Sprintf("; if %s is it, name it in idprofile.json: {\"sources\": {%q: {\"file\": %q}}}",
		stray, s.Name, stray)
}
