package isc

import (
	"cmp"
	"mime"
	"net/http"
	"net/url"
)

// maxCredentials bounds the body of a sign-in in bytes.
const maxCredentials = 16 << 10

// Credentials is what a client signs in with at /oauth/token.
type Credentials struct{ Grant, ID, Secret string }

// ReadCredentials reads client credentials in every spelling that clients of the
// vendor use: an urlencoded form, a multipart form, the query, and HTTP Basic; a
// part that one of them lacks may come from another, as the vendor's command-line
// tool sends its grant in the query and the rest in a form.
//
// Error: [CodeBadRequest], [CodeTooLarge], [CodeMediaType].
func ReadCredentials(w http.ResponseWriter, r *http.Request) (Credentials, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Credentials{}, Refuse(CodeBadRequest, "the query is not well formed")
	}
	form, err := credentialForm(w, r)
	if err != nil {
		return Credentials{}, err
	}

	// A body says what is meant; what stands in an address may be left over.
	value := func(name string) string { return cmp.Or(form.Get(name), query.Get(name)) }
	c := Credentials{Grant: value("grant_type"), ID: value("client_id"), Secret: value("client_secret")}
	if id, secret, ok := r.BasicAuth(); ok && c.ID == "" && c.Secret == "" {
		c.ID, c.Secret = unescaped(id), unescaped(secret)
	}
	return c, nil
}

// unescaped undoes the form encoding that RFC 6749 section 2.3.1 asks for in Basic
// credentials; what is not encoded stays.
func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func credentialForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	typ := ""
	if given := r.Header.Get("Content-Type"); given != "" {
		var err error
		if typ, _, err = mime.ParseMediaType(given); err != nil {
			return nil, Refuse(CodeMediaType, "the type of the body is not well formed")
		}
	}

	// Anybody may send here without a token, so the body is bounded before it is read.
	r.Body = http.MaxBytesReader(w, r.Body, maxCredentials)

	switch typ {
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxCredentials); err != nil {
			return nil, BodyError(w, err)
		}
		return url.Values(r.MultipartForm.Value), EndOfBody(w, r.Body)
	case "", "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, BodyError(w, err)
		}
		return r.PostForm, nil
	}

	return nil, Refuse(CodeMediaType, "expected application/x-www-form-urlencoded or multipart/form-data")
}
