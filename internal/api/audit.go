package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"synctv/internal/audit"
)

// AuditPage is which page of the record is asked for.
type AuditPage struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"0" maximum:"200" doc:"entries a page; 0 = 50"`
}

func (p AuditPage) before() (audit.Cursor, error) {
	c, err := parseCursor(p.Cursor)
	return audit.Cursor{AtMS: c.CreatedMS, ID: c.ID}, err
}

type auditInput struct {
	InRoom
	AuditPage
}

// auditEntry gives the entry a name of its own in the document.
type auditEntry audit.Entry

type auditBody struct {
	Entries []auditEntry `json:"entries" doc:"newest first"`
	Next    string       `json:"next" doc:"cursor of the next page, empty on the last"`
}

func auditReply(entries []audit.Entry, next audit.Cursor, err error) (*body[auditBody], error) {
	out := auditBody{Entries: make([]auditEntry, 0, len(entries))}
	for _, e := range entries {
		out.Entries = append(out.Entries, auditEntry(e))
	}
	if next.ID != "" {
		out.Next = strconv.FormatInt(next.AtMS, 10) + "." + next.ID
	}
	return reply(out, err)
}

func (s *Server) auditRoutes() {
	operation(s, huma.Operation{
		OperationID: "list-room-audit", Method: http.MethodGet, Path: "/api/rooms/{room}/audit", Tags: []string{"audit"},
		Summary: "Who did what in the room", Security: people(),
	}, func(ctx context.Context, in *auditInput) (*body[auditBody], error) {
		who, _, err := s.person(ctx, in.Room)
		if err != nil {
			return nil, err
		}
		before, err := in.before()
		if err != nil {
			return nil, err
		}
		return auditReply(s.Rooms.ReadAudit(ctx, in.Room, who, before, in.Limit))
	})
	operation(s, huma.Operation{
		OperationID: "list-audit", Method: http.MethodGet, Path: "/api/admin/audit", Tags: []string{"audit"},
		Summary: "Who did what, everywhere", Security: people(),
	}, func(ctx context.Context, in *AuditPage) (*body[auditBody], error) {
		u, _, err := s.signedIn(ctx)
		if err != nil {
			return nil, err
		}
		before, err := in.before()
		if err != nil {
			return nil, err
		}
		return auditReply(s.Rooms.ReadPlatformAudit(ctx, userPerson(u), before, in.Limit))
	})
}
