package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// holder is who a token belongs to.
type holder struct {
	alias string
	actor nonemployee.Actor
}

// tokens finds the holder of a token. Tokens are kept and compared as hashes, so how
// long a look-up takes says nothing about them.
type tokens map[[sha256.Size]byte]holder

var errToken = errors.New("the token is missing or not known")

func newTokens(c *Config) (tokens, error) {
	out := tokens{}
	for _, t := range c.Tokens {
		rights, err := rightsOf(t.Rights)
		if err != nil {
			return nil, err
		}
		out[sha256.Sum256([]byte(t.Token))] = holder{t.Alias, nonemployee.Actor{ID: staffID(t.Alias), Rights: rights}}
	}

	return out, nil
}

func (t tokens) find(token string) (holder, error) {
	h, ok := t[sha256.Sum256([]byte(token))]
	if !ok {
		return holder{}, errToken
	}
	return h, nil
}

// authenticate names the actor of a request: the hook of the REST handler. It also
// notes the alias for the request log.
func (t tokens) authenticate(r *http.Request) (nonemployee.Actor, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return nonemployee.Actor{}, errToken
	}
	h, err := t.find(token)
	if e, ok := r.Context().Value(entryKey{}).(*entry); ok {
		e.alias = h.alias
	}
	return h.actor, err
}

// gate lets in who has a token, and ends guessing.
type gate struct {
	tokens
	clock func() time.Time
	wrong *isc.Limiter // by address
}

// maxAttempts bounds the wrong tokens that come from one address.
var maxAttempts = isc.Rate{Requests: 20, Per: time.Minute}

func newGate(t tokens, clock func() time.Time) *gate {
	return &gate{tokens: t, clock: clock, wrong: isc.NewLimiter(maxAttempts)}
}

// guarded answers too many wrong tokens from an address, and counts the answers 401
// that next gives.
func (g *gate) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host, now := isc.RemoteHost(r), g.clock()
		if wait := g.wrong.Wait(host, now); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			answer(w, http.StatusTooManyRequests, map[string]string{"message": " Rate Limit Exceeded "})
			return
		}

		out := &statusWriter{ResponseWriter: w}
		if next(out, r); out.status == http.StatusUnauthorized {
			g.wrong.Count(host, now)
		}
	}
}

// login is the end point of client credentials, so that clients made for a tenant sign
// in as they do there: the client id is an alias, the secret its token, and the token
// itself comes back.
func (g *gate) login(w http.ResponseWriter, r *http.Request) {
	c, err := isc.ReadCredentials(w, r)
	var refused *isc.Error
	if errors.As(err, &refused) {
		answer(w, refused.Status(), map[string]string{"error": "invalid_request", "error_description": refused.Text()})
		return
	}

	// The token decides who it is; the alias only has to agree, as the id of a client does.
	h, err := g.find(c.Secret)
	switch {
	case c.Grant != "client_credentials":
		answer(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	case err != nil || h.alias != c.ID:
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	default:
		answer(w, http.StatusOK, map[string]any{
			"access_token": c.Secret, "token_type": "bearer", "expires_in": 3600,
			"identity_id": h.actor.ID,
		})
	}
}

// only lets actors with a right pass.
func (g *gate) only(right nonemployee.Rights, next http.HandlerFunc) http.HandlerFunc {
	return g.guarded(func(w http.ResponseWriter, r *http.Request) {
		switch a, err := g.authenticate(r); {
		case err != nil:
			answer(w, http.StatusUnauthorized, map[string]string{"error": "the request is not authenticated"})
		case a.Rights&right == 0:
			answer(w, http.StatusForbidden, map[string]string{"error": "not allowed for this actor"})
		default:
			next(w, r)
		}
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error of the connection concerns nobody
}

type entryKey struct{}

// entry is what the request log learns on the way.
type entry struct{ alias string }

func withEntry(r *http.Request) (*http.Request, *entry) {
	e := &entry{}
	return r.WithContext(context.WithValue(r.Context(), entryKey{}, e)), e
}
