package workbench

import (
	"net/http"

	"github.com/idprofile/engine/profile/survey"
)

// dataAnswer is what is in the account files and what comes of it, with remarks on each
// column and attribute, in their order.
type dataAnswer struct {
	*survey.Report
	Remarks struct {
		Columns    [][][]string `json:"columns"` // by source
		Attributes [][]string   `json:"attributes"`
	} `json:"remarks"`
}

// data surveys the accounts and the results of a run, once for each reading of the folder.
func (s *Server) data(*http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}

	// It reads every account, so it is done once and by the first who asks.
	return snap.lazy.data.get(func() (*dataAnswer, error) {
		r, err := survey.Take(s.ctx, s.opts.FS, snap.bundle, snap.engine,
			survey.Options{Run: s.runOptions(snap.bundle)})
		if err != nil {
			return nil, err
		}

		// Remarks come beside the figures, in the same order: the page shows them, and the command has its own
		// texts.
		a := &dataAnswer{Report: r}
		for _, src := range r.Sources {
			var list [][]string
			for i := range src.Columns {
				list = append(list, survey.Remarks(&src.Columns[i].Stats))
			}
			a.Remarks.Columns = append(a.Remarks.Columns, list)
		}
		for _, attribute := range r.Attributes {
			a.Remarks.Attributes = append(a.Remarks.Attributes, survey.Remarks(&attribute.Stats))
		}
		return a, nil
	})
}
