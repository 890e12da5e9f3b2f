package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// members are the names that objects of a shape may have: those of the API in
// all its versions, of SP-Config files and of exports of older tenants. A name
// inside leads to the members of what stands there, itself or each item of it.
type members struct {
	names  []string
	inside map[string]*members
}

// common are members of nearly every object of the API.
var common = []string{"id", "name", "created", "modified", "description", "$schema"}

var (
	mappingMembers = &members{names: []string{"enabled", "attributeTransforms"}, inside: map[string]*members{
		"attributeTransforms": {names: []string{"identityAttributeName", "transformDefinition"}},
	}}
	stateMembers = &members{
		names: append([]string{
			"technicalName", "enabled", "identityCount", "emailNotificationOption", "accountActions",
			"accessProfileIds", "identityState",
			"accessActionConfiguration", "priority", "identityProfileRef", "identityProfile", "identityProfileId",
			"accountActionRefs", "accessProfileRefs", "accessProfileIdsRefs", "externalId",
		}, common...),
		inside: map[string]*members{
			"accountActions": {names: []string{"action", "sourceIds", "excludeSourceIds", "allSources"}},
			"accountActionRefs": {names: []string{"action", "sourceIdsRefs", "excludeSourceIdsRefs", "sourceIds",
				"excludeSourceIds", "allSources"}},
			"emailNotificationOption": {names: []string{
				"notifyManagers", "notifyAllAdmins", "notifySpecificUsers", "emailAddressList"}},
		},
	}
	correlationMembers = &members{names: []string{"$schema", "id", "name", "attributeAssignments",
		"created", "modified",
		"rules", "source", "sourceId"},
		inside: map[string]*members{"attributeAssignments": {names: []string{
			"property", "value", "operation", "complex", "ignoreCase", "matchMode", "filterString"}}}}
	schemaMembers = &members{
		names: append([]string{
			"nativeObjectType", "identityAttribute", "displayAttribute", "hierarchyAttribute", "includePermissions",
			"features",
			"configuration", "attributes", "sourceId", "sourceName", "source", "config", "associationAttributes",
			"childHierarchy",
			"aggregationType", "descriptionAttribute", "creationRule", "customizationRule", "correlationRule",
			"refreshRule",
			"groupAttribute", "instanceAttribute", "objectType", "type", "permissionRemediationModificationType",
			"pseudoObjectType",
		}, common...),
		inside: map[string]*members{"attributes": {names: []string{
			"name", "type", "description", "schema", "isMulti", "isMultiValued", "isEntitlement",
			"isGroup", "isManaged", "nativeName",
			"isRequired", "isCorrelationKey", "isIndexed", "internalName", "objectMapping", "source"}}},
	}
	policyMembers = &members{names: append([]string{"usageType", "fields", "sourceId", "sourceName", "source", "form"},
		common...),
		inside: map[string]*members{"fields": fieldMembers}}
	fieldMembers = &members{names: []string{
		"name", "transform", "attributes", "isRequired", "isMultiValued", "type", "value", "defaultValue",
		"displayName", "description",
		"helpKey", "section", "allowedValues", "dynamic", "isDisplayOnly", "isHidden", "isReadOnly", "rule", "script",
		"reviewRequired"}}
	attributeMembers = &members{names: append([]string{
		"displayName", "standard", "type", "multi", "searchable", "system", "sources", "input",
		"requiresPeriodicRefresh", "extendedNumber",
		"transforms", "namedColumn", "extended", "targets"}, common...)}
	profileMembers = &members{
		names: append([]string{
			"owner", "priority", "authoritativeSource", "identityRefreshRequired", "identityCount",
			"identityAttributeConfig",
			"identityExceptionReportReference", "hasTimeBasedAttr", "lifecycleStates", "configuredStates",
			"source", "dirtyFlag",
			"externalId", "status", "authType", "report", "attributeConfig", "sysAdminRemovalPeriod",
		}, common...),
		inside: map[string]*members{"identityAttributeConfig": mappingMembers, "lifecycleStates": stateMembers},
	}
	sourceMembers = &members{
		names: append([]string{
			"accountCorrelationConfig", "accountCorrelationRule", "accountsFile", "authoritative",
			"beforeProvisioningRule", "category",
			"cloudDisplayName", "cluster", "connectionType", "connector", "connectorAttributes", "connectorClass",
			"connectorFileUploadedDate",
			"connectorFiles", "connectorId", "connectorImplementationId", "connectorName", "connectorScriptName",
			"correlationConfigDetails",
			"credentialProviderEnabled", "crossTenantConnectorAttributes", "deleteThreshold", "features", "healthy",
			"isAuthoritative",
			"managementWorkgroup", "managerCorrelationMapping", "managerCorrelationRule", "owner", "passwordPolicies",
			"properties",
			"provisionAsCsv", "provisioningPolicies", "schemas", "since", "sourceAttrSyncConfig", "status", "type",
			"machineAccountMappings",
			"externalId", "version", "groupMembershipProfile",
		}, common...),
		inside: map[string]*members{
			"schemas": schemaMembers, "correlationConfigDetails": correlationMembers,
			"accountCorrelationConfig": {names: append(
				[]string{"type"}, correlationMembers.names...), inside: correlationMembers.inside},
			"provisioningPolicies": policyMembers,
			"managerCorrelationMapping": {names: []string{
				"accountAttributeName", "identityAttributeName", "accountAttribute", "identityAttribute"}},
		},
	}
)

// knownMembers are the members by shape. Transforms are not among them: their
// compiler knows what each operation takes.
var knownMembers = map[string]*members{
	shapeProfile: profileMembers, shapeSource: sourceMembers, shapeState: stateMembers,
	shapeCorrelation: correlationMembers,
	shapeSchema:      schemaMembers, shapePolicy: policyMembers, shapeField: fieldMembers,
	shapeAttribute: attributeMembers,
}

// Members returns the names of the members that objects of an SP-Config type may have, by
// where they stand: "" for the object itself, "schemas.attributes" for the items of the lists
// attributes in the list schemas.
func Members(shape string) map[string][]string {
	all := map[string][]string{}
	if known := knownMembers[shape]; known != nil {
		known.collect("", all)
	}
	return all
}

func (m *members) collect(at string, all map[string][]string) {
	all[at] = slices.Clone(m.names)
	for name, inner := range m.inside {
		inner.collect(strings.TrimPrefix(at+"."+name, "."), all)
	}
}

// checkMembers reports what an object has that its shape does not know. It is an
// information only: a tenant of tomorrow may have it, but a misspelled name is
// the way in which a setting does nothing, silently.
func (l *loader) checkMembers(o object) {
	known := knownMembers[o.shape]
	if o.shape == shapeProfile && o.node.Get("attributeConfig") != nil {
		return // the old shape has members that nobody lists
	}
	if known != nil {
		l.checkAgainst(o.node, known)
	}
}

func (l *loader) checkAgainst(n *jsondoc.Node, known *members) {
	for _, item := range n.Items() {
		l.checkAgainst(item, known)
	}

	// An unknown member is kept as it is: files go back to the tenant, which may know more than this program.
	for _, m := range n.Members() {
		if inner := known.inside[m.Key]; inner != nil {
			l.checkAgainst(m.Value, inner)
		}
		if slices.Contains(known.names, m.Key) {
			continue
		}
		hint := ""
		if near := diag.Near(m.Key, known.names); near != "" && n.Get(near) == nil {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		l.found.Add(diag.Diagnostic{Severity: diag.Info, Code: codeFieldUnknown, Pos: m.Pos(),
			Message: fmt.Sprintf("%q is not known here; it is kept and not used", m.Key), Hint: hint})
	}
}
