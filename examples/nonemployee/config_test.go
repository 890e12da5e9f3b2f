package main

import (
	"strings"
	"testing"
)

func TestConfigProblems(t *testing.T) {
	ada := `"staff":[{"alias":"ada"}]`
	for _, tt := range []struct{ name, src, want string }{
		{"no JSON", `listen: 1`, "invalid character"},
		{"unknown field", `{"lisen":"x"}`, `unknown field "lisen"`},
		{"two objects", `{}{}`, "goes on after"},
		{"duration", `{"tick":"5"}`, "missing unit"},
		{"no time at all", `{"tick":"0s"}`, "more than zero"},
		{"alias twice", `{"staff":[{"alias":"ada"},{"alias":"ada"}]}`, `"ada" is empty or there twice`},
		{"stranger in a group", `{` + ada + `,"groups":{"g":["ben"]}}`, `group "g" names "ben"`},
		{"token of a stranger", `{` + ada + `,"tokens":[{"token":"long-enough","alias":"ben"}]}`, `"ben", who is not on the staff`},
		{"short token", `{` + ada + `,"tokens":[{"token":"short","alias":"ada"}]}`, "shorter than 8"},
		{"same token", `{` + ada + `,"tokens":[{"token":"long-enough","alias":"ada"},{"token":"long-enough","alias":"ada"}]}`, "there twice"},
		{"unknown right", `{` + ada + `,"tokens":[{"token":"long-enough","alias":"ada","rights":["all"]}]}`, `right "all"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseConfig([]byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "long-enough") {
				t.Errorf("the error tells a token: %v", err)
			}
		})
	}
}

func TestStoreNames(t *testing.T) {
	for _, at := range []string{"", "sqlite", "sqlite:", "file:", "oracle:x", "nonemployee.db"} {
		if _, _, err := openStore(t.Context(), at); err == nil {
			t.Errorf("store %q was opened", at)
		}
	}
	if got, want := withoutPassword("postgres://ada:secret@db/x"), "postgres://ada:xxxxx@db/x"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
	if got, want := withoutPassword("sqlite::memory:"), "sqlite::memory:"; got != want {
		t.Errorf("shown as %q, want %q", got, want)
	}
	// Characters that mean something in a URL belong to the name of the file.
	if got, want := sqliteDSN("a b?c#d%e.db"), "file:a%20b%3Fc%23d%25e.db?"; !strings.HasPrefix(got, want) {
		t.Errorf("name %q, want it to begin with %q", got, want)
	}
}
