package builtin

import (
	"sync"

	"github.com/idprofile/engine/transform"
)

// Library returns the operations of the platform. It is the same library each time; for
// other operations make one of your own, see [transform.Library.With].
func Library() *transform.Library { return library() }

var library = sync.OnceValue(func() *transform.Library { return transform.NewLibrary(operations()...) })

func operations() []transform.Operation {
	return []transform.Operation{
		accountAttribute(),
		base64Decode(),
		base64Encode(),
		concat(),
		conditional(),
		dateCompare(),
		dateFormat(),
		dateMath(),
		decomposeDiacriticalMarks(),
		displayName(),
		e164phone(),
		firstValid(),
		identityAttribute(),
		indexOf(),
		iso3166(),
		join(),
		lastIndexOf(),
		leftPad(),
		lookup(),
		lower(),
		normalizeNames(),
		randomAlphaNumeric(),
		randomNumeric(),
		reference(),
		replace(),
		replaceAll(),
		rfc5646(),
		rightPad(),
		rule(),
		split(),
		static(),
		substring(),
		trim(),
		upper(),
		usernameGenerator(),
		uuid(),
	}
}
