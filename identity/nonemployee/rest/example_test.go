package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

// A server whose clients show a token; the host knows whose it is.
func Example() {
	people := nonemployee.NewPeople([]nonemployee.Person{{ID: "1", Alias: "ada.admin"}}, nil)
	service, err := nonemployee.New(context.Background(), nonemployee.NewMemory(), people)
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := rest.New(service, rest.Options{Authenticate: func(r *http.Request) (nonemployee.Actor, error) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			return nonemployee.Actor{}, errors.New("unknown token")
		}
		return nonemployee.Actor{ID: "1", Rights: nonemployee.Admin}, nil
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{"guess", "secret"} {
		r := httptest.NewRequest("POST", "/v2025/non-employee-sources", strings.NewReader(`{"name":"Interns","description":"summer"}`))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	// Output:
	// 401 {"error":"the request is not authenticated"}
	// 400 {"detailCode":"400.1.0 Required Data Missing Or Empty","trackingId":"00000000000000000000000000000001","messages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"owner is required"}],"causes":[]}
}
