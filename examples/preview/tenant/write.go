package tenant

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/idprofile/engine/examples/acme"
)

// Options say what to write.
type Options struct {
	People int    // identities, employees and contractors together
	Seed   uint64 // of everything random
}

// Counts says what was written.
type Counts struct {
	Employees, Contractors               int // people
	HR, ContractorRows, Directory, Badge int // accounts
}

// ErrNotEmpty is returned for a folder that has something in it already.
var ErrNotEmpty = errors.New("the folder is not empty")

// Write writes a tenant into the folder, which it creates. Memory does not grow
// with the number of people, but for the sign-in names that were given out.
func Write(ctx context.Context, dir string, o Options) (Counts, error) {
	if o.People < 1 {
		return Counts{}, fmt.Errorf("%d people, expected at least 1", o.People)
	}

	// Files of another tenant among the new ones would be read with them.
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return Counts{}, fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	if err := copyConfig(dir); err != nil {
		return Counts{}, err
	}
	w, err := create(filepath.Join(dir, "accounts"))
	if err != nil {
		return Counts{}, err
	}
	err = w.people(ctx, o)
	return w.counts, errors.Join(err, w.close())
}

// copyConfig writes the configuration of the example.
func copyConfig(dir string) error {
	return fs.WalkDir(acme.Config, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(p))
		if d.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		src, err := acme.Config.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(to, src, 0o644)
	})
}

// files of a tenant, in the order of the fields of writer.
var files = [...]string{"HR.csv", "Contractors.csv", "Active Directory.csv", "Badge System.jsonl"}

// headers are the first lines of the files.
var headers = [...]string{
	"employeeNumber,previousEmployeeNumber,formerContractorId,login,givenName,familyName,latinGivenName,latinFamilyName,preferredName,workEmail,personalEmail,mobile,phone,country,location,department,jobTitle,costCenter,language,employmentType,hireDate,endDate,employeeStatus,stateOverride,managerId,notes,created,modified,disabled\r\n",
	"\ufeffaccountName;firstName;lastName;phone;email;manager;startDate;endDate;company;department;jobTitle;country;login;employeeNumber;created;modified;disabled\n",
	"distinguishedName,sAMAccountName,objectGUID,userPrincipalName,employeeID,givenName,sn,displayName,mail,telephoneNumber,department,title,manager,memberOf,lastLogonTimestamp,userAccountControl,description,created,modified,disabled\n",
	"",
}

// writer writes the account files.
type writer struct {
	counts                            Counts
	hr, contractors, directory, badge *bufio.Writer
	open                              []*os.File
	row                               []byte
}

func create(dir string) (*writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	w := &writer{}
	for i, p := range [...]**bufio.Writer{&w.hr, &w.contractors, &w.directory, &w.badge} {
		f, err := os.Create(filepath.Join(dir, files[i]))
		if err != nil {
			return nil, errors.Join(err, w.close())
		}
		w.open = append(w.open, f)
		*p = bufio.NewWriterSize(f, 1<<18)
		if _, err := (*p).WriteString(headers[i]); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}

	return w, nil
}

// close flushes and closes the files; a write that failed before is reported
// here.
func (w *writer) close() error {
	var errs []error
	for _, b := range [...]*bufio.Writer{w.hr, w.contractors, w.directory, w.badge} {
		if b != nil {
			errs = append(errs, b.Flush())
		}
	}

	for _, f := range w.open {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// csv writes a row of cells.
func (w *writer) csv(to *bufio.Writer, delimiter byte, end string, cells ...string) error {
	b := w.row[:0]
	for i, cell := range cells {
		if i > 0 {
			b = append(b, delimiter)
		}
		b = appendCell(b, delimiter, cell)
	}

	w.row = append(b, end...)
	_, err := to.Write(w.row)
	return err
}

func appendCell(b []byte, delimiter byte, cell string) []byte {
	quote := false
	for i := range len(cell) {
		switch cell[i] {
		case delimiter, '"', '\r', '\n':
			quote = true
		}
	}

	if !quote {
		return append(b, cell...)
	}
	b = append(b, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, cell[i])
	}

	return append(b, '"')
}
