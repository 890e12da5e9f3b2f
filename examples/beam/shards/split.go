package shards

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
)

// Split cuts an account file into n shards of about the same number of rows, below
// the folder to, in a folder that is named for the source. The format is that of the
// file, or, of a CSV file, parquet.
func Split(ctx context.Context, root string, s Shard, to string, n int, format string) error {
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(s.File)))
	if err != nil {
		return err
	}
	ext := path.Ext(s.File)
	head, rows, err := cut(ext, text)
	if err != nil {
		return fmt.Errorf("%s: %w", s.File, err)
	}
	folder := filepath.Join(to, url.PathEscape(s.Source))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := rows[len(rows)*i/n : len(rows)*(i+1)/n]
		name := filepath.Join(folder, fmt.Sprintf("%05d-of-%05d", s.Number*n+i, n))
		if format == "parquet" && ext == ".csv" {
			err = writeAsParquet(name+".parquet", head, part)
		} else {
			err = os.WriteFile(name+ext, append(bytes.Clone(head), bytes.Join(part, nil)...), 0o644)
		}

		if err != nil {
			return err
		}
	}

	return nil
}

// cut divides a file into what each shard begins with, and rows.
func cut(ext string, text []byte) (head []byte, rows [][]byte, err error) {
	switch ext {
	case ".csv":
		return cutCSV(text)
	case ".jsonl", ".ndjson":
		return nil, bytes.SplitAfter(text, []byte("\n")), nil
	case ".ldif":
		return nil, entries(text), nil
	}

	return nil, nil, fmt.Errorf("cannot split a %q file; expected .csv, .jsonl, .ndjson or .ldif", ext)
}

// cutCSV divides where rows begin, which need not be where lines do.
func cutCSV(text []byte) (head []byte, rows [][]byte, err error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	var from int64
	for first := true; ; first = false {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return head, rows, nil
		} else if err != nil {
			return nil, nil, err
		}

		row := text[from:r.InputOffset()]
		if from = r.InputOffset(); first {
			head = row
		} else {
			rows = append(rows, row)
		}
	}
}

// entries divides LDIF at empty lines.
func entries(text []byte) [][]byte {
	var list [][]byte
	for _, e := range bytes.SplitAfter(text, []byte("\n\n")) {
		if len(bytes.TrimSpace(e)) > 0 {
			list = append(list, append(bytes.TrimRight(bytes.Clone(e), "\n"), "\n\n"...))
		}
	}

	return list
}

func writeAsParquet(name string, head []byte, rows [][]byte) error {
	records, err := csv.NewReader(io.MultiReader(bytes.NewReader(head),
		bytes.NewReader(bytes.Join(rows, nil)))).ReadAll()
	if err != nil {
		return err
	}
	cells := make([][]*string, 0, len(rows))
	for _, record := range records[1:] {
		row := make([]*string, len(record))
		for i := range record {
			if record[i] != "" {
				row[i] = &record[i]
			}
		}

		cells = append(cells, row)
	}

	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(WriteParquet(f, records[0], cells), f.Close())
}

// Merge writes the lines of files, each of which is in the order of its lines, in the
// order of all lines; each line begins with a prefix.
func Merge(to io.Writer, prefix string, files ...string) error {
	type stream struct {
		*bufio.Scanner
		file *os.File
	}
	var open []stream
	defer func() {
		for _, s := range open {
			s.file.Close()
		}
	}()
	advance := func(i int) error {
		if open[i].Scan() {
			return nil
		}
		err := errors.Join(open[i].Err(), open[i].file.Close())
		open = append(open[:i], open[i+1:]...)
		return err
	}

	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 64<<20)
		open = append(open, stream{s, f})
		if err := advance(len(open) - 1); err != nil {
			return err
		}
	}

	w := bufio.NewWriter(to)
	for len(open) > 0 {
		least := 0
		for i := range open {
			if bytes.Compare(open[i].Bytes(), open[least].Bytes()) < 0 {
				least = i
			}
		}

		if _, err := w.WriteString(prefix + open[least].Text() + "\n"); err != nil {
			return err
		}
		if err := advance(least); err != nil {
			return err
		}
	}

	return w.Flush()
}
