package main

import (
	"context"
	"log/slog"
	"time"

	"synctv/internal/audit"
	"synctv/internal/ident"
	"synctv/internal/store"
	"synctv/internal/telemetry"
)

// auditTimeout bounds how long an act that is done waits for its record.
const auditTimeout = 5 * time.Second

// auditLog is audit.Log on the store. It fills in what the actor does not
// know: id, instant and request. An entry that could not be kept is written
// to the program's log instead, whole.
type auditLog struct {
	db  *store.Store
	log *slog.Logger
	now func() time.Time
}

// Record implements audit.Log. The act is done: its request may end, the
// record is kept all the same.
func (l auditLog) Record(ctx context.Context, e audit.Entry) {
	e.ID, e.AtMS, e.RequestID = ident.New(), l.now().UnixMilli(), telemetry.RequestID(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	if err := l.db.AddAudit(ctx, e); err != nil {
		l.log.ErrorContext(ctx, "an act was not recorded", "error", err, "action", e.Action, "room", e.RoomID,
			"actor", e.Actor.ID, "target", e.Target.ID, "reason", e.Reason)
	}
}
