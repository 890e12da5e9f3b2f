package nerm

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// The types and states of a NERM user.
const (
	InternalUser = "NeprofileUser" // works in the main application
	ExternalUser = "NeaccessUser"  // works in an external portal

	UserActive   = "Active"
	UserPending  = "Pending"
	UserDisabled = "Disabled"
)

// User is a NERM user as it is created. All users sign in by single sign-on:
// the groups of the assertion replace the roles that were given directly.
//
// Source: DECISION N41 of identity/nonemployee.
type User struct {
	Type         string `json:"type"`
	Name         string `json:"name"`
	Email        string `json:"email"`
	Status       string `json:"status,omitempty"`
	Login        string `json:"login"`
	Title        string `json:"title,omitempty"`
	GroupStrings string `json:"group_strings,omitempty"` // groups, comma separated
	ProfileID    string `json:"profile_id,omitempty"`
}

// Body returns the JSON body of POST /user.
func (u User) Body() ([]byte, error) { return json.Marshal(map[string]User{"user": u}) }

// Check reports missing values and unknown types and states.
func (u User) Check() (list diag.List) {
	for _, f := range []struct{ name, value string }{{"name", u.Name}, {"email", u.Email}, {"login", u.Login},
		{"type", u.Type}} {
		if f.value == "" {
			list.Addf(diag.Error, codeNermUserRequired, diag.Pos{}, "%s has no value, expected one", f.name)
		}
	}

	if u.Type != "" && u.Type != InternalUser && u.Type != ExternalUser {
		list.Addf(diag.Error, codeNermUserType, diag.Pos{}, "type is %q, expected %s or %s", u.Type, InternalUser,
			ExternalUser)
	}
	if u.Status != "" && u.Status != UserActive && u.Status != UserPending && u.Status != UserDisabled {
		list.Addf(diag.Error, codeNermUserStatus, diag.Pos{}, "status is %q, expected %s, %s or %s",
			u.Status, UserActive,
			UserPending, UserDisabled)
	}

	if u.Email != "" && !strings.Contains(u.Email, "@") {
		list.Addf(diag.Warning, codeNermUserEmail, diag.Pos{}, "email has no @")
	}
	return list
}

// UserRole gives a user a role directly.
type UserRole struct {
	UserID string `json:"user_id"`
	RoleID string `json:"role_id"`
}

// Body returns the JSON body of POST /user_role.
func (r UserRole) Body() ([]byte, error) {
	return json.Marshal(map[string]UserRole{"user_role": r})
}

// NewProfile is a profile as it is created. The service builds its name from
// the attributes.
type NewProfile struct {
	ProfileTypeID string            `json:"profile_type_id"`
	Status        string            `json:"status,omitempty"`
	Attributes    map[string]string `json:"attributes,omitempty"` // by UID
}

// Body returns the JSON body of POST /profile.
func (p NewProfile) Body() ([]byte, error) {
	return json.Marshal(map[string]NewProfile{"profile": p})
}

// Employee is a row of a user file: the profile that comes first, the user, and
// the roles that the user is given once both exist.
type Employee struct {
	Line    int // in the file, from 1
	Profile NewProfile
	User    User
	Roles   []string // names or ids
}

// RoleBodies returns the role assignments of a user that now has an id. roleIDs
// maps role names to ids; a role that it does not have is taken for an id when
// it has the form of one, else it is a finding.
func (e Employee) RoleBodies(userID string, roleIDs map[string]string) ([]UserRole, diag.List) {
	var roles []UserRole
	var list diag.Collector
	for _, role := range e.Roles {
		id, ok := roleIDs[role]
		if !ok && isUUID(role) {
			id, ok = role, true
		}
		if !ok {
			list.Addf(diag.Error, codeNermUserRole, diag.Pos{Line: e.Line}, "role %q is not known", role)
			continue
		}

		roles = append(roles, UserRole{userID, id})
	}

	return roles, list.List()
}

// userColumns are the columns that describe the user. All others are attributes
// of the profile, by UID.
var userColumns = [...]string{"type", "name", "email", "status", "login", "title", "group_strings", "user_role"}

// UserFile says how [ReadUsers] reads a file.
type UserFile struct {
	Name          string // for findings
	ProfileTypeID string // id of the profile type of employees
}

// ReadUsers reads a CSV file of employees (RFC 4180, with header, BOM allowed)
// with the columns name, email and login, and optionally type, status, title,
// group_strings, user_role (roles, comma separated) and, by UID, attributes of
// the employee's profile. Without type a user is internal, without status
// active; an empty attribute is not sent.
//
// Rows with errors and logins that occur again are findings and left out. A file
// that is no CSV gives the rows before the place and a finding.
func ReadUsers(r io.Reader, f UserFile) ([]Employee, diag.List) {
	var list diag.Collector
	rows := csv.NewReader(skipBOM(r))
	rows.FieldsPerRecord = -1
	header, err := rows.Read()
	if err != nil {
		list.Addf(diag.Error, codeNermUserFile, diag.Pos{File: f.Name},
			"the file has no header, expected the columns name, email and login")
		return nil, list.List()
	}

	columns := f.columns(header, &list)
	if list.HasErrors() {
		return nil, list.List()
	}
	return f.read(rows, columns, &list)
}

func (f UserFile) read(rows *csv.Reader, columns []string, list *diag.Collector) (out []Employee, _ diag.List) {
	logins := map[string]int{} // line of each login
	for {
		row, err := rows.Read()
		if err == io.EOF {
			return out, list.List()
		}
		if err != nil {
			var bad *csv.ParseError
			pos := diag.Pos{File: f.Name}
			if errors.As(err, &bad) {
				pos.Line = bad.Line
			}

			// Behind a broken quote nobody knows where rows end.
			list.Addf(diag.Error, codeNermUserFile, pos,
				"the row is no CSV: a quote is not closed or stands where it must not")
			return out, list.List()
		}

		line, _ := rows.FieldPos(0)
		e, ok := f.employee(row, columns, line, list)
		if !ok {
			continue
		}

		// Logins that differ in case only are taken for one user's.
		login := strings.ToLower(e.User.Login)
		if first := logins[login]; first != 0 {
			list.Addf(diag.Error, codeNermUserDuplicate, diag.Pos{File: f.Name, Line: line},
				"login %q is also on line %d",
				e.User.Login, first)
			continue
		}

		logins[login] = line
		out = append(out, e)
	}
}

func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if start, _ := b.Peek(3); string(start) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	return b
}

// columns returns the name of each column: user columns in lower case, attribute
// UIDs as they are.
func (f UserFile) columns(header []string, list *diag.Collector) []string {
	names := make([]string, len(header))
	for i, name := range header {
		name = strings.TrimSpace(name)

		// Columns of a user are known names; every other column is an attribute, whose uid counts to
		// the letter.
		if low := strings.ToLower(name); slices.Contains(userColumns[:], low) {
			name = low
		}
		if slices.Contains(names[:i], name) {
			list.Addf(diag.Error, codeNermUserColumn, diag.Pos{File: f.Name, Line: 1}, "column %q occurs twice", name)
		}
		if name == "" {
			list.Addf(diag.Error, codeNermUserColumn, diag.Pos{File: f.Name, Line: 1}, "column %d has no name", i+1)
		}
		names[i] = name
	}

	for _, name := range []string{"name", "email", "login"} {
		if !slices.Contains(names, name) {
			list.Addf(diag.Error, codeNermUserColumn, diag.Pos{File: f.Name, Line: 1}, "column %q is missing", name)
		}
	}

	return names
}

func (f UserFile) employee(row, columns []string, line int, list *diag.Collector) (Employee, bool) {
	// A row that is too short or too long has its values under wrong names.
	if len(row) != len(columns) {
		list.Addf(diag.Error, codeNermUserFile, diag.Pos{File: f.Name, Line: line}, "the row has %d cells, expected %d",
			len(row), len(columns))
		return Employee{}, false
	}

	cells := map[string]string{}
	attributes := map[string]string{}
	for i, name := range columns {
		cell := strings.TrimSpace(row[i])
		if slices.Contains(userColumns[:], name) {
			cells[name] = cell
		} else if cell != "" {
			attributes[name] = cell
		}
	}

	e := Employee{
		Line:    line,
		Profile: NewProfile{ProfileTypeID: f.ProfileTypeID, Status: "Active", Attributes: attributes},
		User: User{
			Type: cmp.Or(cells["type"], InternalUser), Name: cells["name"], Email: cells["email"],
			Login:  cells["login"],
			Status: cmp.Or(cells["status"], UserActive), Title: cells["title"], GroupStrings: cells["group_strings"],
		},
		Roles: splitList(cells["user_role"]),
	}

	// The service would refuse the user after the profile has been made; so it is checked before.
	found := e.User.Check()
	for _, d := range found {
		d.Pos = diag.Pos{File: f.Name, Line: line}
		list.Add(d)
	}

	return e, !found.HasErrors()
}

func splitList(s string) (out []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}

	return out
}

// Request is a call that the host sends to create something.
type Request struct {
	Method string          `json:"method"`
	Path   string          `json:"path"` // below the base path
	Body   json.RawMessage `json:"body"`
}

// Requests returns the calls that create the profiles and then the users, in
// this order: users come after profiles. Roles follow when the ids of the users
// are known, see [Employee.RoleBodies].
func Requests(employees []Employee) ([]Request, error) {
	var profiles, users []Request
	for _, e := range employees {
		body, err := e.Profile.Body()
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", e.Line, err)
		}
		profiles = append(profiles, Request{Method: "POST", Path: "/profile", Body: body})
		if body, err = e.User.Body(); err != nil {
			return nil, fmt.Errorf("line %d: %w", e.Line, err)
		}
		users = append(users, Request{Method: "POST", Path: "/user", Body: body})
	}

	return append(profiles, users...), nil
}
