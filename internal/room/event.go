package room

import (
	"synctv/internal/right"
	"synctv/internal/screen"
	"synctv/internal/talk"
)

// EventType names what happened, on the wire too.
type EventType string

// The events of a room.
const (
	EventSnapshot   EventType = "snapshot"
	EventPlayback   EventType = "playback"
	EventPlaylist   EventType = "playlist"
	EventChat       EventType = "chat"
	EventMember     EventType = "member"
	EventMemberGone EventType = "member_gone"
	EventLive       EventType = "live"
	EventRoom       EventType = "room"
	EventSync       EventType = "sync"      // what a member's player says of itself
	EventMe         EventType = "me"        // to one person: their own membership and rights
	EventSubtitles  EventType = "subtitles" // of one item there are others now
)

// Event is one thing that happened, as every socket sees it. Only the fields
// of its type are set.
type Event struct {
	Type     EventType         `json:"type"`
	Playback *screen.Playback  `json:"playback,omitempty"`
	Version  int64             `json:"version,omitempty"` // playlist: version after the change
	Added    []screen.ItemView `json:"added,omitempty"`
	Removed  []string          `json:"removed,omitempty"`
	Edited   []screen.ItemView `json:"edited,omitempty"`  // playlist: items that changed
	Folders  *[]screen.Folder  `json:"folders,omitempty"` // playlist: all of them, when one changed
	Refetch  bool              `json:"refetch,omitempty"` // playlist: too much changed to say it here
	Message  *talk.Message     `json:"message,omitempty"`
	Danmaku  *talk.Danmaku     `json:"danmaku,omitempty"`
	Member   *MemberView       `json:"member,omitempty"`
	Sync     *screen.Word      `json:"sync,omitempty"`
	ID       string            `json:"id,omitempty"` // member_gone, danmaku_gone, subtitles (the item)
	Stream   *screen.Stream    `json:"stream,omitempty"`
	Room     *RoomDetails      `json:"room,omitempty"`
	Changed  []string          `json:"changed,omitempty"` // room: names of the fields that changed
}

// Topic groups events by who may receive them; realtime makes one channel of each.
type Topic string

// The topics of a room.
const (
	TopicRoom     Topic = "room"     // playback, live, settings: everyone in it
	TopicPlaylist Topic = "playlist" // people who may see the list
	TopicChat     Topic = "chat"     // people who may read the talk
	TopicMembers  Topic = "members"  // people who may see who is here
)

// Topic of an event.
func (e Event) Topic() Topic {
	switch e.Type {
	case EventChat, EventChatChanged, EventDanmaku, EventDanmakuGone:
		return TopicChat
	case EventMember, EventMemberGone, EventSync:
		return TopicMembers
	case EventPlaylist:
		return TopicPlaylist
	case EventSnapshot, EventPlayback, EventLive, EventRoom, EventMe, EventSubtitles:
		return TopicRoom
	}
	return TopicRoom
}

// Topics a person with these rights receives.
func (a Access) Topics() []Topic {
	topics := []Topic{TopicRoom}
	if a.Can.Has(right.ViewPlaylist) {
		topics = append(topics, TopicPlaylist)
	}
	if a.Can.Has(right.ViewChatHistory) {
		topics = append(topics, TopicChat)
	}
	if a.Can.Has(right.ViewMemberList) {
		topics = append(topics, TopicMembers)
	}
	return topics
}

// EventChatChanged tells that a message was edited, deleted or reacted to.
const EventChatChanged EventType = "chat_changed"

// The events of comments over the film.
const (
	EventDanmaku     EventType = "danmaku"
	EventDanmakuGone EventType = "danmaku_gone"
)
