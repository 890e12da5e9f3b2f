package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
	"github.com/idprofile/engine/transform/rule"
)

// findingsPage is where the repository shows all codes.
const findingsPage = "https://github.com/idprofile/engine/blob/main/transform/findings.md"

// codes are the pages of all codes, in alphabetical order.
func codes() []diag.Page {
	var assumed []diag.Page
	for _, a := range config.Assumptions() {
		assumed = append(assumed, diag.Page{Code: a.Code, Meaning: a.Meaning,
			Why: "It is no fault: a run says what it took for granted, see Assumptions in what it prints."})
	}

	return diag.MergePages(jsondoc.Findings(), transform.Findings(), builtin.Findings(), rule.Findings(),
		correlate.Findings(),
		linkage.Findings(), config.Findings(), profiletest.Findings(), assumed)
}

// codeOf returns the page of a code.
func codeOf(code string) (diag.Page, error) {
	all := codes()
	i, found := slices.BinarySearchFunc(all, code, func(c diag.Page, code string) int {
		return cmp.Compare(string(c.Code), code)
	})
	if found {
		return all[i], nil
	}
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = string(c.Code)
	}
	hint := ""
	if near := diag.Suggest(code, names); near != "" {
		hint = ", " + near
	}
	return diag.Page{}, fmt.Errorf("there is no code %q%s (lint --explain all lists them)", code, hint)
}

// codePage is a page as JSON.
type codePage struct {
	Code     diag.Code     `json:"code"`
	Severity diag.Severity `json:"severity"`
	Meaning  string        `json:"meaning"`
	Why      string        `json:"why,omitempty"`
	Wrong    string        `json:"wrong,omitempty"`
	Right    string        `json:"right,omitempty"`
	Off      string        `json:"off"`
}

// explain prints the page of a code, or the list of all.
func (c *lintCommand) explain(a *app) error {
	if c.Explain == "all" {
		for _, code := range codes() {
			report.Fprintf(a.out, "%-32s %-8s %s\n", code.Code, code.Severity.String(), code.Meaning)
		}
		return nil
	}

	// Codes are searched with hints, since they are typed by hand.
	code, err := codeOf(c.Explain)
	if err != nil {
		return err
	}
	if c.asJSON() {
		return writeJSON(a.out, codePage{Code: code.Code, Severity: code.Severity, Meaning: code.Meaning,
			Why: unwrapped(code.Why), Wrong: code.Wrong, Right: code.Right, Off: off(code.Code)})
	}

	report.Fprintf(a.out, "%s (%s)\n%s\n", report.Raw(a.style().As(report.Heading, string(code.Code))),
		report.Raw(a.severity(code.Severity)), code.Meaning)

	// Texts of the catalogue are wrapped already; examples keep their lines.
	part := func(head, text string) {
		if text == "" {
			return
		}
		report.Fprintf(a.out, "\n%s\n", report.Raw(a.style().As(report.Heading, head)))
		for line := range strings.SplitSeq(text, "\n") {
			report.Fprintf(a.out, "  %s\n", line)
		}
	}

	part("Why", unwrapped(code.Why))
	part("Wrong", code.Wrong)
	part("Right", code.Right)
	part("How to switch it off", off(code.Code))
	return nil
}

// unwrapped joins the lines of a paragraph; what shows it breaks it again.
func unwrapped(text string) string { return strings.ReplaceAll(text, "\n", " ") }

// off says how a code is switched off.
func off(code diag.Code) string {
	return `in idprofile.json, for an object, a file or a folder, and with a reason:
{"suppress": [{"code": "` + string(code) + `", "object": "NAME", "reason": "why it is right here"}]}
or beside the file, in FILE.lint.json, with the same list in it;
run, diff, correlate and the others count such findings and say no more of them`
}
