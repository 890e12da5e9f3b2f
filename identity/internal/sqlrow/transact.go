package sqlrow

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// How often a transaction is begun before its conflict is an error. One that reads before it
// writes gets its turn in SQLite only between two transactions of the others, and these may
// follow each other closely, so it tries often; a row that is there already stays there.
const (
	triesTurn = 400
	triesRow  = 12
)

// pause is how long a transaction waits after its attempt: some milliseconds, not twice the
// same, so that it does not keep step with another one.
func pause(try int) time.Duration {
	return time.Duration(min(1<<min(try, 4), 16)+try*7%13) * time.Millisecond
}

// Transact runs do in a transaction, which is undone when do fails. When the database says
// that another transaction was in the way, all of it is done again, so do must not keep
// anything of an attempt before.
//
// Error: what do says, what the driver says.
func Transact(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	for try := 1; ; try++ {
		err := once(ctx, db, do)
		if err == nil || try == triesTurn || !IsConflict(err) || isRow(err) && try >= triesRow {
			return err
		}

		// Whoever was first needs a moment.
		timer := time.NewTimer(pause(try))
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
	}
}

// once is one attempt.
func once(ctx context.Context, db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return err
	}

	return tx.Commit()
}

// IsConflict reports whether an error of a driver says that another transaction was in the
// way and has undone this one. Every driver has a type of its own for that; what they have
// in common are the codes of the databases.
func IsConflict(err error) bool {
	var postgres interface{ SQLState() string }
	if errors.As(err, &postgres) {
		switch postgres.SQLState() {
		case "40001", "40P01", "55P03", "23505": // serialisation, deadlock, lock, unique key
			return true
		}

		return false
	}

	var sqlite interface{ Code() int }
	if errors.As(err, &sqlite) {
		switch sqlite.Code() & 0xff {
		case 5, 6: // busy, locked
			return true
		case 19: // of the constraints, one that somebody else's new row breaks
			return sqlite.Code() == 1555 || sqlite.Code() == 2067
		}

		return false
	}

	return err != nil && strings.Contains(err.Error(), "database is locked")
}

// isRow reports whether a conflict is about a row that another transaction has made, which
// waiting does not take away.
func isRow(err error) bool {
	var postgres interface{ SQLState() string }
	if errors.As(err, &postgres) {
		return postgres.SQLState() == "23505"
	}
	var sqlite interface{ Code() int }
	return errors.As(err, &sqlite) && sqlite.Code()&0xff == 19
}
