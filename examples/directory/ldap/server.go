package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Server is a directory server as its host reaches it.
type Server struct {
	// URL is ldap://host:port, ldaps://host:port or ldapi:///path.
	URL string
	// StartTLS encrypts an ldap connection before anything is said. A server that
	// cannot is refused.
	StartTLS bool
	// TLS verifies the server's certificate; nil: against the host's authorities
	// and the name in URL.
	TLS *tls.Config

	// User is the DN, or the user principal name, to bind with; empty: anonymous.
	User string
	// Password gives the password when a connection is made; see
	// [PasswordFile] and [PasswordEnv].
	Password func() (string, error)

	// PageSize is how many entries are asked for at a time. 0: 500.
	PageSize uint32
	// TimeLimit is how long the server may take for a page, and a connection to be
	// made. 0: one minute.
	TimeLimit time.Duration
	// Attempts is how often a connection is tried. 0: 3. Wait waits between two of
	// them; nil: no waiting.
	Attempts int
	Wait     func(ctx context.Context, attempt int) error
}

const (
	pageSize  = 500
	timeLimit = time.Minute
	attempts  = 3
)

// PasswordFile reads a password from a file, without the line end.
func PasswordFile(path string) func() (string, error) {
	return func() (string, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("password: %w", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	}
}

// PasswordEnv takes a password from the environment of the program.
func PasswordEnv(name string) func() (string, error) {
	return func() (string, error) {
		text, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("password: the environment has no %s", name)
		}
		return text, nil
	}
}

// dial makes a connection and binds. Refused credentials and certificates are not
// tried again: they would lock the account, and do not change.
func (s *Server) dial(ctx context.Context) (*ldap.Conn, error) {
	tries := s.Attempts
	if tries <= 0 {
		tries = attempts
	}
	for attempt := 1; ; attempt++ {
		conn, err := s.once(ctx)
		var network *net.OpError
		switch {
		case err == nil:
			return conn, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case attempt >= tries:
			return nil, err
		case !errors.As(err, &network) && !errors.Is(err, io.EOF) && !ldap.IsErrorWithCode(err, ldap.LDAPResultBusy):
			return nil, err
		}

		if s.Wait != nil {
			if err := s.Wait(ctx, attempt); err != nil {
				return nil, err
			}
		}
	}
}

func (s *Server) once(ctx context.Context) (*ldap.Conn, error) {
	secure := s.TLS
	if secure == nil {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if secure.ServerName == "" && !secure.InsecureSkipVerify {
		address, err := url.Parse(s.URL)
		if err != nil {
			return nil, err
		}
		secure = secure.Clone()
		secure.ServerName = address.Hostname()
	}

	deadline := time.Now().Add(s.limit())
	if end, ok := ctx.Deadline(); ok && end.Before(deadline) {
		deadline = end
	}
	dialer := &net.Dialer{Deadline: deadline, Cancel: ctx.Done()}
	conn, err := ldap.DialURL(s.URL, ldap.DialWithTLSConfig(secure), ldap.DialWithDialer(dialer))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.URL, err)
	}
	conn.SetTimeout(s.limit())
	if err := s.bind(conn, secure); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", s.URL, err)
	}

	return conn, nil
}

func (s *Server) bind(conn *ldap.Conn, secure *tls.Config) error {
	if s.StartTLS {
		if err := conn.StartTLS(secure); err != nil {
			return err
		}
	}

	if s.User == "" {
		return nil
	}
	password := ""
	if s.Password != nil {
		text, err := s.Password()
		if err != nil {
			return err
		}
		password = text
	}

	// A server takes a name without a password for nobody, and the search then
	// finds what nobody may see: less, without an error.
	if password == "" {
		return errors.New("the password is empty")
	}
	return conn.Bind(s.User, password)
}

func (s *Server) limit() time.Duration {
	if s.TimeLimit > 0 {
		return s.TimeLimit
	}
	return timeLimit
}

func (s *Server) page() uint32 {
	if s.PageSize > 0 {
		return s.PageSize
	}
	return pageSize
}
