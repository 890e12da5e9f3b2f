// Package shards finds, splits and merges the files of a run that is spread over
// many machines.
package shards

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Shard is a file with some of the accounts of a source. Number is its place among
// the shards of the source: rows of one with a lower number come first, as in one
// file that was cut.
type Shard struct {
	Source string
	File   string // below the root
	Number int
}

// Extensions are those of files that hold accounts. Parquet files are read as JSON
// Lines, see [FS].
var Extensions = []string{".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".ldif", ".parquet"}

// Find returns the shards below a root: for each source a folder that is named for
// it, percent-encoded where a name needs it, with files in the order of their names;
// or one file that is named for it.
func Find(root string, sources []string) ([]Shard, error) {
	var list []Shard
	for _, source := range sources {
		name := url.PathEscape(source)
		entries, err := os.ReadDir(filepath.Join(root, name))
		switch {
		case err == nil:
			for _, e := range entries { // sorted by name
				if slices.Contains(Extensions, path.Ext(e.Name())) {
					list = append(list, Shard{Source: source, File: virtual(name + "/" + e.Name())})
				}
			}

		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		default:
			for _, ext := range Extensions {
				for _, file := range []string{name + ext, source + ext} {
					if _, err := os.Stat(filepath.Join(root, file)); err == nil {
						list = append(list, Shard{Source: source, File: virtual(file)})
						break
					}
				}
			}
		}
	}

	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no shards; expected a folder or a file for each source, such as %s", root,
			url.PathEscape(sources[0]))
	}
	count := map[string]int{}
	for i := range list {
		list[i].Number = count[list[i].Source]
		count[list[i].Source]++
	}

	return list, nil
}

// Files returns the files of each source, in order.
func Files(list []Shard) map[string][]string {
	files := map[string][]string{}
	for _, s := range list {
		files[s.Source] = append(files[s.Source], s.File)
	}
	return files
}

// parquetLines is what the name of a Parquet file ends with that is read as lines.
const parquetLines = ".parquet.jsonl"

func virtual(file string) string {
	if path.Ext(file) == ".parquet" {
		return file + ".jsonl"
	}
	return file
}

// FS is a folder in which each Parquet file X.parquet can also be opened as
// X.parquet.jsonl, with a JSON object for each row: so it is read as any other
// file of accounts, by the same settings.
func FS(root string) fs.FS { return files{os.DirFS(root)} }

type files struct{ fs.FS }

// Stat describes a file.
func (f files) Stat(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, real(name)) }

// real returns the name of the file that is read under a name.
func real(name string) string {
	if strings.HasSuffix(name, parquetLines) {
		return strings.TrimSuffix(name, ".jsonl")
	}
	return name
}

// Open opens a file.
func (f files) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, parquetLines) {
		return f.FS.Open(name)
	}
	file, err := f.FS.Open(real(name))
	if err != nil {
		return nil, err
	}
	at, ok := file.(interface {
		fs.File
		io.ReaderAt
	})
	if !ok {
		file.Close()
		return nil, fmt.Errorf("%s: a Parquet file must be readable at any place", name)
	}

	return newParquetLines(at)
}
