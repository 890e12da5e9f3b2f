package sqlrow_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/idprofile/engine/identity/internal/sqlrow"
)

type postgresError string

func (e postgresError) Error() string    { return "postgres" }
func (e postgresError) SQLState() string { return string(e) }

type sqliteError int

func (e sqliteError) Error() string { return "sqlite" }
func (e sqliteError) Code() int     { return int(e) }

func TestIsConflict(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"none", nil, false},
		{"serialisation", fmt.Errorf("x: %w", postgresError("40001")), true},
		{"deadlock", postgresError("40P01"), true},
		{"unique key", postgresError("23505"), true},
		{"syntax", postgresError("42601"), false},
		{"busy", sqliteError(5), true},
		{"busy snapshot", sqliteError(517), true},
		{"unique", fmt.Errorf("x: %w", sqliteError(2067)), true},
		{"not null", sqliteError(1299), false},
		{"corrupt", sqliteError(11), false},
		{"a driver that we do not know", errors.New("database is locked"), true},
		{"other", errors.New("disk full"), false},
	} {
		if got := sqlrow.IsConflict(tc.err); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Every wrong bit of a sealed row, and every other key, is noticed; what has no seal is
// returned as it is.
func TestSeal(t *testing.T) {
	data, key := []byte("some data"), []string{"account", "HR", "1"}
	row := sqlrow.Seal(data, key...)
	if got, sealed, err := sqlrow.Open(row, key...); string(got) != string(data) || !sealed || err != nil {
		t.Errorf("%q, %v, %v", got, sealed, err)
	}
	if _, _, err := sqlrow.Open(row, "account", "HR1", ""); !errors.Is(err, sqlrow.ErrDamaged) {
		t.Errorf("another key: error %v", err)
	}
	if got, sealed, err := sqlrow.Open(data, key...); string(got) != string(data) || sealed || err != nil {
		t.Errorf("without seal: %q, %v, %v", got, sealed, err)
	}
	for bit := 16; bit < 8*len(row); bit++ { // the mark is two bytes
		bad := append([]byte(nil), row...)
		bad[bit/8] ^= 1 << (bit % 8)
		if _, _, err := sqlrow.Open(bad, key...); !errors.Is(err, sqlrow.ErrDamaged) {
			t.Errorf("bit %d: error %v", bit, err)
		}
	}

	text := sqlrow.SealText(`{"a":1}`, key...)
	for _, row := range []string{text, `{"a":1}`} {
		if got, err := sqlrow.OpenText(row, key...); got != `{"a":1}` || err != nil {
			t.Errorf("%s: %q, %v", row, got, err)
		}
	}
	for bit := range 8 * len(text) {
		bad := []byte(text)
		bad[bit/8] ^= 1 << (bit % 8)
		if got, err := sqlrow.OpenText(string(bad), key...); !errors.Is(err, sqlrow.ErrDamaged) {
			t.Errorf("bit %d: %q, error %v", bit, got, err)
		}
	}
}
