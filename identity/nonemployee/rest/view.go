package rest

import (
	"github.com/idprofile/engine/identity/nonemployee"
)

// Views are the JSON shapes of the API. A value that is absent is null.

type recordView struct {
	ID          string            `json:"id"`
	AccountName string            `json:"accountName"`
	FirstName   string            `json:"firstName"`
	LastName    string            `json:"lastName"`
	Email       *string           `json:"email"`
	Phone       *string           `json:"phone"`
	Manager     *string           `json:"manager"`
	SourceID    string            `json:"sourceId"`
	Data        map[string]string `json:"data"`
	StartDate   nonemployee.Date  `json:"startDate"`
	EndDate     nonemployee.Date  `json:"endDate"`
	Modified    nonemployee.Date  `json:"modified"`
	Created     nonemployee.Date  `json:"created"`
}

func viewRecord(r nonemployee.Record) recordView {
	return recordView{
		ID: r.ID, AccountName: r.AccountName, FirstName: r.FirstName, LastName: r.LastName, Email: orNull(r.Email),
		Phone: orNull(r.Phone), Manager: orNull(r.Manager),
		SourceID: r.SourceID, Data: r.Data, StartDate: r.StartDate, EndDate: r.EndDate, Modified: r.Modified,
		Created: r.Created,
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type sourceView struct {
	ID              string            `json:"id"`
	SourceID        string            `json:"sourceId"`
	Name            string            `json:"name"`
	Description     string            `json:"description"`
	Approvers       []nonemployee.Ref `json:"approvers"`
	AccountManagers []nonemployee.Ref `json:"accountManagers"`
	Modified        nonemployee.Date  `json:"modified"`
	Created         nonemployee.Date  `json:"created"`
}

type createdSourceView struct {
	sourceView
	CloudExternalID string `json:"cloudExternalId"`
}

type countedSourceView struct {
	sourceView
	NonEmployeeCount *int `json:"nonEmployeeCount"`
}

func viewSource(s nonemployee.Source) sourceView {
	return sourceView{
		ID: s.ID, SourceID: s.SourceID, Name: s.Name, Description: s.Description,
		Approvers: append([]nonemployee.Ref{}, s.Approvers...), AccountManagers: append([]nonemployee.Ref{},
			s.AccountManagers...),
		Modified: s.Modified, Created: s.Created,
	}
}

func viewCounted(s nonemployee.SourceCount) countedSourceView {
	return countedSourceView{viewSource(s.Source), s.Count}
}

type attributeView struct {
	ID            string           `json:"id"`
	System        bool             `json:"system"`
	Modified      nonemployee.Date `json:"modified"`
	Created       nonemployee.Date `json:"created"`
	Type          string           `json:"type"`
	Label         string           `json:"label"`
	TechnicalName string           `json:"technicalName"`
	HelpText      *string          `json:"helpText,omitempty"`
	Placeholder   *string          `json:"placeholder,omitempty"`
	Required      bool             `json:"required"`
}

func viewAttribute(a nonemployee.Attribute) attributeView {
	return attributeView{
		ID: a.ID, System: a.System, Modified: a.Modified, Created: a.Created, Type: a.Type, Label: a.Label,
		TechnicalName: a.TechnicalName,
		HelpText:      orNull(a.HelpText), Placeholder: orNull(a.Placeholder), Required: a.Required,
	}
}

func viewAttributes(all []nonemployee.Attribute) []attributeView {
	out := make([]attributeView, len(all))
	for i, a := range all {
		out[i] = viewAttribute(a)
	}
	return out
}

type itemView struct {
	ID             string             `json:"id"`
	Approver       nonemployee.Ref    `json:"approver"`
	AccountName    string             `json:"accountName"`
	ApprovalStatus nonemployee.Status `json:"approvalStatus"`
	ApprovalOrder  int                `json:"approvalOrder"`
	Comment        *string            `json:"comment"`
	Modified       nonemployee.Date   `json:"modified"`
	Created        nonemployee.Date   `json:"created"`
}

type approvalView struct {
	itemView
	NonEmployeeRequest any `json:"nonEmployeeRequest,omitempty"`
}

type requestLite struct {
	ID        string          `json:"id"`
	Requester nonemployee.Ref `json:"requester"`
}

func viewItem(a nonemployee.Approval) itemView {
	return itemView{ID: a.ID, Approver: a.Approver, AccountName: a.AccountName, ApprovalStatus: a.Status,
		ApprovalOrder: a.Order, Comment: orNull(a.Comment), Modified: a.Modified, Created: a.Created}
}

func viewApproval(a nonemployee.Approval) approvalView {
	return approvalView{viewItem(a), requestLite{a.RequestID, a.Requester}}
}

// requestView is a request; id, sourceId, name and description stand on top too, as in
// the old flattened shape.
type requestView struct {
	ID                string                 `json:"id"`
	SourceID          string                 `json:"sourceId"`
	Name              string                 `json:"name"`
	Description       string                 `json:"description"`
	AccountName       string                 `json:"accountName"`
	FirstName         string                 `json:"firstName"`
	LastName          string                 `json:"lastName"`
	Email             *string                `json:"email"`
	Phone             *string                `json:"phone"`
	Manager           *string                `json:"manager"`
	NonEmployeeSource nonemployee.SourceLite `json:"nonEmployeeSource"`
	Data              map[string]string      `json:"data"`
	ApprovalItems     []itemView             `json:"approvalItems"`
	ApprovalStatus    nonemployee.Status     `json:"approvalStatus"`
	Comment           *string                `json:"comment"`
	CompletionDate    nonemployee.Date       `json:"completionDate"`
	StartDate         nonemployee.Date       `json:"startDate"`
	EndDate           nonemployee.Date       `json:"endDate"`
	Modified          nonemployee.Date       `json:"modified"`
	Created           nonemployee.Date       `json:"created"`
	Requester         nonemployee.Ref        `json:"requester"`
}

func viewRequest(d nonemployee.RequestDetail) requestView {
	items := make([]itemView, len(d.Items))
	for i, a := range d.Items {
		items[i] = viewItem(a)
	}
	return requestView{
		ID: d.ID, SourceID: d.SourceID, Name: d.Source.Name, Description: d.Source.Description,
		AccountName: d.AccountName, FirstName: d.FirstName, LastName: d.LastName,
		Email: orNull(d.Email), Phone: orNull(d.Phone), Manager: orNull(d.Manager), NonEmployeeSource: d.Source,
		Data: d.Data, ApprovalItems: items, ApprovalStatus: d.Status,
		Comment: orNull(d.Comment), CompletionDate: d.CompletionDate, StartDate: d.StartDate, EndDate: d.EndDate,
		Modified: d.Modified, Created: d.Created, Requester: d.Requester,
	}
}

type sourceWithSchema struct {
	nonemployee.SourceLite
	SchemaAttributes []attributeView `json:"schemaAttributes"`
}

// detailedRequest is the request inside the detail of an approval; its dates are plain.
type detailedRequest struct {
	requestLite
	AccountName       string             `json:"accountName"`
	FirstName         string             `json:"firstName"`
	LastName          string             `json:"lastName"`
	Email             *string            `json:"email"`
	Phone             *string            `json:"phone"`
	Manager           *string            `json:"manager"`
	NonEmployeeSource sourceWithSchema   `json:"nonEmployeeSource"`
	Data              map[string]string  `json:"data"`
	ApprovalStatus    nonemployee.Status `json:"approvalStatus"`
	Comment           *string            `json:"comment"`
	CompletionDate    nonemployee.Date   `json:"completionDate"`
	StartDate         *string            `json:"startDate"`
	EndDate           *string            `json:"endDate"`
	Modified          nonemployee.Date   `json:"modified"`
	Created           nonemployee.Date   `json:"created"`
}

func viewDetail(d nonemployee.ApprovalDetail) approvalView {
	r := d.Request
	if r == nil {
		return viewApproval(d.Approval)
	}
	return approvalView{viewItem(d.Approval), detailedRequest{
		requestLite: requestLite{r.ID, r.Requester}, AccountName: r.AccountName, FirstName: r.FirstName,
		LastName: r.LastName, Email: orNull(r.Email), Phone: orNull(r.Phone), Manager: orNull(r.Manager),
		NonEmployeeSource: sourceWithSchema{d.Source,
			viewAttributes(d.Schema)}, Data: r.Data, ApprovalStatus: r.Status, Comment: orNull(r.Comment),
		CompletionDate: r.CompletionDate, StartDate: orNull(r.StartDate.Day()), EndDate: orNull(r.EndDate.Day()),
		Modified: r.Modified, Created: r.Created,
	}}
}

type jobView struct {
	ID       string                `json:"id"`
	SourceID string                `json:"sourceId"`
	Created  nonemployee.Date      `json:"created"`
	Modified nonemployee.Date      `json:"modified"`
	Status   nonemployee.JobStatus `json:"status"`
}

func viewJob(j nonemployee.Job) jobView {
	return jobView{ID: j.ID, SourceID: j.SourceID, Created: j.Created, Modified: j.Modified, Status: j.Status}
}
