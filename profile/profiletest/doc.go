// Package profiletest tests transforms and mapping files: single transforms by
// vectors, whole configurations by test files beside them.
//
// A test file is named NAME_test.json; loaders of configuration pass over it. It
// holds cases of four kinds:
//
//	{"clock": "2026-01-15T09:00:00Z",
//	 "cases": [
//	  {"name": "an identity", "accounts": [{"source": "HR", "nativeIdentity": "1", "attributes": {"mail": "A@b"}}],
//	   "expect": {"attributes": {"email": "a@b", "phone": null}, "profile": "Employees", "exceptions": []}},
//	  {"name": "a transform", "transform": "Country Code", "rows": [{"input": "UK", "expect": "GB"}]},
//	  {"name": "many people", "csv": "people.csv", "accounts": [{"source": "HR", "nativeIdentity": "1"}]},
//	  {"name": "an account create profile", "policy": "Active Directory",
//	   "identity": {"attributes": {"lastname": "Lee"}}, "taken": ["alee"], "expect": {"fields": {"sn": "Lee"}}}
//	 ]}
//
// [Test] makes a subtest of every case, [Load] and [Suite.Run] serve programs,
// [NewCoverage] tells what of a configuration no test reaches, and [Mutate] what
// could be changed without a test noticing. A case is evaluated by the engine
// itself, over a population of the people that it names.
package profiletest
