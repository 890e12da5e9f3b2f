// Package isctest has what the tests of servers share: bodies that a transport must refuse, and texts
// that must stay texts.
package isctest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Chunked is a body in chunks as it goes over the wire.
type Chunked struct {
	Name string
	Wire string
	open bool // nothing tells the server that no more comes but the body itself
}

// Whole is a body in two chunks.
func Whole(body string) Chunked {
	return Chunked{Name: "whole", Wire: chunk(body[:len(body)/2]) + chunk(body[len(body)/2:]) + "0\r\n\r\n", open: true}
}

// Malformed are forms in which a body does not come as a whole: in each, what says how long
// the chunks are is damaged or missing. Somewhere in each stands quoted, which must be in no
// answer and no log.
func Malformed(body, quoted string) []Chunked {
	head, tail := chunk(body[:len(body)/2]), chunk(body[len(body)/2:])
	size := fmt.Sprintf("%x", len(body))
	return []Chunked{
		{Name: "size that is no number", Wire: quoted + "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "second size that is no number", Wire: head + quoted + "\r\n" + tail + "0\r\n\r\n"},
		{Name: "negative size", Wire: "-" + size + "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "size with a prefix", Wire: "0x" + size + "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "empty size", Wire: "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "size of seventeen digits", Wire: strings.Repeat("f", 17) + "\r\n" + body},
		{Name: "endless size", Wire: strings.Repeat("0", 9000) + size + "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "two carriage returns", Wire: size + "\r\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "line feeds alone", Wire: size + "\n" + body + "\n0\n\n"},
		{Name: "size too small", Wire: fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body)-3, body)},
		{Name: "size too big", Wire: fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body)+5000, body)},
		{Name: "no line end behind a chunk", Wire: size + "\r\n" + body + "0\r\n\r\n"},
		{Name: "other bytes behind a chunk", Wire: size + "\r\n" + body + quoted + "\r\n0\r\n\r\n"},
		{Name: "endless extension", Wire: size + ";" + strings.Repeat(quoted, 2000) + "\r\n" + body + "\r\n0\r\n\r\n"},
		{Name: "extensions longer than all chunks", Wire: extended(body, quoted) + "0\r\n\r\n"},
		{Name: "no last chunk", Wire: head + tail},
		{Name: "last chunk without its end", Wire: head + tail + "0\r\n"},
		{Name: "last size that is no number", Wire: head + tail + quoted + "\r\n\r\n"},
		{Name: "last size too long", Wire: head + tail + strings.Repeat("0", 40) + "\r\n\r\n"},
		{Name: "trailer that is none", Wire: head + tail + "0\r\n" + quoted + "\r\n\r\n"},
		{Name: "trailer that is cut", Wire: head + tail + "0\r\nX-A: " + quoted + "\r\n"},
		{Name: "endless trailer", Wire: head + tail + "0\r\nX-A: " + strings.Repeat(quoted, 5000) + "\r\n\r\n"},
	}
}

func chunk(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }

// extended is a body of chunks that have a byte and a long extension each.
func extended(body, text string) string {
	var b strings.Builder
	for _, c := range []byte(body) {
		fmt.Fprintf(&b, "1;%s\r\n%c\r\n", strings.Repeat(text, 100), c)
	}
	return b.String()
}

// Send sends a request with a chunked body to a host. Behind one that is malformed it ends
// its side of the connection, as otherwise a server would wait for the rest. head has the
// request line and the other header lines, each with its line end. The answer is all that comes until the server closes the connection; an error
// says that it did not within some seconds.
func Send(host, head string, c Chunked) (answer string, err error) {
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return "", err
	}

	// A server that has answered already may refuse the rest.
	_, _ = io.WriteString(conn, head+"Transfer-Encoding: chunked\r\n\r\n"+c.Wire)
	if tcp, ok := conn.(*net.TCPConn); ok && !c.open {
		_ = tcp.CloseWrite()
	}

	var out bytes.Buffer
	_, err = out.ReadFrom(conn)
	if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
		err = nil // closed with bytes of ours unread, which is closed
	}
	return out.String(), err
}
