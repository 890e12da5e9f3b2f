package profile

// CorrelationKeys returns the identity attributes that accounts of a source are
// compared with.
func (e *Engine) CorrelationKeys(source string) []string {
	if s := e.sources[source]; s != nil {
		return s.correlator.Keys()
	}
	return nil
}

// Criterion describes a criterion of a source's correlation for people.
func (e *Engine) Criterion(source string, i int) string {
	if s := e.sources[source]; s != nil {
		return s.correlator.Criterion(i)
	}
	return ""
}
