#!/usr/bin/env bash
# What: Miller (mlr) 6.6.0 of Debian 12, CSV to JSON. It keeps an employee number with leading zeros as the text "00123", but a badge
# or cost centre such as 12E3 is written without quotation marks, which is the number 12000 for whoever reads the JSON, and 0x1F and 0b11
# are written without them too, which is no JSON at all. One column has texts and numbers mixed, row by row.
# Guess before: as the zeros are kept, whatever is not plainly a number stays a text, and what comes out is JSON. With -S
# all of them are texts.
# Source: Miller reference, "Arithmetic: input scanning", which tells of numbers from hexadecimal input, not that the JSON keeps them.
set -euo pipefail
command -v mlr >/dev/null || { apt-get update -qq && apt-get install -y -qq miller=6.6.0* >/dev/null; }
mlr --version
seen=$(printf 'id\n00123\n12E3\n0x1F\n0b11\n' | mlr --icsv --ojsonl cat | tr '\n' ' ')
echo "$seen"
[ "$(mlr --version)" = "mlr 6.6.0" ]
[ "$seen" = '{"id": "00123"} {"id": 12E3} {"id": 0x1F} {"id": 0b11} ' ]
