package hls

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"synctv/internal/live/flv"
)

// videoRate is the clock of all video tracks, Hz.
const videoRate = 90000

// track is a codec header and what it means to the muxer.
type track struct {
	codec string
	raw   []byte
	mux   *gohlslib.Track
	rate  int
	sets  [][]byte // parameter sets, to put before each key frame
}

// tracks are those of a stream; nil where there is none.
type tracks struct{ video, audio *track }

// header takes a codec header and says whether the muxer must change for it.
// One that cannot be muxed leaves its track out.
func (k *tracks) header(t flv.Type, frame flv.Sample) (changed bool) {
	own := &k.audio
	if t == flv.Video {
		own = &k.video
	}
	if old := *own; old != nil && old.codec == frame.Codec && bytes.Equal(old.raw, frame.Data) {
		return false
	}
	made, err := parse(frame)
	if err != nil {
		made = nil
	}
	changed = made != nil || *own != nil
	*own = made
	return changed
}

// parse reads a codec header.
func parse(frame flv.Sample) (*track, error) {
	t := &track{codec: frame.Codec, raw: bytes.Clone(frame.Data), rate: videoRate}
	var codec codecs.Codec
	switch frame.Codec {
	case "avc1":
		sps, pps, err := avcSets(t.raw)
		if err != nil {
			return nil, err
		}
		t.sets, codec = [][]byte{sps, pps}, &codecs.H264{SPS: sps, PPS: pps}
	case "hvc1":
		vps, sps, pps, err := hevcSets(t.raw)
		if err != nil {
			return nil, err
		}
		t.sets, codec = [][]byte{vps, sps, pps}, &codecs.H265{VPS: vps, SPS: sps, PPS: pps}
	case "av01":
		sequence, err := av1Sequence(t.raw)
		if err != nil {
			return nil, err
		}
		t.sets, codec = [][]byte{sequence}, &codecs.AV1{SequenceHeader: sequence}
	case "mp4a":
		var config mpeg4audio.AudioSpecificConfig
		if err := config.Unmarshal(t.raw); err != nil {
			return nil, fmt.Errorf("hls: AAC header: %w", err)
		}
		t.rate, codec = config.SampleRate, &codecs.MPEG4Audio{Config: config}
	case "opus":
		channels, err := opusChannels(t.raw)
		if err != nil {
			return nil, err
		}
		t.rate, codec = 48000, &codecs.Opus{ChannelCount: channels}
	default:
		return nil, ErrCodec
	}
	t.mux = &gohlslib.Track{Codec: codec, ClockRate: t.rate}
	return t, nil
}

// start begins to mux.
func (g *generation) start(limits Limits, log *slog.Logger) error {
	g.muxer = &gohlslib.Muxer{
		Variant: gohlslib.MuxerVariantLowLatency, SegmentCount: segments, SegmentMinDuration: limits.Segment,
		PartMinDuration: limits.Part, SegmentMaxSize: limits.Bytes,
		OnEncodeError: func(err error) { log.Debug("hls muxer", "error", err) },
	}
	for _, t := range []*track{g.video, g.audio} {
		if t != nil {
			g.muxer.Tracks = append(g.muxer.Tracks, t.mux)
		}
	}
	if err := g.muxer.Start(); err != nil {
		return fmt.Errorf("hls: start: %w", err)
	}
	return nil
}

var errTrack = errors.New("hls: frame of a track without header")

// write gives the muxer one frame.
func (g *generation) write(t flv.Type, frame flv.Sample, at time.Duration, wall time.Time) error {
	own := g.audio
	if t == flv.Video {
		own = g.video
	}
	if own == nil || own.codec != frame.Codec {
		return errTrack
	}
	// In the muxer's past, because pictures may come before the first sound.
	at += time.Duration(frame.Offset) * time.Millisecond
	stamp := int64(at) / int64(time.Millisecond) * int64(own.rate) / 1000
	m := g.muxer
	switch own.codec {
	case "mp4a":
		return m.WriteMPEG4Audio(own.mux, wall, stamp, [][]byte{frame.Data})
	case "opus":
		return m.WriteOpus(own.mux, wall, stamp, [][]byte{frame.Data})
	case "av01":
		return g.writeAV1(own, frame, wall, stamp)
	}
	var units h264.AVCC // HEVC in FLV has the same four-byte lengths
	if err := units.Unmarshal(frame.Data); err != nil {
		return fmt.Errorf("hls: %s frame: %w", own.codec, err)
	}
	if frame.Class == flv.Key {
		units = append(append(h264.AVCC{}, own.sets...), units...)
	}
	if own.codec == "avc1" {
		return m.WriteH264(own.mux, wall, stamp, units)
	}
	return m.WriteH265(own.mux, wall, stamp, units)
}

func (g *generation) writeAV1(own *track, frame flv.Sample, wall time.Time, stamp int64) error {
	var units av1.Bitstream
	if err := units.Unmarshal(frame.Data); err != nil {
		return fmt.Errorf("hls: AV1 frame: %w", err)
	}
	kept := av1.Bitstream{}
	sequence := false
	for _, u := range units {
		kind := av1.OBUType(u[0] >> 3 & 15)
		if kind == av1.OBUTypeTemporalDelimiter {
			continue // fMP4 has none
		}
		sequence = sequence || kind == av1.OBUTypeSequenceHeader
		kept = append(kept, u)
	}
	if frame.Class == flv.Key && !sequence {
		kept = append(append(av1.Bitstream{}, own.sets...), kept...)
	}
	return g.muxer.WriteAV1(own.mux, wall, stamp, kept)
}
