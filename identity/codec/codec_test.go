package codec_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
)

// table numbers schemas in the order of their first use; 0 is none.
type table struct{ schemas []*identity.Schema }

func (t *table) AppendSchema(b []byte, s *identity.Schema) []byte {
	if s == nil {
		return append(b, 0)
	}
	n := slices.Index(t.schemas, s)
	if n < 0 {
		n = len(t.schemas)
		t.schemas = append(t.schemas, s)
	}
	return append(b, byte(n+1))
}

func (t *table) ReadSchema(r *codec.Reader) *identity.Schema {
	n := int(r.Byte())
	if n > len(t.schemas) {
		r.Fail()
		return nil
	}
	if n == 0 {
		return nil
	}
	return t.schemas[n-1]
}

var at = time.Date(2024, 5, 31, 8, 0, 0, 123e6, time.UTC)

// stored are accounts and the bytes that stores have of them since they are written.
var stored = []struct {
	name    string
	account identity.Account
	bytes   string
}{
	{"nothing", identity.Account{}, "00000000000000" + "00"},
	{"usual", identity.Account{Source: "HR", NativeIdentity: "1", Created: at, Locked: true,
		Attributes: identity.NewAttributes(map[string]identity.Value{"mail": identity.StringValue("a@b.c")})},
		"024852" + "0131" + "00" + "02" + "01808ecce50c" + "c0a9d33a" + "00" + "01" + "08" + "0106" + "7461" + "40622e63"},
	{"before 1970", identity.Account{Source: "HR", NativeIdentity: "1", Created: time.Unix(-1, 5).UTC()},
		"024852" + "0131" + "00" + "00" + "010105" + "00" + "00" + "00"},
	{"with the fingerprint of its text", identity.Account{Source: "HR", NativeIdentity: "1", Fingerprint: 0x0102030405060708},
		"024852" + "0131" + "00" + "10" + "00" + "00" + "00" + "00" + "0807060504030201"},
	{"everything", identity.Account{Source: "HR", NativeIdentity: "1/é", Name: "ann", ID: "acc", UUID: "{u}", Created: at,
		Modified: at.Add(time.Hour), Disabled: true, Locked: true, IdentityID: "p", ManuallyCorrelated: true,
		Entitlements: []string{"b", "a"}, Attributes: identity.NewAttributes(map[string]identity.Value{
			"n": identity.IntValue(-7), "b": identity.BoolValue(false), "l": identity.StringsValue("x", "")})},
		"024852" + "04312fc3a9" + "03616e6e" + "0f" + "01808ecce50cc0a9d33a" + "01a0c6cce50cc0a9d33a" +
			"03616363" + "037b757d" + "0170" + "0201620161" + "01" + "14" + "01010710" + "6e" + "6c0274780174" + "69f9ffffffffffffff"},
}

// What was stored once is read for ever, and written as it was: equal accounts are equal
// bytes.
func TestAccountBytes(t *testing.T) {
	for _, c := range stored {
		t.Run(c.name, func(t *testing.T) {
			names := &table{}
			written := codec.AppendAccount(nil, names, &c.account)
			if got := hex.EncodeToString(written); got != c.bytes {
				t.Errorf("bytes\n%s, want\n%s", got, c.bytes)
			}

			old, err := hex.DecodeString(c.bytes)
			if err != nil {
				t.Fatal(err)
			}
			r := codec.NewReader(string(old), names)
			got := r.Account()
			if diff := cmp.Diff(text(t, c.account), text(t, got)); diff != "" || r.Err() != nil || r.Len() != 0 {
				t.Errorf("%d bytes left, error %v, mismatch (-want +got):\n%s", r.Len(), r.Err(), diff)
			}
		})
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// An account that is cut anywhere is malformed and gives nothing behind the cut.
func TestAccountCut(t *testing.T) {
	for _, c := range stored {
		names := &table{}
		whole := string(codec.AppendAccount(nil, names, &c.account))
		for end := range len(whole) {
			r := codec.NewReader(whole[:end], names)
			if r.Account(); r.Err() == nil {
				t.Errorf("%s: %d of %d bytes are an account", c.name, end, len(whole))
			}
		}
	}
}

// The parts of a record come out as they went in, each behind its length.
func TestParts(t *testing.T) {
	b := codec.AppendSized(nil, func(b []byte) []byte { return codec.AppendTexts(b, []string{"a", "", "é"}) })
	b = codec.AppendSized(b, func(b []byte) []byte { return codec.AppendText(codec.AppendFlags(b, true, false, true), "x") })
	r := codec.NewReader(string(b)+"rest", nil)
	first, second := r.Part(), r.Part()
	got := fmt.Sprintf("%q %d %q, %q, %v", first.Texts(), second.Byte(), second.Text(), r.Rest(), r.Err())
	if want := `["a" "" "é"] 5 "x", "rest", <nil>`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if part := r.Part(); part.Err() == nil || r.Err() == nil {
		t.Error("there is a part behind the end")
	}
}

// Whatever the bytes are, reading them gives an account or an error, and an account is
// written so that it is read again.
func FuzzAccount(f *testing.F) {
	for _, c := range stored {
		b, err := hex.DecodeString(c.bytes)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}

	f.Fuzz(func(t *testing.T, b []byte) {
		names := &table{schemas: []*identity.Schema{identity.NewSchema("a"), identity.NewSchema("b", "c", "d")}}
		r := codec.NewReader(string(b), names)
		a := r.Account()
		if r.Err() != nil {
			return
		}
		written := string(codec.AppendAccount(nil, names, &a))
		again := codec.NewReader(written, names)
		got := again.Account()
		if rewritten := string(codec.AppendAccount(nil, names, &got)); rewritten != written || again.Err() != nil {
			t.Errorf("error %v, wrote\n%x, then\n%x", again.Err(), written, rewritten)
		}
	})
}

func TestFixed(t *testing.T) {
	want, wide := []uint32{0, 1, 0xABCDEF}, []uint64{1 << 63, 7}
	b := codec.AppendFixed(nil, 3, want...)
	b = codec.AppendFixed(b, 8, wide...)
	if got := hex.EncodeToString(b); got != "000000"+"010000"+"efcdab"+"0000000000000080"+"0700000000000000" {
		t.Errorf("written: %s", got)
	}
	r := codec.NewReader(string(b), nil)
	got, gotWide := codec.Fixed[uint32](&r, 3, 3), codec.Fixed[uint64](&r, 8, 2)
	if diff := cmp.Diff([]any{want, wide, 0, nil}, []any{got, gotWide, r.Len(), r.Err()}); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}

	cut := codec.NewReader(string(b), nil)
	if list := codec.Fixed[uint64](&cut, 8, 1<<40); list != nil || cut.Err() == nil {
		t.Errorf("of a list that is not there: %d numbers, error %v", len(list), cut.Err())
	}
}
