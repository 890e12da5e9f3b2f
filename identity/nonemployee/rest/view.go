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
		r.ID, r.AccountName, r.FirstName, r.LastName, orNull(r.Email), orNull(r.Phone), orNull(r.Manager),
		r.SourceID, r.Data, r.StartDate, r.EndDate, r.Modified, r.Created,
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
		s.ID, s.SourceID, s.Name, s.Description,
		append([]nonemployee.Ref{}, s.Approvers...), append([]nonemployee.Ref{}, s.AccountManagers...),
		s.Modified, s.Created,
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
		a.ID, a.System, a.Modified, a.Created, a.Type, a.Label, a.TechnicalName,
		orNull(a.HelpText), orNull(a.Placeholder), a.Required,
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
	return itemView{a.ID, a.Approver, a.AccountName, a.Status, a.Order, orNull(a.Comment), a.Modified, a.Created}
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
		d.ID, d.SourceID, d.Source.Name, d.Source.Description, d.AccountName, d.FirstName, d.LastName,
		orNull(d.Email), orNull(d.Phone), orNull(d.Manager), d.Source, d.Data, items, d.Status,
		orNull(d.Comment), d.CompletionDate, d.StartDate, d.EndDate, d.Modified, d.Created, d.Requester,
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
		requestLite{r.ID, r.Requester}, r.AccountName, r.FirstName, r.LastName,
		orNull(r.Email), orNull(r.Phone), orNull(r.Manager),
		sourceWithSchema{d.Source, viewAttributes(d.Schema)}, r.Data, r.Status, orNull(r.Comment),
		r.CompletionDate, orNull(r.StartDate.Day()), orNull(r.EndDate.Day()), r.Modified, r.Created,
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
	return jobView{j.ID, j.SourceID, j.Created, j.Modified, j.Status}
}
