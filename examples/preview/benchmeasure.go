package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// evaluations is how many one timing has at least; a small sample is gone through
// again.
const evaluations = 10_000

// together is how many identities are measured in one go.
const together = 64

// measurement measures a folder.
type measurement struct {
	app     *app
	folder  *folder
	options profile.RunOptions
	rounds  int
	sample  int

	report  benchReport
	members map[string][]*identity.Identity // of the sample, by profile
}

func (m *measurement) run() (*benchReport, error) {
	m.report = benchReport{Now: m.options.Now, Rounds: m.rounds, Stages: []stageShare{}, Attributes: []attributeShare{}}
	found := newFindings(m.folder.name, fewSamples)
	defer found.warn(m.app)
	fast := m.folder.compile(found, profile.Options{})
	if err := m.stages(fast, found); err != nil {
		return nil, err
	}
	observed, _ := profile.Compile(m.folder.bundle, profile.Options{Observe: true})
	all := newStopwatch(m.app.clock)
	for _, p := range m.folder.bundle.Profiles {
		if len(m.members[p.Name]) == 0 || !p.Enabled { // a disabled mapping keeps stored values
			continue
		}
		if err := m.profile(fast.NewRun(m.options), observed.NewRun(m.options), p.Name, all); err != nil {
			return nil, err
		}
	}

	m.report.Operations = all.shares(m.report.Sample * m.rounds)
	m.report.finish()
	return &m.report, nil
}

// stages times whole runs and takes the sample.
func (m *measurement) stages(engine *profile.Engine, found *findings) error {
	took := map[string][]float64{}
	o := m.options
	o.OnStage = func(stage string, d time.Duration) { took[stage] = append(took[stage], float64(d)) }
	s := sampler{want: m.sample, every: 1}
	p := newProgress(m.app)
	defer p.stop()
	for round := range m.rounds {
		p.show("round", round, m.rounds)
		var start time.Time
		n := 0

		// The time from the first result to the last is that of giving results out; the stages before
		// it tell their own.
		for r, err := range engine.Run(m.app.ctx, o, m.folder.accounts(found.addError)...) {
			if err != nil {
				return err
			}
			if n++; n == 1 {
				start = m.app.clock()
			}

			// One round is enough for the sample: each has the same people in the same order.
			if round == 0 {
				s.add(r)
			}
		}

		if n == 0 {
			return fmt.Errorf("%s: there are no identities", m.folder.name)
		}
		o.OnStage("results", m.app.clock().Sub(start))
		m.report.Identities = n
	}

	m.members, m.report.Sample = s.members()
	for _, name := range []string{"read", "correlate", "evaluate", "settle", "results"} {
		m.report.Stages = append(m.report.Stages,
			stageShare{Stage: name, NS: median(took[name]) / float64(m.report.Identities)})
	}
	return nil
}

// sampler picks identities that are spread over all, without knowing how many
// there will be.
type sampler struct {
	want  int // 0: all
	every int
	seen  int
	list  []*identity.Identity
}

func (s *sampler) add(r *profile.Result) {
	if r.Orphaned {
		return
	}
	if s.seen%s.every == 0 {
		s.list = append(s.list, r.Identity)
	}
	if s.seen++; s.want > 0 && len(s.list) == 2*s.want {
		s.list, s.every = pick(s.list, s.want), 2*s.every
	}
}

// members returns the sample by profile, and its size.
func (s *sampler) members() (map[string][]*identity.Identity, int) {
	if s.want > 0 {
		s.list = pick(s.list, min(s.want, len(s.list)))
	}
	m := map[string][]*identity.Identity{}
	for _, i := range s.list {
		m[i.Profile] = append(m[i.Profile], i)
	}
	return m, len(s.list)
}

// pick returns n items of a list at equal distances.
func pick(list []*identity.Identity, n int) []*identity.Identity {
	picked := make([]*identity.Identity, n)
	for k := range picked {
		picked[k] = list[k*len(list)/n]
	}
	return picked
}

// profile measures the attributes of a profile, and their operations.
func (m *measurement) profile(fast, observed *profile.Run, name string, all *stopwatch) error {
	members := m.members[name]

	// Isolated evaluators share nothing between attributes, so each is charged with all it needs, also
	// where a run would evaluate a shared part once.
	isolated := fast.Evaluator(m.app.ctx).Isolated()
	var attributes []string
	var each []*profile.Evaluator
	for _, mapping := range m.folder.bundle.Profile(name).Mappings {
		attributes, each = append(attributes, mapping.Attribute), append(each, isolated.Only(mapping.Attribute))
	}
	each = append(each, isolated.Only()) // nothing but taking up identities

	// All attributes take turns within a round, so that a machine that gets warm or busy slows all of
	// them alike; the median leaves out a round that was disturbed.
	took := make([][]float64, len(each))
	for range m.rounds {
		for slot, ns := range m.round(each, members) {
			took[slot] = append(took[slot], ns)
		}
		if err := m.app.ctx.Err(); err != nil {
			return err
		}
	}

	idle := median(took[len(attributes)])
	for slot, attribute := range attributes {
		own := newStopwatch(m.app.clock)
		if err := m.observe(observed, name, attribute, own); err != nil {
			return err
		}

		// An attribute that costs less than the clock resolves can come out below nothing.
		s := attributeShare{Profile: name, Attribute: attribute, Members: len(members),
			NS: max(0, median(took[slot])-idle)}
		s.Operation, s.OperationShare = own.most()
		m.report.Attributes = append(m.report.Attributes, s)
		all.add(own)
	}

	return nil
}

// round returns the nanoseconds that each attribute takes for one identity,
// taking it up included; the last slot is nothing but that. Identities go through
// all attributes in small groups, whose data are in the caches of the processor
// as in a run, where the attributes of an identity come one after another.
func (m *measurement) round(each []*profile.Evaluator, members []*identity.Identity) []float64 {
	took := make([]float64, len(each))
	repeat := (evaluations + len(members) - 1) / len(members)
	for range repeat {
		for group := range slices.Chunk(members, together) {
			warm(group)
			for slot := range took {
				start := m.app.clock()
				for _, i := range group {
					each[slot].Evaluate(i) // an error takes its time, too
				}
				took[slot] += float64(m.app.clock().Sub(start))
			}
		}
	}

	for slot := range took {
		took[slot] /= float64(repeat * len(members))
	}
	return took
}

// warm looks at all that the identities have.
func warm(identities []*identity.Identity) (values int) {
	for _, i := range identities {
		for range i.Attributes.All() {
			values++
		}
		for k := range i.Accounts {
			for range i.Accounts[k].Attributes.All() {
				values++
			}
		}
	}

	return values
}

// observe lets a stopwatch see the steps of an attribute.
func (m *measurement) observe(r *profile.Run, name, attribute string, w *stopwatch) error {
	v := r.Evaluator(m.app.ctx).Isolated().Only(attribute).Traced(w.tracer())
	w.calibrate()
	for range m.rounds {
		for group := range slices.Chunk(m.members[name], together) {
			warm(group)
			for _, i := range group {
				v.Evaluate(i)
			}
		}
	}

	return m.app.ctx.Err()
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
