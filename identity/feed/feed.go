package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"path"
	"strings"
	"sync/atomic"

	"github.com/idprofile/engine/identity"
)

// File is a source that reads its accounts from a file, anew each time. It is
// safe for concurrent use.
type File struct {
	options Options
	name    string
	path    string
	open    func() (io.ReadCloser, error)
	read    ReadFunc
	refused atomic.Int64

	validates bool                   // what is read follows from file and options alone
	validator atomic.Pointer[[]byte] // of the last reading
}

var (
	_ identity.Refuser     = (*File)(nil)
	_ identity.Recognizer  = (*File)(nil)
	_ identity.Revalidator = (*File)(nil)
	_ identity.Ahead       = (*File)(nil)
)

// ReadFunc reads the accounts of a file, see [NewFile].
type ReadFunc = func(ctx context.Context, r *Reading, src io.Reader, yield func(identity.Account, error) bool)

// Open returns the accounts of a file as a source. The extension says how the
// file is read: .csv, .tsv and .txt are delimited; .json, .jsonl and .ndjson hold
// objects, one after another or in one array. The file is opened when its
// accounts are read; Open only looks whether it is there.
//
// Objects are either accounts as the accounts API lists them, with their values
// in the member attributes, or plain objects whose members are the attributes.
// Accounts of other sources in the file are passed over.
func Open(fsys fs.FS, file string, o Options) (*File, error) {
	switch info, err := fs.Stat(fsys, file); {
	case err != nil:
		return nil, inFile(file, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: it is no regular file", file)
	}

	open := func() (io.ReadCloser, error) { return fsys.Open(file) }
	switch ext := strings.ToLower(path.Ext(file)); ext {
	case ".csv", ".tsv", ".txt":
		return Delimited(file, open, o)
	case ".json", ".jsonl", ".ndjson":
		return JSON(file, open, o)
	default:
		return nil, fmt.Errorf("%s: accounts in a %q file, expected .csv, .tsv, .txt, .json, .jsonl or .ndjson", file,
			ext)
	}
}

// inFile makes an error name the file, once: that of a file system may have the name
// already, behind the name of what failed.
func inFile(file string, err error) error {
	var path *fs.PathError
	if errors.As(err, &path) && path.Path == file {
		return fmt.Errorf("%s: %w", file, path.Err)
	}
	if strings.HasPrefix(err.Error(), file+": ") {
		return err
	}
	return fmt.Errorf("%s: %w", file, err)
}

// Delimited returns the accounts of a delimited file with a header row as a
// source. All values are texts, whatever type the schema gives them: a delimited
// file holds nothing else. The file name serves messages and, without
// [Options.Name], the name of the source.
//
// Source: profile/DECISIONS.md, DECISION 52 and 61.
func Delimited(file string, open func() (io.ReadCloser, error), o Options) (*File, error) {
	return ownFile(file, open, o, readDelimited)
}

// JSON returns the accounts of a file of JSON objects as a source; see [Open].
// Values keep their type.
func JSON(file string, open func() (io.ReadCloser, error), o Options) (*File, error) {
	return ownFile(file, open, o, readJSON)
}

func ownFile(file string, open func() (io.ReadCloser, error), o Options, read ReadFunc) (*File, error) {
	f, err := NewFile(file, open, o, read)
	if err != nil {
		return nil, err
	}
	f.validates = open != nil
	return f, nil
}

// NewFile returns the accounts of a file of another format as a source. read
// reads src to its end, builds accounts with the [Reading] and yields them until
// yield returns false; an error that it yields ends the stream and should name
// file and line. With a nil open, src is nil: read gets the data by itself.
func NewFile(file string, open func() (io.ReadCloser, error), o Options,
	read ReadFunc) (*File, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	name := o.Name
	if name == "" {
		name = SourceName(file)
	}
	return &File{options: o, name: name, path: file, open: open, read: read}, nil
}

// SourceName returns the source that a file is named for: its name without
// folder and extension, percent-decoded (A%2FB.csv is A/B).
func SourceName(file string) string {
	base := path.Base(file)
	base = strings.TrimSuffix(base, path.Ext(base))
	if name, err := url.PathUnescape(base); err == nil {
		return name
	}
	return base
}

// Name returns the display name of the source.
func (f *File) Name() string { return f.name }

// Refused returns how many accounts were refused when the file was read last.
func (f *File) Refused() int { return int(f.refused.Load()) }

// Accounts yields the accounts in the order of the file. Two accounts with one
// id are both yielded. The error that ends the stream names the file and, where
// there is one, the line.
func (f *File) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return f.reading(ctx, &f.options, nil)
}

// Unrecognized implements [identity.Recognizer]. Rows of delimited files that are not merged
// and plain objects of JSON files are recognised; all other accounts are yielded, without
// fingerprint.
func (f *File) Unrecognized(ctx context.Context,
	known func(nativeIdentity string, fingerprint uint64) bool) iter.Seq2[identity.Account, error] {
	return f.reading(ctx, &f.options, known)
}

func (f *File) reading(ctx context.Context, o *Options,
	known func(string, uint64) bool) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		var src io.ReadCloser
		if f.open != nil {
			var err error
			if src, err = f.open(); err != nil {
				yield(identity.Account{}, inFile(f.path, err))
				return
			}

			defer src.Close()
		}

		// Who recognises accounts may want to know in the next run whether anything has changed at all.
		var w *witness
		text := io.Reader(src)
		f.validator.Store(nil)
		if known != nil && f.validates {
			w = &witness{src: src}
			text, o, yield = w, w.listen(*o), w.watch(yield)
		}

		// Refused accounts are counted also when the reading ends early: they must
		// not look as if they had been deleted.
		p := newReading(o, f.path, f.name)
		p.open, p.known = f.open, known
		defer func() { f.refused.Store(int64(p.refused)) }()
		f.read(ctx, p, text, yield)
		if w != nil {
			v := w.text(f, p)
			f.validator.Store(&v)
		}
	}
}
