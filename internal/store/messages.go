package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"synctv/internal/room"
	"synctv/internal/talk"
)

// An answer shows the message it answers as that is now, so it is read with it.
const messageSelect = `
	SELECT m.id, m.seq, m.version, m.kind, m.author_id, m.author_name, m.author_color, m.body, m.code, m.params,
	       m.mentions, m.reactions, m.item_id, m.position_s, m.created_ms, m.edited_ms, m.deleted_ms, m.deleted_by,
	       COALESCE(q.id, ''), COALESCE(q.seq, 0), COALESCE(q.author_id, ''), COALESCE(q.author_name, ''),
	       COALESCE(q.author_color, ''), COALESCE(q.body, '')
	FROM messages m LEFT JOIN messages q ON q.room_id = m.room_id AND q.seq = m.reply_seq`

func scanMessage(row scanner) (talk.Message, error) {
	var m talk.Message
	var q talk.Message
	var params, mentions, reactions string
	err := row.Scan(&m.ID, &m.Seq, &m.Version, &m.Kind, &m.Author.ID, &m.Author.Name, &m.Author.Color, &m.Text, &m.Code, &params,
		&mentions, &reactions, &m.ItemID, &m.PositionS, &m.CreatedMS, &m.EditedMS, &m.DeletedMS, &m.DeletedBy,
		&q.ID, &q.Seq, &q.Author.ID, &q.Author.Name, &q.Author.Color, &q.Text)
	if err != nil {
		return m, err
	}
	if q.ID != "" && m.DeletedMS == 0 {
		m.ReplyTo = q.Quote()
	}
	if err := errors.Join(decode(params, &m.Params), decode(mentions, &m.Mentions), decode(reactions, &m.Reactions)); err != nil {
		return m, fmt.Errorf("decode message %s: %w", m.ID, err)
	}
	return m, nil
}

// decode reads a JSON column; an empty one leaves v as it is.
func decode(column string, v any) error {
	if column == "" {
		return nil
	}
	return json.Unmarshal([]byte(column), v)
}

// encode is the way back: nothing becomes an empty column.
func encode(v any, n int) (string, error) {
	if n == 0 {
		return "", nil
	}
	data, err := json.Marshal(v)
	return string(data), err
}

// AddMessage implements room.Messages.
func (s *Store) AddMessage(ctx context.Context, roomID string, m talk.Message) (talk.Message, error) {
	err := s.tx(ctx, func(tx *sql.Tx) (err error) {
		m, err = addMessage(ctx, tx, roomID, m)
		return err
	})
	return m, err
}

// AddMessageAfter implements room.Messages. The room's head row is counted up
// first, so that two messages of one person are looked at one after the other.
func (s *Store) AddMessageAfter(ctx context.Context, roomID string, m talk.Message, gap time.Duration) (talk.Message, time.Duration, error) {
	var wait time.Duration
	err := s.tx(ctx, func(tx *sql.Tx) (err error) {
		if m, err = addMessage(ctx, tx, roomID, m); err != nil {
			return err
		}
		var last int64
		err = tx.QueryRowContext(ctx, `
			SELECT created_ms FROM messages
			WHERE room_id = $1 AND author_id = $2 AND seq < $3 AND kind = 'user' ORDER BY seq DESC LIMIT 1`,
			roomID, m.Author.ID, m.Seq).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if wait = gap - time.Duration(m.CreatedMS-last)*time.Millisecond; wait > 0 {
			return errTooSoon
		}
		return nil
	})
	if errors.Is(err, errTooSoon) {
		return m, wait, nil
	}
	return m, 0, err
}

// errTooSoon rolls a message back that came before its time.
var errTooSoon = errors.New("store: too soon after the last message")

func addMessage(ctx context.Context, tx *sql.Tx, roomID string, m talk.Message) (talk.Message, error) {
	err := tx.QueryRowContext(ctx, `UPDATE room_heads SET chat_seq = chat_seq + 1 WHERE room_id = $1 RETURNING chat_seq`, roomID).Scan(&m.Seq)
	if _, err := one(m.Seq, err, room.ErrRoomNotFound); err != nil {
		return m, err
	}
	params, err1 := encode(m.Params, len(m.Params))
	mentions, err2 := encode(m.Mentions, len(m.Mentions))
	if err := errors.Join(err1, err2); err != nil {
		return m, fmt.Errorf("encode a message: %w", err)
	}
	var replySeq int64
	if m.ReplyTo != nil {
		replySeq = m.ReplyTo.Seq
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO messages (room_id, seq, id, version, kind, author_id, author_name, author_color, body, code, params, reply_seq, mentions, item_id, position_s, created_ms)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		roomID, m.Seq, m.ID, m.Version, m.Kind, m.Author.ID, m.Author.Name, m.Author.Color, m.Text, m.Code, params,
		replySeq, mentions, m.ItemID, m.PositionS, m.CreatedMS)
	return m, err
}

// Message implements room.Messages.
func (s *Store) Message(ctx context.Context, roomID, messageID string) (talk.Message, error) {
	m, err := scanMessage(s.read.QueryRowContext(ctx, messageSelect+` WHERE m.id = $1 AND m.room_id = $2`, messageID, roomID))
	return one(m, err, talk.ErrMessageNotFound)
}

// MessagesBefore implements room.Messages.
func (s *Store) MessagesBefore(ctx context.Context, roomID string, seq int64, limit int) ([]talk.Message, error) {
	if seq <= 0 {
		seq = math.MaxInt64
	}
	page, err := list(ctx, s.read, scanMessage, messageSelect+` WHERE m.room_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`, roomID, seq, limit)
	slices.Reverse(page)
	return page, err
}

// MessagesAfter implements room.Messages.
func (s *Store) MessagesAfter(ctx context.Context, roomID string, seq int64, limit int) ([]talk.Message, error) {
	return list(ctx, s.read, scanMessage, messageSelect+` WHERE m.room_id = $1 AND m.seq > $2 ORDER BY m.seq LIMIT $3`, roomID, seq, limit)
}

// ChangeMessage implements room.Messages. Touching the row locks it in
// PostgreSQL (SQLite has one writer anyway), so what is read next stays so.
func (s *Store) ChangeMessage(ctx context.Context, roomID, messageID string, change func(talk.Message) (talk.Message, error)) (talk.Message, error) {
	var m talk.Message
	err := s.tx(ctx, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `UPDATE messages SET version = version WHERE id = $1 AND room_id = $2`, messageID, roomID)
		if err := affected(r, err, talk.ErrMessageNotFound); err != nil {
			return err
		}
		if m, err = scanMessage(tx.QueryRowContext(ctx, messageSelect+` WHERE m.id = $1 AND m.room_id = $2`, messageID, roomID)); err != nil {
			return err
		}
		next, err := change(m)
		if err != nil {
			return err
		}
		m = next
		return updateMessage(ctx, tx, roomID, m)
	})
	return m, err
}

func updateMessage(ctx context.Context, tx *sql.Tx, roomID string, m talk.Message) error {
	params, err1 := encode(m.Params, len(m.Params))
	mentions, err2 := encode(m.Mentions, len(m.Mentions))
	reactions, err3 := encode(m.Reactions, len(m.Reactions))
	if err := errors.Join(err1, err2, err3); err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE messages SET version = $1, body = $2, code = $3, params = $4, mentions = $5, reactions = $6, edited_ms = $7, deleted_ms = $8, deleted_by = $9
		WHERE id = $10 AND room_id = $11`,
		m.Version, m.Text, m.Code, params, mentions, reactions, m.EditedMS, m.DeletedMS, m.DeletedBy, m.ID, roomID)
	return err
}

// TrimMessages implements room.Messages.
func (s *Store) TrimMessages(ctx context.Context, beforeMS int64, limit int) (int, error) {
	return s.trim(ctx, `DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE created_ms < $1 ORDER BY created_ms LIMIT $2)`, beforeMS, limit)
}

// trim runs one batch of a clean-up and tells how many rows went.
func (s *Store) trim(ctx context.Context, query string, beforeMS int64, limit int) (int, error) {
	r, err := s.write.ExecContext(ctx, query, beforeMS, limit)
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}
