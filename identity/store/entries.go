package store

import (
	"encoding/binary"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// entryWriter writes changes as entries.
type entryWriter struct {
	batch   *filelog.Batch
	lists   *lists
	known   int // lists that the file has
	texts   int // shared texts that it has
	entries int // that count, see [File.replay]
	body    []byte
	names   []byte
}

// put writes an entry, after the lists and texts that it refers to.
func (e *entryWriter) put(kind byte, body []byte) (filelog.Place, error) {
	e.body = body[:0]
	for ; e.known < len(e.lists.schemas); e.known++ {
		e.names = codec.AppendTexts(e.names[:0], e.lists.schemas[e.known].Names())
		if _, err := e.batch.Entry(entryList, e.names); err != nil {
			return filelog.Place{}, err
		}
		e.entries++
	}

	if list := e.lists.shared.list; e.texts < len(list) {
		e.names = codec.AppendTexts(e.names[:0], list[e.texts:])
		e.texts = len(list)
		if _, err := e.batch.Entry(entryTexts, e.names); err != nil {
			return filelog.Place{}, err
		}
	}

	e.entries++
	return e.batch.Entry(kind, body)
}

func (e *entryWriter) person(i *identity.Identity) (filelog.Place, error) {
	return e.put(entryPerson, e.lists.appendPerson(e.body[:0], i))
}

func (e *entryWriter) account(a *identity.Account) (filelog.Place, error) {
	return e.put(entryAccount, e.lists.appendAccount(e.body[:0], a))
}

func (e *entryWriter) decision(d identity.Decision) error {
	_, err := e.put(entryDecision, codec.AppendText(binary.AppendUvarint(e.body[:0], uint64(d.Number)), d.Event))
	return err
}

func (e *entryWriter) gone(id string) error {
	_, err := e.put(entryDelete, codec.AppendText(e.body[:0], id))
	return err
}

func (e *entryWriter) forget(key identity.AccountKey) error {
	_, err := e.put(entryForget, codec.AppendText(codec.AppendText(e.body[:0], key.Source), key.NativeIdentity))
	return err
}
