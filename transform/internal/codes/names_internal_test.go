package codes

import "iter"

// allCountries yields the two-letter code and the English name of every country, in
// the order of the codes.
func allCountries() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i, name := range english {
			if !yield(alpha2s[2*i:2*i+2], names.at(int(name))) {
				return
			}
		}
	}
}

// allCountryNames yields every name that [Country] knows, in order without case.
func allCountryNames() iter.Seq[string] { return names.first(len(nameCountries)) }

// allLanguageNames yields every name and code that [LanguageTag] knows, in order
// without case.
func allLanguageNames() iter.Seq[string] { return languages.first(len(languageTags)) }

// first yields the first n texts.
func (t *table) first(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range n {
			if !yield(t.at(i)) {
				return
			}
		}
	}
}
