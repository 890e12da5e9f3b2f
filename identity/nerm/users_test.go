package nerm

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadUsers(t *testing.T) {
	const roleID = "db6f8e8b-65c2-47d5-a0db-90bcc4e9df9e"
	tests := []struct {
		name  string
		csv   string
		want  []Employee
		codes []string
	}{
		{
			name: "full",
			csv: "\ufeff\"Type\",NAME, email ,status,login,title,group_strings,user_role,first_name\r\n" +
				"NeaccessUser,Ann,ann@x.com,Pending,ann,Boss,\"A_group,B_group\",\"Admin, " + roleID + "\",Ann\r\n",
			want: []Employee{{
				Line:    2,
				Profile: NewProfile{ProfileTypeID: peopleID, Status: "Active", Attributes: map[string]string{"first_name": "Ann"}},
				User:    User{Type: ExternalUser, Name: "Ann", Email: "ann@x.com", Status: UserPending, Login: "ann", Title: "Boss", GroupStrings: "A_group,B_group"},
				Roles:   []string{"Admin", roleID},
			}},
		},
		{
			name: "defaults, empty lines, empty attributes",
			csv:  "name,email,login,first_name\n\nBob,b@x.com,bob,\n",
			want: []Employee{{
				Line:    3,
				Profile: NewProfile{ProfileTypeID: peopleID, Status: "Active", Attributes: map[string]string{}},
				User:    User{Type: InternalUser, Name: "Bob", Email: "b@x.com", Status: UserActive, Login: "bob"},
			}},
		},
		{
			name: "every problem, good rows stay",
			csv:  "name,email,login,type,status\n,,,,\nA,a@x.com,a,Robot,Gone\nB,b@x.com,b,,\nB2,b2@x.com,B,,\nshort\nC,c,c,,\n",
			want: []Employee{
				{Line: 4, Profile: NewProfile{ProfileTypeID: peopleID, Status: "Active", Attributes: map[string]string{}}, User: User{Type: InternalUser, Name: "B", Email: "b@x.com", Status: UserActive, Login: "b"}},
				{Line: 7, Profile: NewProfile{ProfileTypeID: peopleID, Status: "Active", Attributes: map[string]string{}}, User: User{Type: InternalUser, Name: "C", Email: "c", Status: UserActive, Login: "c"}},
			},
			codes: []string{
				"error nerm-user-required", "error nerm-user-required", "error nerm-user-required", "error nerm-user-type", "error nerm-user-status",
				"error nerm-user-duplicate", "error nerm-user-file", "warning nerm-user-email",
			},
		},
		{name: "nothing", codes: []string{"error nerm-user-file"}},
		{name: "missing and repeated columns", csv: "name,Name,,x,x\n", codes: []string{"error nerm-user-column", "error nerm-user-column", "error nerm-user-column", "error nerm-user-column", "error nerm-user-column"}},
		{name: "open quote", csv: "name,email,login\n\"x", codes: []string{"error nerm-user-file"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, list := ReadUsers(strings.NewReader(tt.csv), UserFile{Name: "users.csv", ProfileTypeID: peopleID})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.codes, codes(list)); diff != "" {
				t.Errorf("findings mismatch (-want +got):\n%s\n%v", diff, list)
			}
			for _, d := range list {
				if d.Pos.File != "users.csv" || d.Pos.Line == 0 && tt.csv != "" {
					t.Errorf("finding without place: %v", d)
				}
			}
		})
	}
}

func TestRequestsOrder(t *testing.T) {
	employees, list := ReadUsers(strings.NewReader("name,email,login,user_role,dept\nAnn,a@x,ann,Admin,IT\nBob,b@x,bob,Nobody,HR\n"), UserFile{ProfileTypeID: peopleID})
	if len(list) > 0 {
		t.Fatal(list)
	}
	requests, err := Requests(employees)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range requests {
		got = append(got, r.Method+" "+r.Path+" "+string(r.Body))
	}
	want := []string{
		`POST /profile {"profile":{"profile_type_id":"` + peopleID + `","status":"Active","attributes":{"dept":"IT"}}}`,
		`POST /profile {"profile":{"profile_type_id":"` + peopleID + `","status":"Active","attributes":{"dept":"HR"}}}`,
		`POST /user {"user":{"type":"NeprofileUser","name":"Ann","email":"a@x","status":"Active","login":"ann"}}`,
		`POST /user {"user":{"type":"NeprofileUser","name":"Bob","email":"b@x","status":"Active","login":"bob"}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	roles, list := employees[0].RoleBodies("u1", map[string]string{"Admin": "r1"})
	if len(roles) != 1 || len(list) != 0 {
		t.Fatalf("roles %v, findings %v", roles, list)
	}
	if body, err := roles[0].Body(); err != nil || string(body) != `{"user_role":{"user_id":"u1","role_id":"r1"}}` {
		t.Errorf("body %s, error %v", body, err)
	}
	employees[1].Roles = append(employees[1].Roles, peopleID)
	roles, list = employees[1].RoleBodies("u2", nil)
	if len(roles) != 1 || roles[0].RoleID != peopleID || len(list) != 1 || list[0].Code != "nerm-user-role" || list[0].Pos.Line != 3 {
		t.Errorf("roles %v, findings %v", roles, list)
	}
}

func FuzzReadUsers(f *testing.F) {
	f.Add("name,email,login\nA,a@x,a\n")
	f.Add("\ufeffname,email,login,user_role,x\n\"A,b\",a@x,a,\"r, s\",y\n\"")
	f.Add("name,name,\n")
	f.Fuzz(func(t *testing.T, src string) {
		employees, list := ReadUsers(strings.NewReader(src), UserFile{Name: "f"})
		for _, d := range list {
			if d.Pos.File != "f" || d.Code == "" {
				t.Fatalf("finding %v", d)
			}
		}
		for _, e := range employees {
			if e.User.Check().HasErrors() || e.Line < 2 {
				t.Fatalf("kept %+v", e)
			}
		}
		if _, err := Requests(employees); err != nil {
			t.Fatal(err)
		}
	})
}
