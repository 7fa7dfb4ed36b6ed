package usedesk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTicket_documentedAnswer(t *testing.T) {
	c, mock := setup(t)
	on(mock, "ticket", 200, js, example(t, "ticket.response.partial"))
	got, err := c.Ticket(t.Context(), 2265179)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2017, 3, 1, 14, 30, 49, 0, time.UTC)
	want := Ticket{
		ID: 2265179, Subject: "additional fields", ClientID: 261702,
		Comments: []Comment{{ID: 2658287, Message: "additional fields", From: "client", PublishedAt: at}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTicket_newerAnswerAndLooseTypes(t *testing.T) {
	c, mock := setup(t)
	on(mock, "ticket", 200, js, `{"ticket":{"id":5,"subject":null,"client_id":"0","channel_id":7,"channel_type":"email","status_id":"8",
		"assignee_id":"","email":"a@example.com","published_at":null,"last_updated_at":"0","custom_fields":{}},
		"comments":{"1":{"id":2,"message":"<p>b</p>","is_first":0},"0":{"id":"1","type":"public","is_first":"1",
			"files":[{"name":"a.pdf","file":"https://files.example.com/a.pdf"}],"user":{"id":3}}},
		"tags":["vip",null,{"id":1,"name":"new"}],"changes":[],
		"custom_fields":[null,{"id":9,"ticket_id":5,"ticket_field_id":"54","value":12},{"id":"55","name":"Order","value":null}]}`)
	got, err := c.Ticket(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := Ticket{
		ID: 5, ChannelType: "email", Email: "a@example.com",
		Comments:     []Comment{{ID: 1, Type: "public"}, {ID: 2, Message: "<p>b</p>"}},
		CustomFields: []CustomField{{FieldID: 54, Value: "12"}, {FieldID: 55}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTicket_fieldsInsideTheTicket(t *testing.T) {
	c, mock := setup(t)
	on(mock, "ticket", 200, js, example(t, "webhook-new-ticket.request"))
	got, err := c.Ticket(t.Context(), 2261907)
	if err != nil || len(got.CustomFields) != 1 || got.CustomFields[0].FieldID != 54 || got.Email != "client@example.com" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTicket_withoutAnIDNothingIsSent(t *testing.T) {
	c, mock := setup(t)
	_, ticketErr := c.Ticket(t.Context(), 0)
	_, clientErr := c.ClientByID(t.Context(), -1)
	_, commentErr := c.CreateComment(t.Context(), CommentInput{TicketID: 5, Message: " "})
	for _, err := range []error{ticketErr, clientErr, commentErr} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%v", err)
		}
	}
	if mock.GetTotalCallCount() != 0 {
		t.Error("something was sent")
	}
}

func TestCreateComment_isPrivate(t *testing.T) {
	for answer, want := range map[string]int64{`{"status":"success","comment_id":"77"}`: 77, `{"status":true}`: 0, `{"status":1,"comment_id":{"a":1}}`: 0} {
		c, mock := setup(t)
		s := on(mock, "create/comment", 200, js, answer)
		id, err := c.CreateComment(t.Context(), CommentInput{TicketID: 2152490, Message: "<b>x</b>"})
		if err != nil || id != want {
			t.Errorf("%s: %d, %v", answer, id, err)
		}
		s.body(t, `{"api_token":"`+testToken+`","ticket_id":2152490,"message":"<b>x</b>","type":"private","from":"user"}`)
	}
}

func TestCreateComment_outcomes(t *testing.T) {
	for body, want := range map[string]error{
		`{"status":false,"error":"Ticket not found"}`: ErrNotFound,
		`{"error":"wrong token"}`:                     ErrRefused,
		`not json`:                                    ErrUnknownOutcome,
		`[]`:                                          ErrUnknownOutcome,
	} {
		c, mock := setup(t)
		on(mock, "create/comment", 200, js, body)
		if _, err := c.CreateComment(t.Context(), CommentInput{TicketID: 5, Message: "x"}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

func TestTicket_anUnreadableElementCostsThatElement(t *testing.T) {
	c, mock := setup(t)
	var left []Unread
	WithUnread(func(_ context.Context, u Unread) { left = append(left, u) })(c)
	on(mock, "ticket", 200, js, `{"ticket":{"id":5},"comments":[{"id":"one","message":"a"},{"id":2,"message":"b"}],"custom_fields":[{"id":7},{"id":"seven"}]}`)
	got, err := c.Ticket(t.Context(), 5)
	if err != nil || len(got.Comments) != 1 || got.Comments[0].Message != "b" || len(got.CustomFields) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if len(left) != 2 || left[0].Path != "comments.0" || left[1].Path != "custom_fields.1" || strings.Contains(left[0].Reason, "one") {
		t.Errorf("left out: %+v", left)
	}
}
