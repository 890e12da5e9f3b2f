package ldif

import "github.com/idprofile/engine/identity/diag"

// Codes of findings and assumptions that this package reports or looks for.
const (
	codeAccountIDMissing diag.Code = "account-id-missing"
	codeLDIFBase64       diag.Code = "ldif-base64"
	codeLDIFBinary       diag.Code = "ldif-binary"
	codeLDIFChange       diag.Code = "ldif-change"
	codeLDIFDnDuplicate  diag.Code = "ldif-dn-duplicate"
	codeLDIFDnMissing    diag.Code = "ldif-dn-missing"
	codeLDIFEncoding     diag.Code = "ldif-encoding"
	codeLDIFRange        diag.Code = "ldif-range"
	codeLDIFReferrals    diag.Code = "ldif-referrals"
	codeLDIFSize         diag.Code = "ldif-size"
	codeLDIFSyntax       diag.Code = "ldif-syntax"
	codeLDIFUrl          diag.Code = "ldif-url"
)
