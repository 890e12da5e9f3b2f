package preview

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/idprofile/engine/correlate/linkage"
)

// ProbableOptions say how probable owners are found. The zero value works.
type ProbableOptions struct {
	linkage.Options
	// Models are weights to use instead of finding them in the data, for the pairs of
	// sources that they name.
	Models Models
}

// Models are the weights of a [Probable], one for each source and authoritative
// source, in their order.
type Models []SourceModel

// SourceModel is the weights by which one source is linked with an authoritative one.
type SourceModel struct {
	Source        string         `json:"source"`
	Authoritative string         `json:"authoritative"`
	Model         *linkage.Model `json:"model"`
}

// Models returns the weights that were found or used.
func (p *Probable) Models() Models {
	out := make(Models, len(p.Runs))
	for i, r := range p.Runs {
		out[i] = SourceModel{Source: r.Source, Authoritative: r.Authoritative, Model: r.Result.Model}
	}
	return out
}

// Find returns the weights for a pair of sources, nil when there are none.
func (m Models) Find(source, authoritative string) *linkage.Model {
	i := slices.IndexFunc(m, func(one SourceModel) bool {
		return one.Source == source && one.Authoritative == authoritative
	})
	if i < 0 {
		return nil
	}
	return m[i].Model
}

// Write writes the weights as JSON.
func (m Models) Write(w io.Writer) error {
	src, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", src)
	return err
}

// ReadModels reads weights that were written.
func ReadModels(r io.Reader) (Models, error) {
	var list []struct {
		Source        string          `json:"source"`
		Authoritative string          `json:"authoritative"`
		Model         json.RawMessage `json:"model"`
	}
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, fmt.Errorf("cannot read the weights: %w", err)
	}
	out := make(Models, len(list))
	for i, one := range list {
		model, err := linkage.ParseModel(one.Model)
		if err != nil {
			return nil, fmt.Errorf("source %q with %q: %w", one.Source, one.Authoritative, err)
		}
		out[i] = SourceModel{Source: one.Source, Authoritative: one.Authoritative, Model: model}
	}

	return out, nil
}

// ModelDifference is what changed in the weights of one pair of sources.
type ModelDifference struct {
	Source        string                `json:"source"`
	Authoritative string                `json:"authoritative"`
	Changes       []linkage.ModelChange `json:"changes"`
}

// Diff returns what changed by more than a tenth of a bit, for the pairs of sources
// that both name.
func (m Models) Diff(after Models) []ModelDifference {
	var out []ModelDifference
	for _, one := range after {
		before := m.Find(one.Source, one.Authoritative)
		if before == nil {
			continue
		}
		if changes := before.Diff(one.Model); len(changes) > 0 {
			out = append(out, ModelDifference{Source: one.Source, Authoritative: one.Authoritative, Changes: changes})
		}
	}

	return out
}

// Inputs returns the fingerprint of the compared values of an account and an
// authoritative account, for the decisions of people ([linkage.Event].Inputs); "" when
// one of them is not there or their sources were not compared.
func (p *Probable) Inputs(account, candidate linkage.RecordKey) string {
	for _, r := range p.Runs {
		if r.Source == account.Source && r.Authoritative == candidate.Source {
			return r.Result.Inputs(account.String(), candidate.String())
		}
	}

	return ""
}

// ExplainPair tells what the evidence says of an account and an authoritative account,
// whether they were compared or not.
func (p *Probable) ExplainPair(account, candidate string) (*linkage.Explanation, error) {
	a, err := p.Find(account)
	if err != nil {
		return nil, err
	}
	for _, r := range p.Runs {
		if r.Source != a.Account.Source {
			continue
		}
		for _, id := range []string{candidate, r.Authoritative + "/" + candidate} {
			if e, err := r.Result.Explain(a.Account.String(), id); err == nil {
				return e, nil
			}
		}
	}

	return nil, fmt.Errorf("authoritative account %q: %w", candidate, ErrNoAccount)
}
