package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"hash/maphash"
	"math"
	"time"

	"github.com/centrifugal/centrifuge"
	"github.com/prometheus/client_golang/prometheus"

	"synctv/internal/problem"
	"synctv/internal/screen"
)

// What players say of themselves comes over the socket. The read loop only puts
// it down; a few hearers carry it to the rule book, which asks the store.
const (
	hearers      = 4
	wordsWaiting = 64 // for each of them
	// A page says something every five seconds and when it changes.
	wordsPerSecond = 1
	wordsBurst     = 8
	wordTimeout    = 5 * time.Second
)

// word is what somebody's player said.
type word struct {
	from visit
	screen.Word
}

// newDriftHistogram: how far players are from their rooms. Half a picture is
// 17 ms; above a second a player has lost its room.
func newDriftHistogram() prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "synctv_drift_seconds", Help: "How far players of films that play, not live, say they are from their room's position.",
		Buckets: []float64{0.002, 0.004, 0.008, 0.015, 0.02, 0.04, 0.08, 0.2, 0.5, 1, 2},
	})
}

// take puts a word down for the hearers. It does not wait.
func (s *Sockets) take(socketID string, v visit, data []byte) error {
	var w screen.Word
	if err := json.Unmarshal(data, &w); err != nil || w.Check() != nil {
		return centrifuge.ErrorBadRequest
	}
	if s.often.Take(socketID, s.now()) > 0 {
		return centrifuge.ErrorLimitExceeded
	}
	w.Page = socketID
	select {
	case s.words[maphash.String(s.seed, v.who.ID)%hearers] <- word{v, w}:
		return nil
	default:
		return centrifuge.ErrorLimitExceeded
	}
}

// hear carries words on until ctx ends.
func (s *Sockets) hear(ctx context.Context, words <-chan word) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-words:
			s.pass(ctx, w)
		}
	}
}

func (s *Sockets) pass(ctx context.Context, w word) {
	if w.Reason == screen.Ready && w.DriftMS != nil {
		s.node.drift.Observe(math.Abs(*w.DriftMS) / 1000)
	}
	ctx, span := s.node.traces.Begin(ctx, "rpc word", nil)
	asking, cancel := context.WithTimeout(ctx, wordTimeout)
	defer cancel()
	err := s.rooms.Word(asking, w.from.roomID, w.from.who, w.Word)
	span.End(err)
	switch problem.KindOf(err) {
	case "", problem.NotFound, problem.Forbidden, problem.Unauthenticated, problem.Invalid: // whoever is out is told otherwise
	case problem.Conflict, problem.TooLarge, problem.RateLimited, problem.Unavailable, problem.Internal:
		if !errors.Is(err, context.Canceled) {
			s.log.WarnContext(ctx, "a player's word was not taken", "room", w.from.roomID, "error", err)
		}
	}
}
