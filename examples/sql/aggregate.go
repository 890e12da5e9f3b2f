package sqlstate

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"runtime"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Table returns the accounts in a table as a source: a row for each, the
// columns are the attributes, nativeIdentity names the column of the account id.
func Table(db *sql.DB, source, table, nativeIdentity string, onFinding func(diag.Diagnostic)) identity.Source {
	return feed.SQL(source, func(ctx context.Context) (*sql.Rows, error) {
		return db.QueryContext(ctx, `SELECT * FROM `+quote(table)+` ORDER BY `+quote(nativeIdentity))
	}, feed.Options{NativeIdentity: nativeIdentity, OnFinding: onFinding})
}

// quote writes a name as SQL has it.
func quote(name string) string {
	b := []byte{'"'}
	for _, c := range []byte(name) {
		if c == '"' {
			b = append(b, '"')
		}
		b = append(b, c)
	}

	return string(append(b, '"'))
}

// Aggregate takes the accounts of a configuration folder into a store. It can be
// stopped at any moment: the store then has the state before, and the next call
// does everything again.
func Aggregate(ctx context.Context, st identity.Store, folder fs.FS, incremental bool,
	sources ...identity.Source) (profile.Stats, error) {
	bundle, found := config.Load(folder)
	files, more := bundle.Accounts(folder, nil)
	engine, problems := profile.Compile(bundle, profile.Options{})
	for _, list := range []diag.List{found, more, problems} {
		if len(bundle.Profiles) == 0 && list.HasErrors() {
			return profile.Stats{}, fmt.Errorf("no configuration: %w", list.Err())
		}
	}

	o := profile.RunOptions{Now: bundle.Settings.Now, Seed: bundle.Settings.Seed, Workers: runtime.GOMAXPROCS(0),
		Incremental: incremental}
	if len(sources) == 0 {
		sources = files
	}
	return engine.Aggregate(ctx, st, o, nil, sources...)
}
