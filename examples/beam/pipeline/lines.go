package pipeline

import (
	"encoding/json"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
)

// Outputs are sets of lines of JSON; files hold them in the order of their bytes.
const (
	OutIdentities   = "identities"
	OutLinks        = "links"
	OutExceptions   = "exceptions"
	OutManagers     = "managers"
	OutUncorrelated = "uncorrelated"
	OutFindings     = "findings"
	OutRefused      = "refused" // rows that are no accounts
)

// Outputs are the names of all outputs.
var Outputs = []string{OutIdentities, OutLinks, OutExceptions, OutManagers, OutUncorrelated, OutFindings, OutRefused}

// Counts of a run, beside the lines of each output.
const (
	countRows       = "rows"
	countRefused    = "refused rows"
	countDuplicates = "duplicate rows"
	countExcess     = "bytes of text that count against the limit"
)

// line makes a line of something that can be written as JSON.
func line(output string, v any) Line {
	b, err := json.Marshal(v)
	if err != nil { // texts, numbers and lists of them
		b = []byte(`{"error":"cannot be written"}`)
	}
	return Line{output, string(b)}
}

type findingLine struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	At       string `json:"at,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// FindingLine is the line of a finding.
func FindingLine(d diag.Diagnostic) Line { return findingTo(OutFindings, d) }

func findingTo(output string, d diag.Diagnostic) Line {
	return line(output, findingLine{Severity: d.Severity.String(), Code: string(d.Code), At: d.Pos.String(),
		Message: d.Message,
		Hint:    d.Hint})
}

// readingLine is the line of a finding about a file: of one that cost a row, among
// the refused.
func readingLine(d diag.Diagnostic) Line {
	if d.Severity == diag.Error {
		return findingTo(OutRefused, d)
	}
	return FindingLine(d)
}

func findings(lines func(Line), list diag.List) {
	for _, d := range list {
		lines(FindingLine(d))
	}
}

type unlinkedLine struct {
	Source    string   `json:"source"`
	ID        string   `json:"nativeIdentity"`
	Reason    string   `json:"reason"`
	Ambiguous []string `json:"ambiguous,omitempty"`
}

// UncorrelatedLine is the line of an account without identity.
func UncorrelatedLine(a *identity.Account, u profile.Unlinked) Line {
	return line(OutUncorrelated, unlinkedLine{Source: a.Source, ID: a.NativeIdentity, Reason: u.Reason,
		Ambiguous: u.Ambiguous})
}

type linkLine struct {
	Source    string `json:"source"`
	ID        string `json:"nativeIdentity"`
	Identity  string `json:"identity"`
	Method    string `json:"method"`
	Criterion int    `json:"criterion"`
}

type exceptionLine struct {
	Source      string   `json:"source"`
	ID          string   `json:"nativeIdentity"`
	Account     string   `json:"accountName"`
	Identity    string   `json:"identity"`
	Profile     string   `json:"profile"`
	DisplayName string   `json:"displayName"`
	Code        string   `json:"code"`
	Attributes  []string `json:"attributes"`
	Value       string   `json:"value,omitempty"`
	Conflicting string   `json:"conflictingIdentity,omitempty"`
	Message     string   `json:"message"`
}

type managerLine struct {
	Identity string `json:"identity"`
	State    string `json:"state"`
	Manager  string `json:"manager,omitempty"`
	Name     string `json:"name,omitempty"`
	Value    string `json:"value,omitempty"`
	From     string `json:"accountAttribute,omitempty"`
}

// ResultLines are the lines of an identity. What accounts have as attributes is in
// none of them.
func ResultLines(r *profile.Result, lines func(Line)) {
	i := r.Identity
	lines(Line{OutIdentities, string(r.AppendJSON(nil))})

	// Accounts appear here with their keys only: attributes are personal and are in the sources already.
	for _, l := range r.Links {
		lines(line(OutLinks, linkLine{Source: l.Account.Source, ID: l.Account.NativeIdentity, Identity: i.ID,
			Method: string(l.Method), Criterion: l.Criterion}))
	}
	for _, e := range profile.ExceptionRows(r, i.Created) {
		lines(line(OutExceptions, exceptionLine{Source: e.Source, ID: e.AccountID, Account: e.AccountName,
			Identity: e.IdentityID, Profile: e.IdentityProfile,
			DisplayName: e.DisplayName, Code: e.Exception, Attributes: e.Attributes, Value: e.Value,
			Conflicting: e.ConflictingIdentity, Message: e.Message}))
	}

	// Without a state the profile looks for no manager, and there is nothing to say.
	if m := r.Manager; m.State != "" {
		lines(line(OutManagers, managerLine{Identity: i.ID, State: m.State, Manager: m.ID, Name: m.Name, Value: m.Value,
			From: m.Attribute}))
	}
}
