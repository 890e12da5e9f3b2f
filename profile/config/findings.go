package config

import (
	_ "embed"
	"slices"

	"github.com/idprofile/engine/identity/diag"
)

//go:embed findings.txt
var findings string

// Findings returns the codes of the findings that this package, package profile and
// package tenant report, in alphabetical order, with what their pages say. Where a
// page is empty, the page of the package that reports the code too has it.
//
// Source: DECISION 62.
func Findings() []diag.Page { return diag.ParsePages(findings) }

// AssumptionCode describes a code of assumptions, see [diag.Assumption].
type AssumptionCode struct {
	Code    diag.Code
	Meaning string
}

// Assumptions returns the codes of what loading and running take for granted, in
// alphabetical order. Those of reading account files are in package feed.
func Assumptions() []AssumptionCode { return slices.Clone(assumptionCodes) }

var assumptionCodes = []AssumptionCode{
	{codeAttributesUnmapped, "a profile does not map identity attributes that the catalogue or another profile has"},
	{codeConnectorRule, "a rule that the connector of a source runs when a tenant reads accounts is not run"},
	{codeDefaultTaken, "what stands nowhere is taken as the platform takes it; one for each kind of default"},
	{codeFileAsOnly, "the only account file is that of the only source"},
	{codeFileByName, "an account file is found by the source's name inside its own"},
	{codeFileEncoding, "a configuration file is written in UTF-16"},
	{codeFileList, "an account list serves the sources that have no file of their own"},
	{codeFileUnused, "a file that may hold accounts is of no source, or of one that has another"},
	{codeJoinedAsOnly, "an object in a file of its own belongs to the only source or profile that lacks it"},
	{codeJoinedByFolder, "an object in a file of its own belongs to the source or profile that its folder or file is named for"},
	{codeObjectUnused, "objects of that kind are kept and take no part in a run"},
	{codeStatesMissing, "a mapping gives lifecycle states that the profile does not have; they count as not valid"},
	{codeTransformReadyMade, "a transform that no file holds is the one that every tenant has"},
}

// strictCodes are findings that a strict load takes for errors: what a tolerant
// load mends, leaves out or decides.
var strictCodes = []diag.Code{
	codeConfigEmpty, codeCorrelationSourceUnknown, codeJSONUTF8, codeLifecycleProfileUnknown, codeObjectDuplicate,
	codePriorityRange, codePriorityTie,
	codeProfileNoSource, codeSettingsUnknown, codeShapeUnknown,
}

// Strict returns the findings with those as errors that a strict load refuses: a
// profile without authoritative source, an object that is defined twice, equal
// priorities, JSON of no known shape and the like.
//
// Source: DECISION 61.
func Strict(found diag.List) diag.List {
	strict := slices.Clone(found)
	for i := range strict {
		if slices.Contains(strictCodes, strict[i].Code) {
			strict[i].Severity = diag.Error
		}
	}

	return strict
}
