package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/sqlrow"
)

// Decisions yields the log of decisions without its first entries, page by page.
//
// Error: [ErrRow] when an entry is missing or not what was written.
func (s *SQL) Decisions(ctx context.Context, after int) iter.Seq2[identity.Decision, error] {
	return func(yield func(identity.Decision, error) bool) {
		for after = max(after, 0); ; {
			list, err := s.decisionPage(ctx, after)
			if err != nil {
				yield(identity.Decision{}, err)
				return
			}

			if !yieldDecisions(ctx, list, yield) || len(list) < pageSize {
				return
			}
			after += len(list)
		}
	}
}

func (s *SQL) decisionPage(ctx context.Context, after int) (list []identity.Decision, err error) {
	err = query(ctx, s.db, func(rows *sql.Rows) error {
		var d identity.Decision
		var row string
		if err := rows.Scan(&d.Number, &row); err != nil {
			return err
		}
		if want := after + len(list) + 1; d.Number != want {
			return fmt.Errorf("decision %d is missing: %w", want, ErrRow)
		}
		text, err := sqlrow.OpenText(row, "decision", strconv.Itoa(d.Number))
		if err != nil {
			return fmt.Errorf("decision %d: %w", d.Number, err)
		}
		d.Event = text
		list = append(list, d)
		return nil
	}, `SELECT number, event FROM idprofile_decision WHERE number > $1 ORDER BY number LIMIT $2`, after, pageSize)

	return list, err
}
