package config

import "errors"

// ErrAggregationRunning is returned by operations that must not run while an
// aggregation does.
//
// Source: DECISION 46.
var ErrAggregationRunning = errors.New("an account aggregation is running")

// ErrStale is returned when a plan is applied to a state other than the one it
// was made for.
var ErrStale = errors.New("the plan is out of date")
