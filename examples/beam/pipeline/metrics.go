package pipeline

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// kept begins the name of packs that wait for other records and are not shuffled.
const kept = "kept: "

// Shuffle is what the stages of a name have handed to shuffles.
type Shuffle struct {
	Stage          string
	Records, Bytes int64
}

// Kept reports whether these records only wait for others.
func (s *Shuffle) Kept() bool { return strings.HasPrefix(s.Stage, kept) }

// namespace is that of the counters.
const namespace = "idprofile"

// meter counts what a step hands on by key.
type meter struct{ records, bytes beam.Counter }

func newMeter(stage string) meter {
	return meter{beam.NewCounter(namespace, "records "+stage), beam.NewCounter(namespace, "bytes "+stage)}
}

func (m *meter) add(ctx context.Context, records, bytes int) {
	m.records.Inc(ctx, int64(records))
	m.bytes.Inc(ctx, int64(bytes))
}

// Shuffled returns what the stages of a run have shuffled, by name. A runner that has
// no metrics gives none.
func Shuffled(result beam.PipelineResult) []Shuffle {
	if result == nil {
		return nil
	}
	sums := map[string]*Shuffle{}
	for _, c := range result.Metrics().AllMetrics().Counters() {
		kind, stage, ok := strings.Cut(c.Name(), " ")
		if !ok || c.Namespace() != namespace {
			continue
		}
		s := sums[stage]
		if s == nil {
			s = &Shuffle{Stage: stage}
			sums[stage] = s
		}

		// There are two counters for a stage, by name.
		if kind == "bytes" {
			s.Bytes += c.Result()
		} else {
			s.Records += c.Result()
		}
	}

	var list []Shuffle
	for _, s := range sums {
		list = append(list, *s)
	}

	// Counters come in no order, and a map has none.
	slices.SortFunc(list, func(a, b Shuffle) int { return strings.Compare(a.Stage, b.Stage) })
	return list
}
