package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// page is a page of the workbench with what shows that it is there.
type page struct{ name, path, selector string }

var pages = []page{
	{"overview", "/", ".chart svg"},
	{"people", "/people?q=walk", "table"},
	{"person", "/person/ID", ".attribute"},
	{"person-date", "/person/ID?at=2026-12-01", ".attribute"},
	{"editor", "/edit?key=transform%2FEmployee%20Email", ".cm-content"},
	{"correlation", "/correlation?source=Active%20Directory", "table"},
	{"account", "/correlation?source=Active%20Directory&account=CN%3Dlfontaine2%2COU%3DLeavers%2COU%3DPeople%2CDC%3Dacme%2CDC%3Dexample", "#account table"},
	{"lineage", "/lineage?at=IDENTITY_ATTRIBUTE%3A%3Aemail", ".graph svg"},
	{"data", "/data", "main h1"},
	{"tests", "/tests", "#tests .figures"},
	{"nowhere", "/nowhere", "main h1"},
}

// somebody is the id of a person that a search finds.
func somebody(b *browser, query string) string {
	b.t.Helper()
	return eval[string](b, fmt.Sprintf(`fetch("/api/people?q=%s", {headers: {Authorization: "Bearer " + localStorage.getItem("workbench-token")}}).then((r) => r.json()).then((a) => a.people[0].id)`, query))
}

// Every page is there, narrow and wide, light and dark; nothing complains, axe finds nothing serious.
func TestPages(t *testing.T) {
	s := serve(t, acme(t))
	b := open(t)
	b.visit(s, "/", ".chart svg")
	id := somebody(b, "swalker")
	for _, p := range pages {
		for _, width := range []int64{480, 1600} {
			for _, dark := range []bool{false, true} {
				scheme := map[bool]string{false: "light", true: "dark"}[dark]
				t.Run(fmt.Sprintf("%s/%d/%s", p.name, width, scheme), func(t *testing.T) {
					v := &browser{Context: b.Context, t: t}
					v.size(width, dark)
					v.visit(s, strings.Replace(p.path, "ID", id, 1), p.selector)
					v.wait(`!/Calculating|Running|Looking at every link|Reading/.test(document.querySelector("main").innerText)`)
					v.fits()
					v.accessible()
					v.shot(fmt.Sprintf("%s-%d-%s", p.name, width, scheme))
					if said := b.errors(); len(said) > 0 {
						t.Errorf("the page complains: %q", said)
					}
				})
			}
		}
	}
}

// Without a token nothing is shown; the printed address lets in, and its token leaves the address.
func TestToken(t *testing.T) {
	s := serve(t, acme(t))
	b := open(t)
	b.do(chromedp.Navigate(s.base+"/people"), visible(".banner.bad"))
	if text := eval[string](b, `document.querySelector("main").innerText`); !strings.Contains(text, "token") || strings.Contains(text, "@") {
		t.Errorf("without token the page shows %s", text)
	}
	b.visit(s, "/people?q=walker", "table")
	if at := eval[string](b, `location.href`); strings.Contains(at, s.token) || !strings.Contains(at, "q=walker") {
		t.Errorf("the address is %s", at)
	}
	b.do(chromedp.Navigate(s.base+"/people?q=walker"), visible("table"))
}

// Markup in values is shown as text.
func TestMarkup(t *testing.T) {
	dir := acme(t)
	write(t, dir, "accounts/HR.csv", "employeeNumber,login,givenName,familyName\n1,x,\"<img src=x onerror=document.title='owned'>\",\"</script><b>bold\x1b[31m\"\n")
	s := serve(t, dir)
	b := open(t)
	b.visit(s, "/people?profile=Employees", "table")
	if got := eval[string](b, `document.querySelectorAll("main td img, main td b").length + document.title`); got != "0People · Workbench" {
		t.Errorf("got %q", got)
	}
	if said := b.errors(); len(said) > 0 {
		t.Errorf("the page complains: %q", said)
	}
}

// A folder that cannot be read says so, and is shown when it was mended.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "tenant.json", "{ broken")
	s := serve(t, dir)
	b := open(t)
	b.size(1600, false)
	b.visit(s, "/", ".banner.bad")
	if text := eval[string](b, `document.querySelector("main").innerText`); !strings.Contains(text, "tenant.json:1") {
		t.Errorf("the page shows %s", text)
	}
	b.accessible()
	b.shot("unreadable-1600-light")
	write(t, dir, "tenant.json", `[{"name":"HR"},{"name":"P","authoritativeSource":{"name":"HR"},"identityAttributeConfig":{"attributeTransforms":[]}}]`)
	write(t, dir, "accounts/HR.csv", "id\n1\n")
	b.do(click("main button"), visible(".chart svg"))
}
