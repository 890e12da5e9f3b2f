package builtin_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/cputime"
)

// byHand is what each of the works does, written in Go with the standard library
// (and the modules that everybody takes where it has nothing). The account and the
// identity are maps of texts, as programs have them that read CSV or JSON.
func byHand() map[string]func(in string) string {
	account := map[string]string{"givenName": "María", "familyName": "Lee", "hired": "2020-03-01T00:00:00Z"}
	attributes := map[string]string{"email": "ann.lee", "manager": "ann.lee"}
	identities := map[string]map[string]string{"ann.lee": attributes}
	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	tables := newM34Tables()
	tables.alpha3["türkiye"], tables.alpha3["us"], tables.alpha3["gbr"] = "TUR", "USA", "GBR"
	regions := map[string]string{"US": "AMER", "CA": "AMER", "FR": "EMEA", "DE": "EMEA"}
	letters, dashes, blanks, senior := regexp.MustCompile("[^a-zA-Z]"), regexp.MustCompile("-"), regexp.MustCompile(`\s+`), regexp.MustCompile(`Sr\.`)
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(n int, of string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = of[random.IntN(len(of))]
		}
		return string(b)
	}
	format := func(in, from, to string) string {
		t, err := time.Parse(from, in)
		if err != nil {
			return ""
		}
		return t.Format(to)
	}
	position := func(s string, at int) string { // in characters, which is what is asked for
		if at < 0 {
			return "-1"
		}
		return fmt.Sprint(utf8.RuneCountInString(s[:at]))
	}
	taken := map[string]bool{"bob": true}
	rules := map[string]func(args map[string]string, in string) string{"Theirs": func(_ map[string]string, in string) string { return in }}

	return map[string]func(string) string{
		"accountAttribute": func(string) string { return account["givenName"] },
		"base64Decode": func(s string) string {
			b, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				return ""
			}
			return string(b)
		},
		"base64Encode": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"concat":       func(string) string { return account["familyName"] + ", " + account["givenName"] },
		"conditional": func(string) string {
			if account["familyName"] == "Lee" {
				return "yes"
			}
			return "no"
		},
		"dateCompare": func(string) string {
			t, err := time.Parse(time.RFC3339, account["hired"])
			if err == nil && t.Before(now) {
				return "active"
			}
			return "prehire"
		},
		"dateFormat": func(s string) string { return format(s, "1/2/2006", "2006-01-02") },
		"dateMath": func(s string) string {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return ""
			}
			return t.UTC().AddDate(0, 1, -1).Truncate(24 * time.Hour).Format("2006-01-02T15:04Z")
		},
		"decomposeDiacriticalMarks": m34Plain,
		"displayName":               func(string) string { return attributes["email"] + " " + attributes["manager"] },
		"e164phone":                 func(s string) string { return m34E164(s, "US") },
		"firstValid":                func(string) string { return first(attributes["none"], account["givenName"], "none") },
		"identityAttribute":         func(string) string { return attributes["email"] },
		"indexOf":                   func(s string) string { return position(s, strings.Index(s, "@")) },
		"iso3166":                   func(s string) string { return tables.alpha3[strings.ToLower(s)] },
		"join":                      func(string) string { return strings.Join([]string{account["givenName"], account["familyName"]}, "-") },
		"lastIndexOf":               func(s string) string { return position(s, strings.LastIndex(s, ".")) },
		"leftPad":                   func(s string) string { return strings.Repeat("0", max(0, 8-utf8.RuneCountInString(s))) + s },
		"lookup": func(s string) string {
			if region, ok := regions[s]; ok {
				return region
			}
			return "APAC"
		},
		"lower":              strings.ToLower,
		"normalizeNames":     normalized,
		"randomAlphaNumeric": func(string) string { return draw(8, alphanumeric) },
		"randomNumeric":      func(string) string { return draw(4, "0123456789") },
		"reference":          strings.TrimSpace,
		"replace":            func(s string) string { return letters.ReplaceAllString(s, "") },
		"replaceAll": func(s string) string {
			return senior.ReplaceAllString(blanks.ReplaceAllString(dashes.ReplaceAllString(s, ""), " "), "Senior")
		},
		"rfc5646":                   func(s string) string { return tables.languages[strings.ToLower(s)] },
		"rightPad":                  func(s string) string { return s + strings.Repeat("x", max(0, 6-utf8.RuneCountInString(s))) },
		"rule":                      func(s string) string { return rules["Theirs"](map[string]string{}, s) },
		"rule getEndOfString":       func(s string) string { r := []rune(s); return string(r[len(r)-2:]) },
		"rule generateRandomString": func(string) string { return draw(12, alphanumeric) },
		"rule getReferenceIdentityAttribute": func(string) string {
			return identities[attributes["manager"]]["email"]
		},
		"split":     func(s string) string { return strings.Split(s, "@")[1] },
		"static":    func(string) string { return account["givenName"] + "." + account["familyName"] + "@example.com" },
		"substring": func(s string) string { return string([]rune(s)[0:1]) },
		"trim":      strings.TrimSpace,
		"upper":     upperText,
		"usernameGenerator": func(string) string {
			name := attributes["email"] + "." + attributes["email"]
			for n := 1; taken[name]; n++ {
				name = fmt.Sprint(attributes["email"], ".", attributes["email"], n)
			}
			return name
		},
		"uuid": func(string) string {
			var b [16]byte
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
			s := hex.EncodeToString(b[:])
			return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
		},
	}
}

// handResult keeps what is computed by hand.
var handResult string

// attributes is at least how often an operation is evaluated for a person before the
// next one is taken up.
const attributes = 8

// BenchmarkOperationsByHand prints, for each operation, its processor time against
// the same written by hand: medians of interleaved rounds. A person is taken up for
// every eight evaluations or a few more, as in a small mapping set.
func BenchmarkOperationsByHand(b *testing.B) {
	hand := byHand()
	var all []float64
	for i := range works {
		w := &works[i]
		b.Run(w.operation, func(b *testing.B) {
			inputs := w.inputs
			if len(inputs) == 0 {
				inputs = []string{""}
			}
			for len(inputs) < attributes {
				inputs = append(inputs, inputs...)
			}
			engine := w.evaluate(b, len(inputs))
			f := hand[w.operation]
			var ratios []float64
			for b.Loop() {
				for range 11 {
					const passes = 4000
					took := cputime.Of(func() {
						for range passes {
							for _, in := range inputs {
								handResult = f(in)
							}
						}
					})
					ours := cputime.Of(func() {
						for range passes {
							engine()
						}
					})
					ratios = append(ratios, float64(ours)/float64(max(1, took)))
				}
			}
			slices.Sort(ratios)
			all = append(all, ratios[len(ratios)/2])
			b.ReportMetric(ratios[len(ratios)/2], "of-hand-written")
			b.ReportMetric(0, "ns/op")
		})
	}
	slices.Sort(all)
	if len(all) > 0 {
		b.Logf("median %.2f, greatest %.2f of %d operations", all[len(all)/2], all[len(all)-1], len(all))
	}
}
