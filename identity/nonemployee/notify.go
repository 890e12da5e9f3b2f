package nonemployee

import "context"

// Names of the mail templates.
const (
	TemplateRequest  = "Non-Employee Account Request"
	TemplateReview   = "Non-Employee Account Review"
	TemplateDecision = "Non-Employee Account Request Decision"
	TemplateReminder = "Non-Employee End Date Reminder"
)

// Template is a mail template that the tenant changed. It is carried, not evaluated.
type Template struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// Notification is what a mail needs. Which fields are set depends on the template.
type Notification struct {
	Template  string     `json:"template"`
	Custom    *Template  `json:"custom,omitempty"` // set when the tenant changed the template
	To        []Ref      `json:"to"`
	Created   Date       `json:"created"`
	Source    SourceLite `json:"source"`
	RequestID string     `json:"requestId,omitempty"`
	Requester *Ref       `json:"requester,omitempty"`
	Approver  *Ref       `json:"approver,omitempty"` // who reviews, or decided last
	Decision  Status     `json:"decision,omitempty"`
	Comment   string     `json:"comment,omitempty"` // of the decision
	Records   []Record   `json:"records"`           // the requested one, or those that end soon
}

// SourceLite names a source inside other objects.
type SourceLite struct {
	ID          string `json:"id"`
	SourceID    string `json:"sourceId"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

func (t *tx) mail(n Notification) {
	n.Created = t.now
	if c, ok := t.templates[n.Template]; ok {
		n.Custom = &c
	}
	t.mails = append(t.mails, n)
}

// reviewMail asks the approver of an item (DECISION N27: only the one whose turn it is).
func (t *tx) reviewMail(s *Source, r *Request, a *Approval) {
	t.mail(Notification{
		Template: TemplateReview, To: []Ref{a.Approver}, Source: s.lite(), RequestID: r.ID,
		Requester: &r.Requester, Approver: &a.Approver, Records: []Record{r.record()},
	})
}

// requestMail confirms a request to who made it.
func (t *tx) requestMail(s *Source, r *Request) {
	t.mail(Notification{
		Template: TemplateRequest, To: []Ref{r.Requester}, Source: s.lite(), RequestID: r.ID,
		Requester: &r.Requester, Records: []Record{r.record()},
	})
}

// decisionMail tells the requester the outcome; last is the deciding item, nil when the
// source has no approvers.
func (t *tx) decisionMail(s *Source, r *Request, last *Approval) {
	n := Notification{
		Template: TemplateDecision, To: []Ref{r.Requester}, Source: s.lite(), RequestID: r.ID,
		Requester: &r.Requester, Decision: r.Status, Records: []Record{r.record()},
	}
	if last != nil {
		approver := last.Approver
		n.Approver, n.Comment = &approver, last.Comment
	}

	t.mail(n)
}

// person is the reference to an identity, with its name when the directory knows it.
func (c *core) person(ctx context.Context, id string) (Ref, error) {
	p, _, err := c.directory.Identity(ctx, id)
	return Ref{Type: TypeIdentity, ID: id, Name: p.Name}, err
}
