// Package pipeline tests what pipelines and editors get of the preview command with the
// programs of others: SARIF against its public schema, the schemas of files with the JSON
// language service of VS Code, the action and the hooks by running what they run, and the
// builds of a release.
//
//	npm ci --prefix editor && go test . -v
//
//	go test . -run Release -release -timeout 60m -v   all platforms of a release, twice
//
// The test of the schemas is skipped where the language service is not installed, and fails
// then with IDPROFILE_EDITOR=1.
package pipeline
