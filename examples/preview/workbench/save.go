package workbench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// saveRequest asks that drafts become the files.
type saveRequest struct {
	Drafts []draft `json:"drafts"`
}

// saveAnswer is the answer of /api/save; with problems nothing was saved.
type saveAnswer struct {
	Saved    []string       `json:"saved"`
	Error    string         `json:"error,omitempty"`
	Code     string         `json:"code,omitempty"`
	Problems []draftProblem `json:"problems,omitempty"`
}

// save puts drafts into the files as they are on the disk at this moment, or says why not.
func (s *Server) save(w http.ResponseWriter, r *http.Request) {
	var q saveRequest
	if err := readJSON(r, &q); err != nil {
		s.fail(w, r, err)
		return
	}

	if !s.opts.Write || s.opts.Dir == "" {
		refuse(w, http.StatusForbidden, "read-only",
			"the workbench was started without --write: export the drafts instead")
		return
	}

	// One saves at a time: between looking at the files and writing them nobody else may write.
	s.saving.Lock()
	defer s.saving.Unlock()
	saved, problems, err := s.store(q.Drafts)
	switch {
	case len(problems) > 0:
		answer(w, http.StatusConflict, saveAnswer{Saved: []string{}, Code: "conflict", Problems: problems,
			Error: "nothing was saved"})
	case err != nil:
		answer(w, http.StatusInternalServerError, saveAnswer{Saved: saved, Code: "save", Error: err.Error()})
	default:
		s.reload()
		answer(w, http.StatusOK, saveAnswer{Saved: saved})
	}
}

// store writes the files. All of them are complete beside their places before the first
// takes its place, so that a full disk or a power cut leaves each file old or new.
func (s *Server) store(drafts []draft) (saved []string, problems []draftProblem, err error) {
	saved = []string{}
	files, err := readFiles(s.opts.FS)
	if err != nil {
		return saved, nil, err
	}
	b, _ := config.Load(memory{below: s.opts.FS, files: files})
	_, byKey := objectsOf(b, files)
	e := edit(files, byKey, drafts)
	for key, p := range e.places {
		if src := e.files[p.file]; src != nil { // what is no JSON would take everything else in the file with it
			if _, found := jsondoc.Parse(p.file, src[p.from:p.to]); found.HasErrors() {
				e.problems = append(e.problems, draftProblem{Key: key, Code: "syntax", Message: "it is no JSON yet"})
			}
		}
	}

	if len(e.problems) > 0 {
		return saved, e.problems, nil
	}
	root, err := os.OpenRoot(s.opts.Dir)
	if err != nil {
		return saved, nil, err
	}
	defer root.Close()

	names := slices.Sorted(maps.Keys(e.files))
	temps := map[string]string{}
	defer func() {
		for _, t := range temps {
			_ = root.Remove(t) // those that have taken their place are no longer there
		}
	}()
	for _, p := range names {
		if !savable(p) {
			return saved, nil, fmt.Errorf("%s is no place for a configuration file", p)
		}
		temp, err := prepare(root, p, e.files[p])
		if temp != "" {
			temps[p] = temp
		}
		if err != nil {
			return saved, nil, fmt.Errorf("nothing was saved: %w", err)
		}
	}

	for _, p := range names {
		if err := unchanged(root, p, e.before[p]); err != nil {
			return saved, nil, fmt.Errorf("%s: %w", p, err)
		}
		if err := root.Rename(temps[p], p); err != nil {
			return saved, nil, fmt.Errorf("%s: %w", p, err)
		}
		saved = append(saved, p)
	}

	return saved, nil, nil
}

// errChanged says that a file was changed in the moment before it was to be replaced.
var errChanged = errors.New("it was changed on the disk while it was being saved; its draft is still here")

func unchanged(root *os.Root, p string, was []byte) error {
	now, err := root.ReadFile(p)
	if errors.Is(err, fs.ErrNotExist) && was == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if was == nil || !bytes.Equal(now, was) {
		return errChanged
	}
	return nil
}

// prepare writes a file beside its place, with the permissions of the one it replaces.
func prepare(root *os.Root, p string, src []byte) (temp string, err error) {
	mode := fs.FileMode(0o644)
	info, err := root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := root.MkdirAll(path.Dir(p), 0o755); err != nil {
			return "", err
		}
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is a link or no regular file: edit the file itself", p)
	default:
		mode = info.Mode().Perm()
	}

	// In the same folder, so that putting it in place is a rename on one disk; hidden, so that a reload
	// passes it by.
	temp = path.Join(path.Dir(p), "."+path.Base(p)+"."+NewToken()[:8]+".tmp")
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	_, err = f.Write(src)
	return temp, errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}
