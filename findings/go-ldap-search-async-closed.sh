#!/usr/bin/env bash
# What: github.com/go-ldap/ldap/v3 v3.4.15. SearchAsync on a connection that the server has closed ends at once: Next is
# false and Err is nil, as after a search that found nothing. A reader that asks page by page and ends with the first page
# that has no cookie takes a server that went away for the end of the data. Search says "connection closed".
# Guess before: the same error as from Search, in Err.
set -euo pipefail
dir=$(mktemp -d); trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT; cd "$dir"
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/go-ldap/ldap/v3"
)

func main() {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() {
		c, _ := l.Accept()
		c.Close() // the server goes away
	}()
	conn, err := ldap.DialURL("ldap://" + l.Addr().String())
	if err != nil {
		panic(err)
	}
	for !conn.IsClosing() {
		time.Sleep(10 * time.Millisecond)
	}
	request := ldap.NewSearchRequest("dc=x", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(objectClass=*)", nil, nil)
	_, plain := conn.Search(request)
	answer := conn.SearchAsync(context.Background(), request, 8)
	next := answer.Next()
	fmt.Printf("Search: %v\nSearchAsync: Next %v, Err %v\n", plain, next, answer.Err())
	if plain == nil || next || answer.Err() != nil {
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1; go get github.com/go-ldap/ldap/v3@v3.4.15 >/dev/null 2>&1
go run .
