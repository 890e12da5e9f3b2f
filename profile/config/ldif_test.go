package config_test

import (
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/profile/config"
)

// An export of a directory is an account file like any other.
func TestAccountsLDIF(t *testing.T) {
	folder := fstest.MapFS{
		"source.json": {Data: []byte(`{"id":"1","name":"AD","connectorScriptName":"x","schemas":[{"name":"account","nativeObjectType":"user",
 "identityAttribute":"distinguishedName","displayAttribute":"sAMAccountName","attributes":[{"name":"distinguishedName","type":"STRING"},
 {"name":"sAMAccountName","type":"STRING"},{"name":"memberOf","type":"STRING","isMulti":true}]}],"connectorAttributes":{}}`)},
		"accounts/AD.ldif": {Data: []byte("dn: CN=Ann,DC=x\nsamaccountname: ann\nmemberOf: CN=g,DC=x\nobjectGUID:: +Y8odR1cL06aOwAAAAAA0w==\nuserAccountControl: 514\n")},
	}
	b, found := config.Load(folder)
	sources, more := b.Accounts(folder, nil)
	if found.HasErrors() || more.HasErrors() || len(sources) != 1 {
		t.Fatal(found, more, sources)
	}
	for a, err := range sources[0].Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if a.NativeIdentity != "CN=Ann,DC=x" || a.Name != "ann" || a.UUID != "{75288ff9-5c1d-4e2f-9a3b-0000000000d3}" || !a.Disabled ||
			len(a.Attributes.Get("memberOf").List()) != 1 {
			t.Errorf("got %+v %v", a, a.Attributes.Map())
		}
	}
}
