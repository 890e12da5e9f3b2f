#!/usr/bin/env bash
# Go's encoding/csv, Writer with UseCRLF: a lone carriage return inside a quoted cell is dropped.
#
# Guess: UseCRLF decides how rows end; a quoted cell keeps its text.
# Seen (Go 1.26): "a\rb" is written as "ab", and a line feed in a cell becomes \r\n; without UseCRLF both stay.
# Whoever writes accounts or identities for a spreadsheet with UseCRLF changes values and is told nothing.
# Source: encoding/csv, Writer.UseCRLF, which promises only that lines end with \r\n.
set -euo pipefail
version=1.26 # of Go
go version | grep -q "go$version" || { echo "this is about Go $version"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat > go.mod <<'MOD'
module probe

go 1.26.0
MOD
cat > main.go <<'GO'
package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
)

func main() {
	for _, crlf := range []bool{false, true} {
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.UseCRLF = crlf
		if err := w.Write([]string{"a\rb", "c\nd"}); err != nil {
			panic(err)
		}
		w.Flush()
		fmt.Printf("UseCRLF=%v %q\n", crlf, b.String())
	}
}
GO
go version
got=$(go run .)
echo "$got"
want='UseCRLF=false "\"a\rb\",\"c\nd\"\n"
UseCRLF=true "\"ab\",\"c\r\nd\"\r\n"'
[ "$got" = "$want" ] || { echo "this has changed"; exit 1; }
