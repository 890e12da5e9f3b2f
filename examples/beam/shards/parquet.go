package shards

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/parquet-go/parquet-go"
)

// parquetFile reads a Parquet file as JSON Lines.
type parquetFile struct {
	file interface {
		fs.File
		io.ReaderAt
	}
	rows  *parquet.Reader
	names []string
	ready []byte
	row   parquet.Row
	err   error
}

func newParquetLines(file interface {
	fs.File
	io.ReaderAt
}) (fs.File, error) {
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}

	p, err := parquet.OpenFile(file, info.Size())
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", info.Name(), err)
	}

	return &parquetFile{file: file, rows: parquet.NewReader(p)}, nil
}

// Stat describes the Parquet file.
func (p *parquetFile) Stat() (fs.FileInfo, error) { return p.file.Stat() }

// Close closes the Parquet file.
func (p *parquetFile) Close() error { return errors.Join(p.rows.Close(), p.file.Close()) }

// Read gives the next lines.
func (p *parquetFile) Read(b []byte) (int, error) {
	for len(p.ready) == 0 {
		if p.err != nil {
			return 0, p.err
		}
		p.next()
	}

	n := copy(b, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}

// next makes a line of the next row. Members stand in the order of their names.
func (p *parquetFile) next() {
	object := map[string]any{}
	if p.err = p.rows.Read(&object); p.err != nil {
		return
	}
	line, err := json.Marshal(object)
	if err != nil {
		p.err = err
		return
	}

	p.ready = append(line, '\n')
}

// WriteParquet writes rows of texts to a Parquet file; a text that is nil is null.
func WriteParquet(to io.Writer, names []string, rows [][]*string) error {
	group := parquet.Group{}
	for _, name := range names {
		group[name] = parquet.Optional(parquet.String())
	}
	w := parquet.NewWriter(to, parquet.NewSchema("accounts", group))
	for _, row := range rows {
		object := map[string]any{}
		for i, name := range names {
			if row[i] != nil {
				object[name] = *row[i]
			}
		}

		if err := w.Write(object); err != nil {
			return err
		}
	}

	return w.Close()
}
