package profiletest

import (
	"encoding/xml"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	File     string      `xml:"file,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	File      string        `xml:"file,attr"`
	Line      int           `xml:"line,attr"`
	Failure   *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes the report in the XML form that continuous integration
// systems read: a test suite for every file, one failure element for a case that
// fails, with all that the text report says. Folder is put before file names.
func (r *Report) WriteJUnit(w io.Writer, folder string) error {
	out := junitSuites{Name: "profiletest", Tests: len(r.Cases), Failures: r.Failed}
	var total time.Duration
	index := map[string]int{}
	times := []time.Duration{}

	// Cases of a file follow each other, and each file is one suite.
	for i := range r.Cases {
		c := &r.Cases[i]
		k, ok := index[c.File]
		if !ok {
			k = len(out.Suites)
			index[c.File] = k
			file := path.Join(folder, c.File)
			out.Suites = append(out.Suites, junitSuite{Name: clean(strings.TrimSuffix(c.File, Suffix)),
				File: clean(file)})
			times = append(times, 0)
		}

		s := &out.Suites[k]
		s.Cases = append(s.Cases, junitCaseOf(c, s, folder))
		if s.Tests++; len(c.Failures) > 0 {
			s.Failures++
		}
		times[k] += c.Time
		s.Time = seconds(times[k])
		total += c.Time
	}

	out.Time = seconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitCaseOf(c *CaseResult, s *junitSuite, folder string) junitCase {
	out := junitCase{Name: clean(c.Name), ClassName: s.Name, Time: seconds(c.Time), File: s.File, Line: c.Pos.Line}
	if len(c.Failures) == 0 {
		return out
	}
	var b strings.Builder
	for i := range c.Failures {
		c.Failures[i].write(&b, TextOptions{Folder: folder})
	}
	f := &c.Failures[0]
	out.Failure = &junitFailure{Message: clean(fmt.Sprintf("%s: want %s, got %s", f.What, f.Want, f.Got)),
		Type: "expectation", Text: clean("\n" + b.String())}
	return out
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }

// clean replaces what XML cannot hold.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		}

		return utf8.RuneError
	}, s)
}
