// Package mark tells whether everything that happened in a room was heard of:
// how far its states have come in the store, how far the events that passed by
// came, and what a gap between the two means. It knows numbers, no rooms.
package mark

// Marks is how far the states of one room have come.
type Marks struct {
	Room            int64 // version of its record
	Epoch, Playback int64 // compared in this order
	Playlist        int64 // version of the list
	Chat            int64 // number of the last message, from 1 without gaps
	Members         int64 // differs when anybody came, went or changed
}

// Event is what one event says about them: zero fields say nothing.
type Event struct {
	Room, Epoch, Playback, Playlist, Chat int64
	Members                               bool // it is about a member
}

// keptAhead bounds how many messages may be known beyond one that is missing.
const keptAhead = 256

// Heard follows one room. It is not safe for use from many goroutines.
type Heard struct {
	heard  Marks          // how far events came; Members is unused
	stored Marks          // as of the last Look
	ahead  map[int64]bool // messages heard beyond heard.Chat+1
	member bool           // a member event since the last Look
	owed   bool           // members had changed at the last Look, and no event said so
}

// Begin starts from a state that everybody was given whole.
func Begin(at Marks) *Heard { return &Heard{heard: at, stored: at} }

// Note takes in an event that passed by.
func (h *Heard) Note(e Event) {
	h.heard.Room = max(h.heard.Room, e.Room)
	h.heard.Playlist = max(h.heard.Playlist, e.Playlist)
	if later(e.Epoch, e.Playback, h.heard) {
		h.heard.Epoch, h.heard.Playback = e.Epoch, e.Playback
	}
	h.member = h.member || e.Members
	if e.Chat > h.heard.Chat {
		h.noteMessage(e.Chat)
	}
}

func (h *Heard) noteMessage(seq int64) {
	if seq > h.heard.Chat+1 {
		if h.ahead == nil {
			h.ahead = map[int64]bool{}
		}
		if len(h.ahead) < keptAhead {
			h.ahead[seq] = true
		}
		return
	}
	h.heard.Chat = seq
	for h.ahead[h.heard.Chat+1] {
		h.heard.Chat++
		delete(h.ahead, h.heard.Chat)
	}
}

// Look compares with what is stored now and says whether an event was missed:
// what was stored at the last look has not been heard of until this one. After
// a miss it takes everything stored now for told.
func (h *Heard) Look(now Marks) (missed bool) {
	missed = h.heard.Room < h.stored.Room || h.heard.Playlist < h.stored.Playlist || h.heard.Chat < h.stored.Chat ||
		later(h.stored.Epoch, h.stored.Playback, h.heard) || (h.owed && !h.member)
	changed := now.Members != h.stored.Members
	h.owed = changed && !h.member && !missed
	h.stored, h.member = now, false
	if missed {
		h.heard, h.ahead = now, nil
	}
	return missed
}

func later(epoch, version int64, than Marks) bool {
	return epoch > than.Epoch || epoch == than.Epoch && version > than.Playback
}
