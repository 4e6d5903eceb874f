package screen

import "synctv/internal/ident"

// LiveKey lets an encoder publish one stream into one room. The key itself is
// shown once; only its hash is stored.
type LiveKey struct {
	ID        string
	RoomID    string
	ItemID    string
	Stream    string // public name of the stream, what players ask for
	Hash      string
	Hint      string // last characters of the key, to tell keys apart
	CreatedBy ident.By
	CreatedMS int64
}

// Stream is what a room sees of a live stream.
type Stream struct {
	Stream    string `json:"stream"`
	ItemID    string `json:"item_id"`
	Live      bool   `json:"live"`
	StartedMS int64  `json:"started_ms"`
	Video     string `json:"video" doc:"codec, empty when there is no video"`
	Audio     string `json:"audio" doc:"codec, empty when there is no audio"`
	Viewers   int    `json:"viewers"`
	Owner     string `json:"owner,omitempty" doc:"which replica it is published to; HLS is to be opened anew, with ?owner= this, when that changes"`
}
