package builtin

import "github.com/idprofile/engine/transform"

// Library returns the operations of the platform.
func Library() *transform.Library { return transform.NewLibrary(operations()...) }

func operations() []transform.Operation {
	return []transform.Operation{
		accountAttribute(),
		base64Decode(),
		base64Encode(),
		concatOp(),
		conditionalOp(),
		dateCompare(),
		dateFormat(),
		dateMath(),
		decomposeDiacriticalMarks(),
		displayNameOp(),
		e164phone(),
		firstValidOp(),
		identityAttributeOp(),
		indexOf(),
		iso3166(),
		joinOp(),
		lastIndexOf(),
		leftPad(),
		lookupOp(),
		lower(),
		normalizeNames(),
		randomAlphaNumeric(),
		randomNumeric(),
		referenceOp(),
		replaceOp(),
		replaceAllOp(),
		rfc5646(),
		rightPad(),
		ruleOp(),
		splitOp(),
		staticOp(),
		substringOp(),
		trim(),
		upper(),
		usernameGenerator(),
		uuid(),
	}
}
