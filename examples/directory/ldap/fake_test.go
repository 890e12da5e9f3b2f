package ldap_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/idprofile/engine/examples/directory/internal/servertest"
	directory "github.com/idprofile/engine/examples/directory/ldap"
	"github.com/idprofile/engine/identity/feed"
)

// fake is a server for what slapd does not do: parts of long lists of values, as
// Active Directory sends them, and an end in the middle of a page.
type fake struct {
	members int // of the group
	part    int // values in one answer
	stuck   bool
	cut     int // entries after which the connection is closed; 0: it is not
}

// serve answers until the test ends and returns the address.
func (f *fake) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.talk(conn)
		}
	}()
	return "ldap://" + l.Addr().String()
}

func (f *fake) talk(conn net.Conn) {
	defer conn.Close()
	for {
		request, err := ber.ReadPacket(conn)
		if err != nil || len(request.Children) < 2 {
			return
		}
		id, _ := request.Children[0].Value.(int64)
		if !f.answer(conn, id, request.Children[1]) {
			return
		}
	}
}

// answer answers one request and reports whether the connection stays.
func (f *fake) answer(w io.Writer, id int64, op *ber.Packet) bool {
	switch op.Tag {
	case ldap.ApplicationBindRequest:
		return done(w, id, ldap.ApplicationBindResponse)
	case ldap.ApplicationSearchRequest:
	default:
		return false
	}

	wanted := ""
	for _, a := range op.Children[7].Children {
		if name, _ := a.Value.(string); strings.HasPrefix(name, "member;") {
			wanted = name
		}
	}
	if wanted != "" {
		from := 0
		fmt.Sscanf(wanted, "member;range=%d-*", &from)
		if f.stuck {
			from = 0
		}
		return entry(w, id, "cn=group,dc=x", f.valuesFrom(from)) && done(w, id, ldap.ApplicationSearchResultDone)
	}
	for n := range 9 {
		if f.cut > 0 && n == f.cut {
			return false
		}
		if !entry(w, id, fmt.Sprintf("uid=%d,dc=x", n), map[string][]string{"uid": {fmt.Sprint(n)}}) {
			return false
		}
	}
	return entry(w, id, "cn=group,dc=x", f.valuesFrom(0)) && done(w, id, ldap.ApplicationSearchResultDone)
}

// valuesFrom returns the members from one on, as many as go into one answer.
func (f *fake) valuesFrom(from int) map[string][]string {
	to := min(from+f.part, f.members)
	var values []string
	for n := from; n < to; n++ {
		values = append(values, fmt.Sprintf("uid=%d,dc=x", n))
	}
	end := fmt.Sprint(to - 1)
	if to == f.members {
		end = "*"
	}
	return map[string][]string{fmt.Sprintf("member;range=%d-%s", from, end): values}
}

func message(id int64, op *ber.Packet) []byte {
	m := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	return m.Bytes()
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func entry(w io.Writer, id int64, dn string, attributes map[string][]string) bool {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, values := range attributes {
		one := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		one.AppendChild(octets(name))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range values {
			set.AppendChild(octets(v))
		}
		one.AppendChild(set)
		list.AppendChild(one)
	}
	op.AppendChild(list)
	_, err := w.Write(message(id, op))
	return err == nil
}

func done(w io.Writer, id int64, tag ber.Tag) bool {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(0), ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(""))
	_, err := w.Write(message(id, op))
	return err == nil
}

// groups reads the accounts of a fake server, among them a group with its members.
func groups(t *testing.T, f *fake) (members []string, accounts int, failure error) {
	t.Helper()
	web := &directory.Server{
		URL:      f.serve(t),
		User:     servertest.Admin,
		Password: func() (string, error) { return servertest.Password, nil },
		Attempts: 1,
	}
	src, err := web.Source([]directory.Search{{Base: "dc=x"}}, feed.Options{Name: "LDAP", Attributes: []feed.Attribute{
		{Name: "dn"}, {Name: "uid"}, {Name: "member", Multi: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range src.Accounts(t.Context()) {
		if failure = err; err != nil {
			continue
		}
		accounts++
		if a.NativeIdentity == "cn=group,dc=x" {
			for _, v := range a.Attributes.Get("member").List() {
				members = append(members, v.Text())
			}
		}
	}
	return members, accounts, failure
}

// A list that is longer than the server sends at once is read to its end, in order.
func TestRanges(t *testing.T) {
	for _, n := range []int{2, 1500, 1501, 4000} {
		members, accounts, err := groups(t, &fake{members: n, part: 1500})
		if err != nil || accounts != 10 {
			t.Fatalf("%d members: %d accounts, error %v", n, accounts, err)
		}
		if len(members) != n {
			t.Fatalf("%d members, want %d", len(members), n)
		}
		for i, m := range members {
			if want := fmt.Sprintf("uid=%d,dc=x", i); m != want {
				t.Fatalf("member %d is %s, want %s", i, m, want)
			}
		}
	}

	_, _, err := groups(t, &fake{members: 4000, part: 1500, stuck: true})
	if err == nil || !strings.Contains(err.Error(), "the server sends the same values again") {
		t.Errorf("a server that does not get on: %v", err)
	}
}

// A connection that ends in the middle of a page is an error; nothing of the page counts.
func TestCutPage(t *testing.T) {
	for _, cut := range []int{1, 4, 8} {
		_, accounts, err := groups(t, &fake{members: 2, part: 10, cut: cut})
		if accounts != 0 || err == nil {
			t.Errorf("cut after %d entries: %d accounts, error %v", cut, accounts, err)
		}
		if err != nil && !strings.Contains(err.Error(), `below "dc=x"`) {
			t.Errorf("cut after %d entries: the error does not say where: %v", cut, err)
		}
	}
}
