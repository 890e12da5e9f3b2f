package linkage

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	safe "github.com/idprofile/engine/identity/report"
)

// WritePairs writes the pairs as CSV with the columns id_a, id_b, probability and
// band (link, review). The form is stable: columns may be added, at the end. Ids that a
// spreadsheet would take for a formula are neutralised when the options ask for it.
func (r *Result) WritePairs(w io.Writer, o safe.CSVOptions) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id_a", "id_b", "probability", "band"}); err != nil {
		return err
	}
	for _, p := range r.Pairs {
		row := []string{cell(r.A.ID[p.A], o), cell(r.B.ID[p.B], o), strconv.FormatFloat(p.Probability, 'f', 6, 64), p.Band.String()}
		if err := out.Write(row); err != nil {
			return err
		}
	}

	out.Flush()
	return out.Error()
}

// cell is an id as it stands in CSV.
func cell(id string, o safe.CSVOptions) string {
	if o.NeutralizeFormulas {
		return safe.Neutralized(id)
	}
	return id
}

// WriteClusters writes the persons as CSV with the columns id and cluster, which is
// the id of its first record; every record is there, of the first table first. The
// form is stable; the options are those of [Result.WritePairs].
func (r *Result) WriteClusters(w io.Writer, o safe.CSVOptions) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "cluster"}); err != nil {
		return err
	}
	write := func(id, cluster string) error { return out.Write([]string{cell(id, o), cell(cluster, o)}) }
	if r.s.self {
		for i, c := range r.Clusters {
			if err := write(r.A.ID[i], r.A.ID[c]); err != nil {
				return err
			}
		}

		out.Flush()
		return out.Error()
	}

	// Between two tables a person is a record of the second, and whoever was linked to it.
	// Records of the first table belong to the person of the second.
	owner := make([]string, r.A.Len())
	for _, p := range r.Pairs {
		if p.Band == Linked {
			owner[p.A] = r.B.ID[p.B]
		}
	}

	for i, id := range r.A.ID {
		cluster := owner[i]
		if cluster == "" {
			cluster = id
		}
		if err := write(id, cluster); err != nil {
			return err
		}
	}

	for _, id := range r.B.ID {
		if err := write(id, id); err != nil {
			return err
		}
	}

	out.Flush()
	return out.Error()
}

// Count returns how many pairs have a band.
func (r *Result) Count(b Band) int {
	n := 0
	for _, p := range r.Pairs {
		if p.Band == b {
			n++
		}
	}

	return n
}

// Expected returns how many of the pairs that are linked by themselves are wrong,
// and how many of those to review are right, by their probabilities.
func (r *Result) Expected() (wrong, right float64) {
	for _, p := range r.Pairs {
		if p.Band == Linked {
			wrong += 1 - p.Probability
		} else {
			right += p.Probability
		}
	}

	return wrong, right
}

// Threshold is what a link threshold would give.
type Threshold struct {
	Link   float64 `json:"link"`
	Links  int     `json:"links"`
	Review int     `json:"review"`
	Wrong  float64 `json:"expectedWrong"`    // of the links
	Missed float64 `json:"expectedInReview"` // pairs of one person that a person has to confirm
}

// Curve returns the effect of some link thresholds, by the probabilities of the
// pairs that no veto holds back.
func (r *Result) Curve() []Threshold {
	var out []Threshold
	for _, from := range []float64{0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999} {
		t := Threshold{Link: from}
		for _, p := range r.Pairs {
			if p.Probability >= from && p.Veto == "" {
				t.Links++
				t.Wrong += 1 - p.Probability
			} else {
				t.Review++
				t.Missed += p.Probability
			}
		}

		out = append(out, t)
	}

	return out
}

// Write writes the model as JSON.
func (m *Model) Write(w io.Writer) error {
	src, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", src)
	return err
}

// ReadModel reads a model that was written.
func ReadModel(r io.Reader) (*Model, error) {
	src, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return ParseModel(src)
}

// ParseModel returns the model that a text is.
func ParseModel(src []byte) (*Model, error) {
	d := json.NewDecoder(bytes.NewReader(src))

	// A misspelled member would leave its zero in the model, which no result would show.
	d.DisallowUnknownFields()
	var m Model
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("cannot read the model: %w", err)
	}
	if !(m.Prior > 0 && m.Prior < 1) {
		return nil, fmt.Errorf("the model's prior is %v, expected a number between 0 and 1", m.Prior)
	}
	for _, f := range m.Fields {
		for _, l := range f.Levels {
			if !(l.M > 0 && l.M <= 1 && l.U > 0 && l.U <= 1) {
				return nil, fmt.Errorf("level %q of field %q has m %v and u %v, expected numbers above 0, at most 1",
					l.Name,
					f.Name, l.M, l.U)
			}
		}
	}

	return &m, nil
}

// fit checks that a model is for the fields of a space, and returns its fields in
// their order.
func (m *Model) fit(s *space) (*Model, error) {
	byName := map[string]Field{}
	for _, f := range m.Fields {
		byName[f.Name] = f
	}
	out := *m
	out.Fields = nil
	out.PerPerson = max(1, m.PerPerson)
	for _, c := range s.fields {
		f, ok := byName[c.name]
		switch {
		case !ok:
			return nil, fmt.Errorf("the model has no field %q, which the tables have", c.name)
		case f.Kind != c.kind || len(f.Levels) != len(c.levels):
			return nil, fmt.Errorf("field %q of the model is a %v with %d levels, expected a %v with %d", f.Name,
				f.Kind,
				len(f.Levels), c.kind, len(c.levels))
		}

		out.Fields = append(out.Fields, f)
	}

	return &out, nil
}

// ModelChange is a level whose evidence differs between two models.
type ModelChange struct {
	Field  string  `json:"field"`
	Level  string  `json:"level"`
	Before float64 `json:"before"` // bits; 0 where the level is not there
	After  float64 `json:"after"`
}

// Diff returns the levels whose evidence two models give otherwise, by more than a
// tenth of a bit, in the order of the fields.
func (m *Model) Diff(after *Model) []ModelChange {
	type name struct{ field, level string }
	before := map[name]float64{}
	for _, f := range m.Fields {
		for _, l := range f.Levels {
			before[name{f.Name, l.Name}] = l.bits()
		}
	}

	// Each level is compared by name; a level that only one model has stands with nothing on the other
	// side.
	var out []ModelChange
	for _, f := range after.Fields {
		for _, l := range f.Levels {
			k := name{f.Name, l.Name}
			b, a := before[k], l.bits()
			delete(before, k)
			if d := a - b; d > 0.1 || d < -0.1 {
				out = append(out, ModelChange{Field: f.Name, Level: l.Name, Before: b, After: a})
			}
		}
	}

	for _, f := range m.Fields {
		for _, l := range f.Levels {
			if b, ok := before[name{f.Name, l.Name}]; ok {
				out = append(out, ModelChange{Field: f.Name, Level: l.Name, Before: b})
			}
		}
	}

	return out
}
