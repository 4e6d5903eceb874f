package waiting

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"synctv/internal/screen"
)

// readyLife is how long a page's word that it is ready counts. Pages speak
// every five seconds; with more than a hundred people in a room more rarely,
// and then somebody's second page may be waited for in between.
const readyLife = 30 * time.Second

// Roll tells replicas of each other's ready pages: names in sets, which run
// out by themselves after readyLife; see cluster.Roll.
type Roll interface {
	Enter(ctx context.Context, set, name string) (first bool, err error)
	Leave(ctx context.Context, set, name string) (last bool, err error)
	Names(ctx context.Context, set string) ([]string, error)
}

// saying is what a page that is ready said of itself.
type saying struct {
	person  string
	startMS int64 // how long after the server says "play" its picture can move, 0 = not known
	untilMS int64 // its word counts until then
}

// startStepMS keeps a page from being another one on the roll with each
// millisecond that its line is slower.
const startStepMS = 50

// readiness knows which pages are ready, here and by the roll on other
// replicas. While those cannot be asked it knows of its own pages only. Safe
// for use from many goroutines.
type readiness struct {
	others Roll // nil: alone

	mu    sync.Mutex
	rooms map[string]map[string]saying // room → page; guarded by mu; no room is empty
}

// hear takes a page's word. The words of one page come one after the other.
func (r *readiness) hear(ctx context.Context, roomID string, w screen.Word, nowMS int64) {
	now := saying{person: w.ID, untilMS: nowMS + readyLife.Milliseconds()}
	if w.Reason != screen.Ready {
		now = saying{}
	} else if w.StartMS > 0 {
		now.startMS = (int64(w.StartMS) + startStepMS) / startStepMS * startStepMS
	}
	before := r.put(roomID, w.Page, now, nowMS)
	if r.others == nil {
		return
	}
	// What fails is said again with the next word, or runs out.
	if now.person != "" {
		_, _ = r.others.Enter(ctx, set(roomID), now.name(w.Page))
	}
	if before.person != "" && before.name(w.Page) != now.name(w.Page) {
		_, _ = r.others.Leave(ctx, set(roomID), before.name(w.Page))
	}
}

// put notes what a page says, nothing if it is not ready, and gives what it
// said before. A word that ran out goes with the next one of its room.
func (r *readiness) put(roomID, page string, now saying, nowMS int64) (before saying) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pages := r.rooms[roomID]
	before = pages[page]
	for id, s := range pages {
		if id == page || s.untilMS <= nowMS {
			delete(pages, id)
		}
	}
	if now.person != "" {
		if pages == nil {
			pages = map[string]saying{}
			r.rooms[roomID] = pages
		}
		pages[page] = now
	}
	if len(pages) == 0 {
		delete(r.rooms, roomID)
	}
	return before
}

// pages are those of a room that are ready; one of this replica may be there twice.
func (r *readiness) pages(ctx context.Context, roomID string, nowMS int64) []saying {
	ready := r.here(roomID, nowMS)
	if r.others == nil {
		return ready
	}
	names, _ := r.others.Names(ctx, set(roomID)) // none when they cannot be asked
	for _, name := range names {
		if s, ok := named(name); ok {
			ready = append(ready, s)
		}
	}
	return ready
}

func (r *readiness) here(roomID string, nowMS int64) (ready []saying) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.rooms[roomID] {
		if s.untilMS > nowMS {
			ready = append(ready, s)
		}
	}
	return ready
}

// set is a room's ready pages on the roll, beside the set of who is there.
func set(roomID string) string { return "ready:" + roomID }

// name is a ready page on the roll. Ids have no spaces.
func (s saying) name(page string) string {
	return page + " " + s.person + " " + strconv.FormatInt(s.startMS, 10)
}

func named(name string) (s saying, ok bool) {
	parts := strings.Split(name, " ")
	if len(parts) != 3 {
		return saying{}, false
	}
	startMS, err := strconv.ParseInt(parts[2], 10, 64)
	return saying{person: parts[1], startMS: startMS}, err == nil
}
