package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/isc"
)

// Client is somebody who may sign in with an id and a secret.
type Client struct {
	ID, Secret string
	Actor      Actor
}

// Clients is the token end point: it gives clients tokens, and knows whose they are.
// It is safe for concurrent use.
//
// Tokens have the form of a signed JWT with the claims user_name and exp, because the
// vendor's command-line tool sends no other and the editor extension reads them.
type Clients struct {
	key      []byte
	now      func() time.Time
	lifetime time.Duration
	mu       sync.RWMutex // guards byID
	byID     map[string]Client
	wrong    *isc.Limiter
}

// NewClients makes a token end point. The key signs tokens and should be random;
// tokens of another key are not known.
func NewClients(key []byte, now func() time.Time, lifetime time.Duration, clients ...Client) *Clients {
	c := &Clients{
		key: key, now: now, lifetime: lifetime, byID: map[string]Client{},
		wrong: isc.NewLimiter(isc.Rate{Requests: 20, Per: time.Minute}),
	}
	for _, one := range clients {
		c.byID[one.ID] = one
	}
	return c
}

// Add lets one more client sign in; one with the same id is replaced.
func (c *Clients) Add(one Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byID[one.ID] = one
}

func (c *Clients) client(id string) (Client, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	one, ok := c.byID[id]
	return one, ok
}

// claims is what a token says.
type claims struct {
	UserName string `json:"user_name"`
	ClientID string `json:"client_id"`
	Expires  int64  `json:"exp"`
}

var errToken = errors.New("the token is missing or not known")

// Token gives a client a token.
func (c *Clients) Token(clientID string) string {
	client, _ := c.client(clientID)
	body, _ := json.Marshal(claims{ // cannot fail: texts and a number
		UserName: client.Actor.Name, ClientID: clientID, Expires: c.now().Add(c.lifetime).Unix(),
	})
	text := part([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + part(body)
	return text + "." + part(c.sign(text))
}

func part(src []byte) string { return base64.RawURLEncoding.EncodeToString(src) }

func (c *Clients) sign(text string) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Authenticate names the actor of a request by its token; it fits
// [Options.Authenticate].
func (c *Clients) Authenticate(r *http.Request) (Actor, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")

	// What is signed is all before the last point. The signature is compared in constant time, so that answers do
	// not tell how much of a guess was right.
	at := strings.LastIndexByte(token, '.')
	if !ok || at < 0 {
		return Actor{}, errToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
	if err != nil || !hmac.Equal(signature, c.sign(token[:at])) {
		return Actor{}, errToken
	}

	// The signature is ours, so what it covers has the form that Token gives it.
	_, body, _ := strings.Cut(token[:at], ".")
	src, err := base64.RawURLEncoding.DecodeString(body)
	var said claims
	if err != nil || json.Unmarshal(src, &said) != nil || c.now().Unix() >= said.Expires {
		return Actor{}, errToken
	}

	// A client that was removed meanwhile has no more rights, however long its tokens last.
	client, ok := c.client(said.ClientID)
	if !ok {
		return Actor{}, errToken
	}
	return client.Actor, nil
}

// ServeHTTP answers POST /oauth/token in every spelling that clients use; see
// [isc.ReadCredentials].
func (c *Clients) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	answer := func(status int, body any) { _ = isc.WriteJSON(w, status, body) }

	// Wrong secrets are counted by the host they come from, so that guessing gets slow without locking
	// clients out.
	host := isc.RemoteHost(r)
	if c.wrong.Wait(host, c.now()) > 0 {
		w.Header().Set("Retry-After", "60")
		answer(http.StatusTooManyRequests, map[string]string{"message": " Rate Limit Exceeded "})
		return
	}

	given, err := isc.ReadCredentials(w, r)
	var refused *isc.Error
	if errors.As(err, &refused) {
		answer(refused.Status(), map[string]string{"error": "invalid_request", "error_description": refused.Text()})
		return
	}

	client, ok := c.client(given.ID)

	// In constant time, whether or not the client is known: how long it takes must not tell.
	same := subtle.ConstantTimeCompare([]byte(client.Secret), []byte(given.Secret)) == 1
	switch {
	case given.Grant != "client_credentials":
		answer(http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
	case !ok || !same:
		c.wrong.Count(host, c.now())
		answer(http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
	default:
		answer(http.StatusOK, map[string]any{
			"access_token": c.Token(given.ID), "token_type": "bearer", "expires_in": int(c.lifetime.Seconds()),
		})
	}
}
