package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
)

// Config is what config.json says.
type Config struct {
	Listen    string              `json:"listen"`    // host:port
	Store     string              `json:"store"`     // see openStore
	Zone      string              `json:"zone"`      // IANA name of the tenant's time zone
	Tick      duration            `json:"tick"`      // between looks for staged uploads and reminders
	Aggregate duration            `json:"aggregate"` // between aggregations of all sources
	Seed      bool                `json:"seed"`      // fill an empty store with sample people
	Rate      Rate                `json:"rate"`      // of one actor
	Staff     []Staff             `json:"staff"`
	Groups    map[string][]string `json:"groups"` // governance group to aliases
	Tokens    []Token             `json:"tokens"`
}

// Rate bounds the requests of one actor.
type Rate struct {
	Requests int      `json:"requests"`
	Per      duration `json:"per"`
}

// Staff is an employee: somebody who can own, manage, approve or sign in.
type Staff struct {
	Alias     string `json:"alias"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	Manager   string `json:"manager"` // alias
}

// Token lets somebody in. As client credentials the alias is the id and the token the
// secret.
type Token struct {
	Token  string   `json:"token"`
	Alias  string   `json:"alias"`
	Rights []string `json:"rights"` // read, create, update, delete, settings
}

// duration is a [time.Duration] in the form of time.ParseDuration.
type duration time.Duration

// UnmarshalJSON implements [json.Unmarshaler].
func (d *duration) UnmarshalJSON(src []byte) error {
	var text string
	if err := json.Unmarshal(src, &text); err != nil {
		return err
	}
	v, err := time.ParseDuration(text)
	if err == nil && v <= 0 {
		err = fmt.Errorf("duration %q, expected more than zero", text)
	}
	*d = duration(v)
	return err
}

// MarshalJSON implements [json.Marshaler].
func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

func readConfig(file string) (*Config, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c, err := parseConfig(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

func parseConfig(src []byte) (*Config, error) {
	c := Config{
		Listen: "127.0.0.1:8080", Store: "sqlite:nonemployee.db", Zone: "UTC", Tick: duration(2 * time.Second),
		Aggregate: duration(30 * time.Second), Rate: Rate{100, duration(10 * time.Second)},
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file goes on after the JSON object")
	}
	return &c, c.check()
}

// check finds what would not work; all problems are reported.
func (c *Config) check() error {
	var errs []error

	// Names are gathered first, since groups and tokens refer to them.
	known := map[string]bool{}
	for _, p := range c.Staff {
		if p.Alias == "" || known[p.Alias] {
			errs = append(errs, fmt.Errorf("staff alias %q is empty or there twice", p.Alias))
		}
		known[p.Alias] = true
	}

	for group, members := range c.Groups {
		for _, alias := range members {
			if !known[alias] {
				errs = append(errs, fmt.Errorf("group %q names %q, who is not on the staff", group, alias))
			}
		}
	}

	tokens := map[string]bool{}
	for _, t := range c.Tokens {
		// A short token can be guessed, and one that two people share tells nobody apart.
		if len(t.Token) < 8 || tokens[t.Token] {
			errs = append(errs, fmt.Errorf("the token of %q is shorter than 8 bytes or there twice", t.Alias))
		}
		tokens[t.Token] = true
		if !known[t.Alias] {
			errs = append(errs, fmt.Errorf("a token is for %q, who is not on the staff", t.Alias))
		}
		if _, err := rightsOf(t.Rights); err != nil {
			errs = append(errs, fmt.Errorf("token of %q: %w", t.Alias, err))
		}
	}

	return errors.Join(errs...)
}

func rightsOf(names []string) (nonemployee.Rights, error) {
	var out nonemployee.Rights
	for _, name := range names {
		switch name {
		case "read":
			out |= nonemployee.Read
		case "create":
			out |= nonemployee.Create
		case "update":
			out |= nonemployee.Update
		case "delete":
			out |= nonemployee.Delete
		case "settings":
			out |= nonemployee.Settings
		default:
			return 0, fmt.Errorf("right %q, expected read, create, update, delete or settings", name)
		}
	}

	return out, nil
}
