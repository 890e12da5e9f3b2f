package nerm

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/idprofile/engine/identity/diag"
)

// ErrConfig is the error of [New] for a configuration with errors.
var ErrConfig = errors.New("NERM source configuration is not valid")

// Config describes a NERM source. JSON names are those of the product where it
// has them. A marshalled Config does not hold the API key.
//
// Source: DECISION N37 of identity/nonemployee.
type Config struct {
	Name                string `json:"name"`
	Description         string `json:"description,omitempty"`
	Owner               string `json:"owner"`
	ManagementWorkgroup string `json:"managementWorkgroup,omitempty"` // governance group; carried through

	APIKey        Secret `json:"apiKey"`
	TenantDomain  string `json:"tenantDomain"`       // https://tenant.nonemployee.com, or the host alone
	BasePath      string `json:"basePath,omitempty"` // empty: /api
	ProfileTypeID string `json:"profileTypeId"`      // UID (or id) of the profile type

	// Attributes are the custom attributes, by UID, after the default ones.
	Attributes []Attribute `json:"attributes,omitempty"`
	// Schedule says when to aggregate. The source itself starts nothing.
	Schedule *Schedule `json:"schedule,omitempty"`

	// AllowHTTP permits an http URL to a host other than this machine.
	AllowHTTP bool `json:"allowHttp,omitempty"`
	// AllowNonPerson turns the error for an authoritative source of a
	// non-person profile type into a warning.
	AllowNonPerson bool `json:"allowNonPerson,omitempty"`
}

// Check reports every problem of the configuration at once. No finding contains
// the API key.
func (c *Config) Check() diag.List {
	var list diag.List
	c.required(&list, "name", c.Name)
	c.required(&list, "owner", c.Owner)
	c.checkKey(&list)
	if _, problem := parseTenant(c.TenantDomain, c.AllowHTTP); problem != nil {
		c.add(&list, diag.Error, codeNermTenantDomain, "tenantDomain", problem.message, problem.hint)
	} else {
		c.checkHost(&list)
	}

	// The path is put behind the host as it is, so it must not be able to lead elsewhere.
	if strings.ContainsAny(c.BasePath, "?#\\ ") || strings.Contains(c.BasePath, "..") {
		c.add(&list, diag.Error, codeNermBasePath, "basePath",
			fmt.Sprintf("base path is %q, expected a plain path", c.BasePath), "leave it empty for /api")
	}
	if c.required(&list, "profileTypeId", c.ProfileTypeID) && !plainID(c.ProfileTypeID) {
		c.add(&list, diag.Error, codeNermProfileType, "profileTypeId",
			fmt.Sprintf("profile type is %q, expected the uid or id of a profile type",
				c.ProfileTypeID), "it has no spaces and no slashes")
	}

	// Attributes are checked by themselves, so that all faults of a configuration come at once.
	c.checkAttributes(&list)
	if c.Schedule != nil {
		list = append(list, c.Schedule.Check()...)
	}
	return list
}

func (c *Config) add(list *diag.List, sev diag.Severity, code diag.Code, key, message, hint string) {
	list.Add(diag.Diagnostic{Severity: sev, Code: code,
		Path: diag.Path{diag.Named("source", c.Name), diag.Named(key, "")}, Message: message, Hint: hint})
}

func (c *Config) required(list *diag.List, key, value string) bool {
	if strings.TrimSpace(value) != "" {
		return true
	}
	c.add(list, diag.Error, codeNermRequired, key, "no value, expected one", "")
	return false
}

func (c *Config) checkKey(list *diag.List) {
	key := c.APIKey.Reveal()
	switch {
	case strings.TrimSpace(key) == "":
		c.add(list, diag.Error, codeNermRequired, "apiKey", "no value, expected an API key",
			"make a separate key for each source")
	case key == redacted:
		c.add(list, diag.Error, codeNermApiKey, "apiKey",
			"the key is the placeholder of an export, expected the key itself",
			"")
	case strings.ContainsFunc(key, notKeyRune):
		c.add(list, diag.Error, codeNermApiKey, "apiKey", "the key contains a space or a character that cannot be sent",
			"give the key alone, without Bearer or Token token=")
	case strings.HasPrefix(strings.ToLower(key), "token="):
		c.add(list, diag.Error, codeNermApiKey, "apiKey", "the key begins with token=", "give the key alone")
	}
}

func notKeyRune(r rune) bool { return r <= ' ' || r >= unicode.MaxASCII }

func (c *Config) checkHost(list *diag.List) {
	u, _ := parseTenant(c.TenantDomain, c.AllowHTTP)
	host := strings.ToLower(u.Hostname())
	if isLoopback(host) || strings.HasSuffix(host, ".nonemployee.com") ||
		strings.HasSuffix(host, ".mynonemployee.com") {
		return
	}
	c.add(list, diag.Warning, codeNermTenantHost, "tenantDomain",
		fmt.Sprintf("host is %q, expected one that ends in .nonemployee.com",
			host), "this is the domain of Non-Employee Risk Management, not that of Identity Security Cloud")
}

func (c *Config) checkAttributes(list *diag.List) {
	schema := NewAccountSchema()
	for _, a := range c.Attributes {
		path := diag.Path{diag.Named("source", c.Name)}
		for _, d := range a.check() {
			d.Path = append(path, d.Path...)
			list.Add(d)
		}

		code := codeNermDuplicateAttribute
		err := schema.Add(a)
		if errors.Is(err, ErrFixed) {
			code = codeNermDefaultAttribute
		}
		if errors.Is(err, ErrFixed) || errors.Is(err, ErrDuplicate) {
			list.Add(diag.Diagnostic{Severity: diag.Error, Code: code,
				Path:    append(path, diag.Named("attribute", a.Name)),
				Message: err.Error()})
		}
	}
}

// schema returns the account schema of a configuration that Check accepts.
func (c *Config) schema() *AccountSchema {
	s := NewAccountSchema()
	for _, a := range c.Attributes {
		_ = s.Add(a) // New has checked the configuration
	}
	return s
}

// CheckKeys warns about sources that share one API key.
func CheckKeys(sources ...*Config) diag.List {
	var list diag.List
	for i, c := range sources {
		for _, earlier := range sources[:i] {
			if c.APIKey.IsZero() || !c.APIKey.Equal(earlier.APIKey) {
				continue
			}
			c.add(&list, diag.Warning, codeNermSharedKey, "apiKey", fmt.Sprintf("source %q has the same API key",
				earlier.Name),
				"make a separate key for each source")
			break
		}
	}

	return list
}

type tenantProblem struct{ message, hint string }

// parseTenant returns the root URL of a tenant domain. No message repeats a text
// that may hold a user and password.
func parseTenant(domain string, allowHTTP bool) (*url.URL, *tenantProblem) {
	const example = "for example https://acme.nonemployee.com"
	text := strings.TrimSpace(domain)
	if text == "" {
		return nil, &tenantProblem{"no value, expected the URL of the tenant", example}
	}

	// People paste the host alone, and a URL needs a scheme to be read at all.
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, &tenantProblem{"not a URL, expected the URL of the tenant", example}
	}

	u.Scheme = strings.ToLower(u.Scheme)
	host := u.Hostname()

	// From dangerous to merely odd; the first that applies is told, without the rest of the URL.
	switch path := strings.TrimRight(u.Path, "/"); {
	case u.User != nil:
		return nil, &tenantProblem{"the URL holds a user name or password, expected the host only",
			"the API key is configured on its own"}
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, &tenantProblem{"the URL holds a query or fragment, expected the host only", example}
	case path != "" && path != "/api":
		return nil, &tenantProblem{fmt.Sprintf("the URL has the path %q, expected none", path),
			"set basePath for another path than /api"}
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, &tenantProblem{fmt.Sprintf("scheme is %q, expected https", u.Scheme), example}
	case u.Scheme == "http" && !allowHTTP && !isLoopback(host):
		return nil, &tenantProblem{"scheme is http, expected https", "http would show the API key to the network"}
	case !isLoopback(host) && !validHost(host):
		return nil, &tenantProblem{fmt.Sprintf("host is %q, expected a full host name", host), example}
	}

	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func validHost(host string) bool {
	if net.ParseIP(host) != nil {
		return true
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, notHostRune) {
			return false
		}
	}

	return len(labels) > 1
}

func notHostRune(r rune) bool {
	return !(r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// plainID reports whether id can stand alone in a path.
func plainID(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.ContainsFunc(id, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`/\?#%`, r)
	})
}

// isUUID reports whether id has the form 8-4-4-4-12 of hexadecimal digits.
func isUUID(id string) bool {
	_, ok := parseUUID(id)
	return ok
}

func parseUUID(id string) (u [16]byte, ok bool) {
	if len(id) != 36 {
		return u, false
	}
	n := 0
	for i := 0; i < len(id); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if id[i] != '-' {
				return u, false
			}
			continue
		}

		d := strings.IndexByte("0123456789abcdef", id[i]|0x20)
		if d < 0 || id[i] < '0' {
			return u, false
		}
		u[n/2] = u[n/2]<<4 | byte(d)
		n++
	}

	return u, true
}
