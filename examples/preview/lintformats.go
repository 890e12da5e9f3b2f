package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
)

// The parts of SARIF 2.1.0 that findings need.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string     `json:"id"`
		ShortDescription     sarifText  `json:"shortDescription"`
		FullDescription      *sarifText `json:"fullDescription,omitempty"`
		Help                 sarifText  `json:"help"`
		HelpURI              string     `json:"helpUri"`
		DefaultConfiguration sarifLevel `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations,omitempty"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// sarifOf returns findings as SARIF 2.1.0. Suppressed ones are in it with their reasons,
// so that who reads it can tell them from what is mended.
func sarifOf(found diag.List, suppressed []config.Suppressed) sarifLog {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}, Tool: sarifTool{sarifDriver{
		Name: "preview", Version: versionName(), InformationURI: "https://github.com/idprofile/engine",
		Rules: []sarifRule{}}}}
	index := map[diag.Code]int{}
	add := func(d diag.Diagnostic, suppressions []sarifSuppression) {
		// Results refer to rules by their number: a rule is listed once, where it is first broken.
		at, ok := index[d.Code]
		if !ok {
			at = len(run.Tool.Driver.Rules)
			index[d.Code] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(d))
		}

		run.Results = append(run.Results, sarifResult{RuleID: string(d.Code), RuleIndex: at,
			Level:   sarifSeverity(d.Severity),
			Message: sarifText{Text: messageOf(d)}, Locations: sarifLocations(d), Suppressions: suppressions})
	}

	for _, d := range found {
		add(d, nil)
	}
	for _, s := range suppressed {
		add(s.Diagnostic, []sarifSuppression{{Kind: "external", Justification: s.By.Reason}})
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}}
}

// sarifRuleOf is the page of the code of a finding.
func sarifRuleOf(d diag.Diagnostic) sarifRule {
	page, err := codeOf(string(d.Code))
	if err != nil { // a test holds that each code has one; a program may have codes of its own
		page = diag.Page{Code: d.Code, Severity: d.Severity, Meaning: string(d.Code)}
	}
	r := sarifRule{ID: string(page.Code), ShortDescription: sarifText{Text: page.Meaning},
		HelpURI:              string(findingsPage + "#" + page.Code),
		Help:                 sarifText{Text: plainPage(page), Markdown: page.Markdown()},
		DefaultConfiguration: sarifLevel{sarifSeverity(page.Severity)}}
	if page.Why != "" {
		r.FullDescription = &sarifText{Text: unwrapped(page.Why)}
	}
	return r
}

// plainPage is a page as plain text.
func plainPage(c diag.Page) string {
	parts := []string{c.Meaning}
	for _, p := range [][2]string{{"", unwrapped(c.Why)}, {"Wrong:\n", c.Wrong}, {"Right:\n", c.Right},
		{"Switch it off:\n", off(c.Code)}} {
		if p[1] != "" {
			parts = append(parts, p[0]+p[1])
		}
	}

	return strings.Join(parts, "\n\n")
}

func sarifSeverity(s diag.Severity) string {
	if s == diag.Info {
		return "note"
	}
	return s.String()
}

func sarifLocations(d diag.Diagnostic) []sarifLocation {
	var at sarifLocation
	if d.Pos.File != "" {
		at.Physical = &sarifPhysical{Artifact: sarifArtifact{fileURI(d.Pos.File)}}
		if d.Pos.Line > 0 {
			at.Physical.Region = &sarifRegion{d.Pos.Line, max(d.Pos.Column, 1)}
		}
	}

	if len(d.Path) > 0 {
		at.Logical = []sarifLogical{{d.Path.String()}}
	}
	if at.Physical == nil && at.Logical == nil {
		return nil
	}
	return []sarifLocation{at}
}

// fileURI is a path as a URI: relative ones stay so, which is below the root of the
// repository where a pipeline runs.
func fileURI(file string) string {
	if filepath.IsAbs(file) {
		return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(file), "/")}).String()
	}
	return (&url.URL{Path: strings.TrimPrefix(filepath.ToSlash(file), "./")}).String()
}

// messageOf is a finding without severity, code and place.
func messageOf(d diag.Diagnostic) string {
	d.Pos = diag.Pos{}
	return line(d)
}

// writeAnnotations writes findings as commands of GitHub's workflow log, which shows them
// beside the lines of a pull request.
func writeAnnotations(w io.Writer, found diag.List) error {
	// The log takes a line for a command, in which colons and commas end a property but not the
	// message.
	value := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, d := range found {
		kind := d.Severity.String()
		if d.Severity == diag.Info {
			kind = "notice"
		}
		var at []string
		if d.Pos.File != "" {
			at = append(at, "file="+property.Replace(strings.TrimPrefix(d.Pos.File, "./")))
			if d.Pos.Line > 0 {
				at = append(at, fmt.Sprintf("line=%d,col=%d", d.Pos.Line, max(d.Pos.Column, 1)))
			}
		}

		at = append(at, "title="+property.Replace(string(d.Code)))
		if _, err := report.Fprintf(w, "::%s %s::%s\n", report.Raw(kind), report.Raw(strings.Join(at, ",")),
			value.Replace(messageOf(d))); err != nil {
			return err
		}
	}

	return nil
}

// The parts of JUnit's report that findings need.
type (
	lintSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Suites   []lintSuite `xml:"testsuite"`
	}
	lintSuite struct {
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Cases    []lintResult `xml:"testcase"`
	}
	lintResult struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"`
		Failure *lintReason `xml:"failure"`
		Skipped *lintReason `xml:"skipped"`
	}
	lintReason struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// writeLintJUnit writes findings as a report of tests: one suite a file, one case a
// finding, which fails where the command does, and is skipped else. Without findings there is
// one case that passes, since an empty report is an error for many who read it.
func (c *lintCommand) writeLintJUnit(w io.Writer, found diag.List) error {
	out := lintSuites{}
	for _, d := range found {
		// Findings come sorted by place, but those without a file may stand anywhere.
		at := slices.IndexFunc(out.Suites, func(s lintSuite) bool { return s.Name == d.Pos.File })
		if at < 0 {
			at = len(out.Suites)
			out.Suites = append(out.Suites, lintSuite{Name: d.Pos.File})
		}

		s := &out.Suites[at]
		place := d.Pos
		place.File = ""
		result := lintResult{Name: strings.TrimSpace(string(d.Code) + " " + place.String()), Class: d.Pos.File}
		reason := &lintReason{Message: messageOf(d), Type: d.Severity.String()}
		if c.fails(diag.List{d}) {
			result.Failure, reason.Text = reason, d.String()
			s.Failures++
			out.Failures++
		} else {
			result.Skipped, reason.Type = reason, ""
			s.Skipped++
		}

		s.Tests++
		out.Tests++
		s.Cases = append(s.Cases, result)
	}

	if out.Tests == 0 {
		out.Tests = 1
		out.Suites = []lintSuite{{Name: "lint", Tests: 1, Cases: []lintResult{{Name: "lint", Class: "lint"}}}}
	}

	src, err := xml.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, src)
	return err
}
