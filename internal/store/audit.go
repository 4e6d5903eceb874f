package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"synctv/internal/audit"
)

// AddAudit stores an entry.
func (s *Store) AddAudit(ctx context.Context, e audit.Entry) error {
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("encode audit detail: %w", err)
	}
	_, err = s.write.ExecContext(ctx, `
		INSERT INTO audit (id, at_ms, room_id, action, actor_id, actor_name, target_id, target_name, reason, detail, request_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.ID, e.AtMS, e.RoomID, e.Action, e.Actor.ID, e.Actor.Name, e.Target.ID, e.Target.Name, e.Reason, string(detail), e.RequestID)
	return err
}

const auditSelect = `
	SELECT id, at_ms, room_id, action, actor_id, actor_name, target_id, target_name, reason, detail, request_id
	FROM audit WHERE `

// AuditPage implements audit.Reader.
func (s *Store) AuditPage(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	if q.Before.ID == "" {
		q.Before.AtMS = math.MaxInt64
	}
	const order = ` ORDER BY at_ms DESC, id DESC LIMIT `
	if q.Everywhere {
		return list(ctx, s.read, scanAudit, auditSelect+`(at_ms, id) < ($1, $2)`+order+`$3`, q.Before.AtMS, q.Before.ID, q.Limit)
	}
	return list(ctx, s.read, scanAudit, auditSelect+`room_id = $1 AND (at_ms, id) < ($2, $3)`+order+`$4`,
		q.RoomID, q.Before.AtMS, q.Before.ID, q.Limit)
}

func scanAudit(row scanner) (audit.Entry, error) {
	var e audit.Entry
	var detail string
	err := row.Scan(&e.ID, &e.AtMS, &e.RoomID, &e.Action, &e.Actor.ID, &e.Actor.Name, &e.Target.ID, &e.Target.Name,
		&e.Reason, &detail, &e.RequestID)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
		return e, fmt.Errorf("decode audit detail of %s: %w", e.ID, err)
	}
	return e, nil
}

// TrimAudit removes at most batch entries older than beforeMS and tells how
// many; call it again while it removes that many.
func (s *Store) TrimAudit(ctx context.Context, beforeMS int64, batch int) (int, error) {
	r, err := s.write.ExecContext(ctx,
		`DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)`, beforeMS, batch)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}
