package config

import (
	"slices"

	"github.com/idprofile/engine/identity/diag"
)

// FindingCode describes a code of findings.
type FindingCode struct {
	Code     string
	Severity diag.Severity // as it is usually reported
	Meaning  string
}

// Findings returns the codes of the findings that this package reports, in
// alphabetical order.
//
// Source: DECISION 62.
func Findings() []FindingCode { return slices.Clone(findingCodes) }

var findingCodes = []FindingCode{
	{"account-attribute-unknown", diag.Error, "a mapping or criterion reads an attribute that the account schema does not have; it is null"},
	{"account-duplicate", diag.Warning, "a source has two accounts with one id; the last one counts"},
	{"account-rename-likely", diag.Warning, "an account went and another came that belongs to the same identity by the same criterion"},
	{"account-renamed", diag.Info, "an account has another native identity and the same stable id; it stays the same account"},
	{"account-replaced", diag.Warning, "an account has the native identity of another one, by their stable ids"},
	{"attribute-cycle", diag.Warning, "identity attributes read each other in a circle; the read that closes it sees the stored value"},
	{"attribute-dependency", diag.Info, "an identity attribute reads another one"},
	{"attribute-name", diag.Warning, "the technical name of an identity attribute has characters that the naming rule does not give"},
	{"attribute-order-dependent", diag.Warning, "an identity attribute depends on the order of evaluation"},
	{"attribute-system", diag.Error, "a mapping feeds an attribute that the platform sets itself"},
	{"attributes-unsettled", diag.Warning, "attributes that follow from the lifecycle state still move after the last pass"},
	{"column-missing", diag.Warning, "the account file lacks a column that a mapping, a transform or a correlation reads; it is null for everybody"},
	{"config-disabled", diag.Warning, "the mapping of a profile is disabled: no values are promoted"},
	{"config-empty", diag.Error, "there is no configuration in the folder"},
	{"correlation-ambiguous", diag.Info, "several identities meet a criterion for an account; the next criterion is tried"},
	{"correlation-complex", diag.Warning, "a correlation criterion is complex and is skipped"},
	{"correlation-matchmode", diag.Warning, "the match mode of a criterion is ignored"},
	{"correlation-not-searchable", diag.Warning, "a source correlates by a custom attribute that is not searchable"},
	{"correlation-operation", diag.Error, "a criterion has another operation than EQ and is skipped"},
	{"correlation-property", diag.Error, "a criterion or a manager correlation compares with an identity attribute that nobody has; it finds nobody"},
	{"correlation-source-unknown", diag.Warning, "no source refers to a correlation configuration"},
	{"correlation-space", diag.Info, "without the blanks around a value an account would find its identity"},
	{"correlation-unsettled", diag.Warning, "accounts still find new identities after the last round of correlation"},
	{"data-duplicate", diag.Error, "a source has two account files"},
	{"data-missing", diag.Warning, "the source of a profile has no account file"},
	{"delete-threshold", diag.Error, "the delete threshold is not from 0 to 100; or (a warning) it keeps accounts from being removed"},
	{"field-alone", diag.Info, "a file holds a field of an account create profile by itself"},
	{"field-type", diag.Error, "a known field has a value of another type"},
	{"field-unknown", diag.Info, "an object has a member that objects of its kind do not have; it is kept and not used"},
	{"file-unreadable", diag.Error, "a file cannot be read"},
	{"findings-left-out", diag.Info, "findings about what is missing are left out, because a file cannot be read in which it may stand"},
	{"flag-useless", diag.Warning, "a transform asks for the periodic refresh, and nothing in it depends on the time"},
	{"identity-attribute-unknown", diag.Error, "a mapping feeds an identity attribute that the catalogue does not have; the value is computed"},
	{"identity-meets-other", diag.Warning, "an authoritative account meets the criteria of another identity than its own, and stays"},
	{"inline-transform", diag.Warning, "a mapping holds a transform itself instead of referring to it"},
	{"lifecycle-profile-unknown", diag.Warning, "a lifecycle state belongs to no profile"},
	{"lifecycle-state", diag.Warning, "a lifecycle state could not be saved as it is"},
	{"lifecycle-states-missing", diag.Info, "no file describes the lifecycle states of a profile; active and inactive count as valid"},
	{"lifecycle-unmapped", diag.Warning, "lifecycle states have provisioning actions, but cloudLifecycleState is not mapped"},
	{"manager-cycle", diag.Warning, "people manage each other"},
	{"manager-near", diag.Warning, "nobody has the value that a manager is looked for by, and somebody nearly has it"},
	{"manager-trigger", diag.Warning, "a transform computes the manager, but an account attribute decides"},
	{"manager-unmapped", diag.Warning, "a manager correlation without mapping of manager, or the reverse"},
	{"mapping-duplicate", diag.Error, "an identity attribute is mapped twice; the last mapping counts"},
	{"mapping-empty", diag.Warning, "a mapping has no transformDefinition: its attribute is not mapped"},
	{"name-missing", diag.Error, "an object has no name"},
	{"next-processing-form", diag.Warning, "a value of nextProcessing has a form that is not processed"},
	{"object-duplicate", diag.Warning, "an object is defined twice; the later definition counts"},
	{"phone-not-e164", diag.Info, "workPhone is mapped without the e164phone transform"},
	{"priority-mirror", diag.Warning, "the priority that a source records is not that of its profile"},
	{"priority-range", diag.Warning, "the priority of a profile is zero or negative"},
	{"priority-tie", diag.Warning, "two profiles have one priority; the older one comes first"},
	{"profile-no-source", diag.Warning, "a profile has no authoritative source, so it has no members"},
	{"profile-source-taken", diag.Error, "two profiles have one authoritative source"},
	{"reference-cycle", diag.Error, "transforms refer to each other in a circle"},
	{"reference-no-id", diag.Error, "a reference names no transform; it is evaluated as its bare input"},
	{"reference-unknown", diag.Error, "a reference names a transform that is not there"},
	{"refresh-missing", diag.Warning, "a transform depends on the time and does not ask for the periodic refresh"},
	{"removal-skipped", diag.Warning, "rows of a source were refused, so its missing accounts are not removed"},
	{"required-unmapped", diag.Error, "a profile does not map uid, email or lastname"},
	{"rule-failed", diag.Warning, "a correlation rule raises; the mapping or the criteria decide"},
	{"rule-result", diag.Warning, "a correlation rule returns something else than the attribute and the value to search by; it counts as no result"},
	{"rule-unknown", diag.Warning, "a rule has no stub; it raises when it is evaluated"},
	{"rule-unused", diag.Info, "an expression of the settings stands for a rule that no object refers to"},
	{"schema-source-unknown", diag.Warning, "an account schema in a file of its own belongs to no source"},
	{"searchable-limit", diag.Warning, "more identity attributes are searchable than a tenant is said to take"},
	{"settings-unknown", diag.Warning, "the settings have a field that does not exist"},
	{"settings-value", diag.Error, "a setting has a value that cannot be used"},
	{"shape-unknown", diag.Info, "JSON of no known shape; it is kept and not evaluated"},
	{"source-authoritative", diag.Warning, "a source is authoritative, and no profile reads it: its accounts make no identities"},
	{"source-implied", diag.Info, "no file describes a source that a profile or an account file names"},
	{"source-mismatch", diag.Warning, "the names and ids by which a mapping names a source mean different ones"},
	{"source-unknown", diag.Error, "there is no source of that name or id"},
	{"source-without-criteria", diag.Warning, "a source that no profile reads has neither criteria nor a rule: accounts find their identities by name only"},
	{"text-limit", diag.Error, "values hold more text than one value, or one identity, may keep; their attributes have an error"},
	{"text-limit-run", diag.Error, "the attributes of all identities hold more text than a run may keep; the run ends"},
	{"uid-change", diag.Warning, "the uid of an identity changes"},
	{"uid-space", diag.Warning, "the uid has blanks around it"},
	{"username-chars", diag.Warning, "the uid has characters that may keep somebody from signing in"},
	{"value-type", diag.Warning, "accounts have values of another type than the schema says; the text is used"},
}

// AssumptionCode describes a code of assumptions, see [diag.Assumption].
type AssumptionCode struct{ Code, Meaning string }

// Assumptions returns the codes of what loading and running take for granted, in
// alphabetical order. Those of reading account files are in package feed.
func Assumptions() []AssumptionCode { return slices.Clone(assumptionCodes) }

var assumptionCodes = []AssumptionCode{
	{"attributes-unmapped", "a profile does not map identity attributes that the catalogue or another profile has"},
	{"default-taken", "what stands nowhere is taken as the platform takes it; one for each kind of default"},
	{"file-as-only", "the only account file is that of the only source"},
	{"file-by-name", "an account file is found by the source's name inside its own"},
	{"file-list", "an account list serves the sources that have no file of their own"},
	{"file-unused", "a file that may hold accounts is of no source, or of one that has another"},
	{"joined-as-only", "an object in a file of its own belongs to the only source or profile that lacks it"},
	{"joined-by-folder", "an object in a file of its own belongs to the source or profile that its folder or file is named for"},
	{"object-unused", "objects of that kind are kept and take no part in a run"},
	{"states-missing", "a mapping gives lifecycle states that the profile does not have; they count as not valid"},
	{"transform-ready-made", "a transform that no file holds is the one that every tenant has"},
}

// strictCodes are findings that a strict load takes for errors: what a tolerant
// load mends, leaves out or decides.
var strictCodes = []string{
	"config-empty", "correlation-source-unknown", "json-utf8", "lifecycle-profile-unknown", "object-duplicate", "priority-range", "priority-tie",
	"profile-no-source", "settings-unknown", "shape-unknown",
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
