// Package transform evaluates the transforms of Identity Security Cloud: JSON
// trees of operations that turn account and identity data into the value of one
// attribute.
//
// The steps are
//
//	def, findings := transform.Parse("file.json", src)   // JSON with positions
//	unit, findings := lib.Link(options, items...)        // compiled, immutable, shared
//	scope := unit.NewScope(ctx, env)                     // memory of one goroutine
//	scope.Reset(subject, accounts)                       // once for each identity
//	value, err := unit.Programs()[0].Eval(scope, input)  // as often as there are attributes
//
// A [Library] is a list of operations; those of the platform are in the package
// builtin. An operation is one [Define]: a struct that lists its attributes, and
// a function that checks them and returns a [Node]. From the struct come the
// decoding with positions, the JSON Schema for editors ([Library.JSONSchema]) and
// the reference page ([Library.Markdown]).
//
// # Values
//
// Null is a normal value. The zero [identity.Value] is null. Values that programs
// return may point into the scope's memory until the next Reset.
//
// # Findings and errors
//
// What is wrong with a configuration is in the findings of [Library.Link] and
// [Library.Lint], all of it, with file, line and column; findings.md lists the
// codes. What is configured wrongly raises only where it is evaluated. An
// evaluation error is an [*Error] with the path to the failing node; tell causes
// apart with [errors.Is] and the Err variables.
//
// # How programs are made fast
//
// Subtrees that are the same for everybody are computed once, when they are
// compiled. An account attribute is looked for once for each subject, and equal
// subtrees that read only accounts are evaluated once. Subtrees that depend on one
// account attribute remember their results by its values, since countries,
// departments and dates repeat over a population, and so do templates with
// directives by the values of their variables. What an operation leaves as it was
// is not copied. None of that changes a value, an error or what is spent of the
// limits. [Options.Plain] switches it off; tests compare both.
//
// # Limits
//
// [Limits] are counted in steps and bytes, not in time: the same input always
// gives the same answer. Nothing here reads the clock, the environment or the
// network; whatever comes from outside is in [Env].
package transform
