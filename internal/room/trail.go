package room

import (
	"context"

	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/problem"
	"synctv/internal/right"
	"synctv/internal/talk"
)

// auditPage is how many entries a page of the record has unless told, and at most.
const (
	auditPage    = 50
	maxAuditPage = 200
)

// record notes an act that is done, and tells the room of it if it is one to tell.
func (s *Service) record(ctx context.Context, roomID, action string, actor, target ident.By, reason string, detail map[string]string) {
	s.Audit.Record(ctx, audit.Entry{
		RoomID: roomID, Action: action, Actor: audit.Party(actor), Target: audit.Party(target), Reason: reason, Detail: detail,
	})
	if code := talk.LineOf(action, detail); code != "" {
		s.note(ctx, roomID, talk.Author{ID: actor.ID, Name: actor.Name}, code, map[string]string{"target": target.Name})
	}
}

// ReadAudit gives a page of what was done in a room, newest first, and the
// cursor of the next page (zero = none).
func (s *Service) ReadAudit(ctx context.Context, roomID string, who Person, before audit.Cursor, limit int) ([]audit.Entry, audit.Cursor, error) {
	if _, err := s.require(ctx, roomID, who, right.SetRoomSettings); err != nil {
		return nil, audit.Cursor{}, err
	}
	return s.auditPage(ctx, audit.Query{RoomID: roomID, Before: before, Limit: limit})
}

// ReadPlatformAudit is ReadAudit of everything there is, for platform admins.
func (s *Service) ReadPlatformAudit(ctx context.Context, who Person, before audit.Cursor, limit int) ([]audit.Entry, audit.Cursor, error) {
	if !who.GlobalAdmin {
		return nil, audit.Cursor{}, problem.New(problem.Forbidden, "permission_missing", "This is for the platform's admins.")
	}
	return s.auditPage(ctx, audit.Query{Everywhere: true, Before: before, Limit: limit})
}

func (s *Service) auditPage(ctx context.Context, q audit.Query) ([]audit.Entry, audit.Cursor, error) {
	if q.Limit <= 0 {
		q.Limit = auditPage
	}
	limit := min(q.Limit, maxAuditPage)
	q.Limit = limit + 1 // one more tells whether there is a next page
	page, err := s.Records.AuditPage(ctx, q)
	if err != nil || len(page) <= limit {
		return page, audit.Cursor{}, err
	}
	last := page[limit-1]
	return page[:limit], audit.Cursor{AtMS: last.AtMS, ID: last.ID}, nil
}
