package config

import (
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/builtin"
)

// Shapes of configuration objects: the vendor's names of SP-Config where it has
// one.
const (
	shapeProfile     = "IDENTITY_PROFILE"
	shapeSource      = "SOURCE"
	shapeTransform   = "TRANSFORM"
	shapeRule        = "RULE"
	shapeState       = "LIFECYCLE_STATE"
	shapeCorrelation = "CORRELATION_CONFIG"
	shapeCatalogue   = "IDENTITY_OBJECT_CONFIG"
	shapeAttribute   = "IDENTITY_ATTRIBUTE"
	shapeSchema      = "SCHEMA"
	shapePolicy      = "PROVISIONING_POLICY"
	shapeField       = "PROVISIONING_POLICY_FIELD"
	shapeMachine     = "MACHINE_ACCOUNT_MAPPING"
	shapeAccount     = "ACCOUNT"
)

// shapeAlias are other names of the shapes, as the type of an entry {self, object}.
var shapeAlias = map[string]string{
	"ACCOUNT_CORRELATION_CONFIG": shapeCorrelation,
	"CONNECTOR_SCHEMA":           shapeSchema,
	"ACCOUNT_SCHEMA":             shapeSchema,
	"PROVISIONING_POLICIES":      shapePolicy,
	"ACCOUNT_CREATE_PROFILE":     shapePolicy,
}

// shapeIs is one way to tell an object by its own members.
type shapeIs struct {
	shape string
	is    func(*jsondoc.Node) bool
}

// shapes are asked in this order; the first that says yes decides. What is told
// by members that nothing else has comes first; a transform, which has few
// members of its own, comes late.
var shapes = []shapeIs{
	{shapeProfile, func(n *jsondoc.Node) bool {
		return hasAny(n, "identityAttributeConfig", "attributeConfig") || hasAll(n, "authoritativeSource", "name")
	}},
	{shapeCorrelation, func(n *jsondoc.Node) bool { return hasAny(n, "attributeAssignments") }},
	{"TASK_RESULT", func(n *jsondoc.Node) bool {
		return hasAny(n, "completionStatus", "taskDefinitionSummary") || hasAll(n, "launcher", "launched")
	}},
	{shapeAccount, func(n *jsondoc.Node) bool {
		return hasAny(n, "nativeIdentity") && hasAny(n, "sourceId", "sourceName", "attributes", "identityId")
	}},
	{"IDENTITY", isIdentity},
	{shapeSource, func(n *jsondoc.Node) bool {
		return hasAny(n, "connector", "connectorScriptName", "connectorAttributes", "connectorName",
			"accountCorrelationConfig", "correlationConfigDetails", "managerCorrelationMapping") ||
			hasAny(n, "schemas", "provisioningPolicies") && hasAny(n, "name")
	}},
	{shapeSchema, func(n *jsondoc.Node) bool {
		return hasAny(n, "nativeObjectType", "identityAttribute", "displayAttribute") && isList(n.Get("attributes"))
	}},
	{shapePolicy, func(n *jsondoc.Node) bool {
		return isList(n.Get("fields")) && (hasAny(n, "usageType") ||
			slices.ContainsFunc(n.Get("fields").Items(), isField))
	}},
	{shapeState, func(n *jsondoc.Node) bool {
		return hasAny(n, "technicalName") && hasAny(n, "accountActions", "enabled", "identityProfileRef",
			"accountActionRefs",
			"identityState", "emailNotificationOption", "accessProfileIds", "identityProfile", "identityProfileId")
	}},
	{shapeRule, func(n *jsondoc.Node) bool { return hasAny(n, "sourceCode") }},
	{shapeField, isField},
	{shapeMachine, func(n *jsondoc.Node) bool { return hasAll(n, "target", "transformDefinition") }},
	{shapeCatalogue, func(n *jsondoc.Node) bool {
		items := n.Get("attributes").Items()
		return len(items) > 0 && !slices.ContainsFunc(items, func(a *jsondoc.Node) bool { return !isAttribute(a) })
	}},
	{"ATTR_SYNC_SOURCE_CONFIG", func(n *jsondoc.Node) bool {
		return hasAny(n, "source") && isList(n.Get("attributes"))
	}},
	{shapeAttribute, isAttribute},
	{shapeReference, isReference},
	{shapeTransform, isTransform},
	{"WORKFLOW", func(n *jsondoc.Node) bool { return hasAll(n, "definition", "trigger") }},
	{"ACCESS_PROFILE", func(n *jsondoc.Node) bool {
		return hasAll(n, "name", "source") && hasAny(n, "entitlements") && !hasAny(n, "membership", "accessProfiles")
	}},
	{"ROLE", func(n *jsondoc.Node) bool {
		return hasAny(n, "name") && hasAny(n, "membership", "accessProfiles", "entitlements")
	}},
}

// shapeReference is a mere pointer at an object.
const shapeReference = "REFERENCE"

// shapeOf tells which object a bare JSON object is, by all its members; empty
// for one that is not known.
func shapeOf(n *jsondoc.Node) string {
	for _, s := range shapes {
		if s.is(n) {
			return s.shape
		}
	}

	return ""
}

// evaluated reports whether objects of the shape count for what the engine does.
func evaluated(shape string) bool {
	switch shape {
	case shapeProfile, shapeSource, shapeTransform, shapeRule, shapeState, shapeCorrelation, shapeCatalogue,
		shapeAttribute, shapeSchema, shapePolicy, shapeField, shapeMachine, shapeAccount:
		return true
	}

	return false
}

func hasAny(n *jsondoc.Node, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return n.Get(key) != nil })
}

func hasAll(n *jsondoc.Node, keys ...string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return n.Get(key) == nil })
}

func isList(n *jsondoc.Node) bool { return n.Kind() == jsondoc.Array }

// isIdentity knows identities of the API and of a search.
func isIdentity(n *jsondoc.Node) bool {
	if hasAny(n, "identityStatus", "processingState", "emailAddress", "identityProfile") && hasAny(n, "name", "alias") {
		return !hasAny(n, "technicalName")
	}
	kind := n.Get("_type").Text()
	return kind == "identity" || n.Get("type").Text() == "identity"
}

// isAttribute knows an entry of the catalogue of identity attributes.
func isAttribute(n *jsondoc.Node) bool {
	return hasAny(n, "name") && (hasAny(n, "searchable") || hasAll(n, "standard", "system"))
}

// isField knows a field of an account create profile.
func isField(n *jsondoc.Node) bool {
	return hasAny(n, "name") && hasAny(n, "isRequired", "isMultiValued", "transform") &&
		!hasAny(n, "isEntitlement", "isMulti")
}

// referenceTypes are the types that a pointer at an object of a tenant has.
var referenceTypes = []string{
	"ACCESS_PROFILE", "ACCOUNT", "ACCOUNT_CORRELATION_CONFIG", "APPLICATION", "CAMPAIGN", "CAMPAIGN_FILTER",
	"CERTIFICATION",
	"CLUSTER", "CONNECTOR_SCHEMA", "ENTITLEMENT", "GOVERNANCE_GROUP", "IDENTITY", "IDENTITY_PROFILE", "LIFECYCLE_STATE",
	"MACHINE_IDENTITY", "PASSWORD_POLICY", "REPORT_RESULT", "ROLE", "RULE", "SOD_POLICY", "SOURCE",
	"TAG", "TASK_RESULT", "TRANSFORM", "WORKGROUP",
}

// isReference knows a pointer at another object: {type, id, name} and no more.
func isReference(n *jsondoc.Node) bool {
	for _, m := range n.Members() {
		if m.Key != "type" && m.Key != "id" && m.Key != "name" {
			return false
		}
	}

	return slices.Contains(referenceTypes, n.Get("type").Text())
}

// operations are the names of the operations of a tenant.
var operations = sync.OnceValue(func() []string { return builtin.Library().Types() })

// transformKeys are the members of a stored transform.
var transformKeys = []string{
	"id", "name", "type", "attributes", "internal", "created", "modified", "description",
	"requiresPeriodicRefresh", "$schema",
}

// foreignTypes are values of "type" beside "attributes" that other documents of
// a tenant have: those of a search, and of workflows.
var foreignTypes = []string{
	"access", "accessprofile", "account", "accountactivity", "aggregation", "entitlement", "event", "identity", "role",
	"EVENT", "EXTERNAL", "SCHEDULED",
}

// isTransform judges an object by all of it: an operation that a tenant has makes
// it a transform whatever else it holds, an unknown one does when nothing stands
// in it that transforms do not have, or when it is spelled nearly like one.
func isTransform(n *jsondoc.Node) bool {
	typ, ok := n.Get("type").Str()
	if !ok {
		return false
	}

	near := diag.Near(typ, operations())
	if strings.EqualFold(near, typ) {
		return true
	}
	if slices.Contains(foreignTypes, typ) {
		return false
	}
	has := n.Get("attributes").Kind() == jsondoc.Object
	foreign := slices.ContainsFunc(n.Members(),
		func(m jsondoc.Member) bool { return !slices.Contains(transformKeys, m.Key) })
	return near != "" && (has || !foreign) || has && !foreign
}
