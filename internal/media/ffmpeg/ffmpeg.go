// Package ffmpeg asks the installed ffmpeg and ffprobe about media files: how
// long they are, which tracks they have, what a subtitle track says, how a
// picture looks. A few run at a time, each with a limit. It knows open files,
// no paths, rooms or HTTP; without the programs every answer is ErrMissing.
package ffmpeg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"synctv/internal/problem"
)

// The refusals.
var (
	ErrMissing = problem.New(problem.Unavailable, "ffmpeg_missing", "ffmpeg is not installed on this server.")
	ErrBusy    = problem.New(problem.Unavailable, "ffmpeg_busy", "This server is looking at too many files right now.")
	ErrFailed  = problem.New(problem.Invalid, "media_unreadable", "This file could not be read as media.")
)

// What runs at once, what may wait for it, and how long each kind may take. A
// subtitle's lines are spread over the whole file, which has to be read.
const (
	running      = 2
	waiting      = 32
	probeTime    = 10 * time.Second
	pictureTime  = 20 * time.Second
	subtitleTime = 3 * time.Minute
	maxProbe     = 1 << 20
	maxPicture   = 1 << 20
)

// Tools are the installed programs. Safe for use from many goroutines.
type Tools struct {
	ffmpeg, ffprobe string // empty: not installed
	slots           chan struct{}
	queue           chan struct{}
}

// Find looks for the programs in the search path. Where a file cannot be handed
// over by its descriptor they are of no use.
func Find() *Tools {
	t := &Tools{slots: make(chan struct{}, running), queue: make(chan struct{}, running+waiting)}
	if runtime.GOOS == "windows" {
		return t
	}
	probe, errProbe := exec.LookPath("ffprobe")
	convert, errConvert := exec.LookPath("ffmpeg")
	if errors.Join(errProbe, errConvert) == nil {
		t.ffprobe, t.ffmpeg = probe, convert
	}
	return t
}

// Installed tells whether anything but ErrMissing can be expected.
func (t *Tools) Installed() bool { return t != nil && t.ffprobe != "" }

// Info is what a file is.
type Info struct {
	DurationS float64 // 0 = unknown
	Title     string  // from its own metadata
	Tracks    []Track
}

// Track is one stream of a file.
type Track struct {
	Index    int    // among all tracks
	Kind     string // video, audio, subtitle
	Codec    string
	Language string // as written: "chi"
	Title    string
	Picture  bool // a cover, not a film
}

// IsText tells whether a track is a subtitle of letters, not of pictures.
func (t Track) IsText() bool {
	switch t.Codec {
	case "subrip", "ass", "ssa", "mov_text", "webvtt", "text":
		return t.Kind == "subtitle"
	}
	return false
}

// Probe reads what a file is.
func (t *Tools) Probe(ctx context.Context, f *os.File) (Info, error) {
	out, err := t.run(ctx, probeTime, maxProbe, t.probeArgs, f)
	if err != nil {
		return Info{}, err
	}
	return parse(out)
}

func (t *Tools) probeArgs(file string) []string {
	return append(append([]string{t.ffprobe, "-v", "error"}, safe()...), "-of", "json", "-show_format", "-show_streams", file)
}

// safe keeps files that name others (playlists, concatenations) from being
// read as such: only containers that hold everything themselves are opened.
func safe() []string {
	return []string{
		"-protocol_whitelist", "file,pipe",
		"-format_whitelist", "mov,mp4,matroska,webm,ogg,mp3,flac,wav,aac,mov\\,mp4\\,m4a\\,3gp\\,3g2\\,mj2,matroska\\,webm",
	}
}

func parse(out []byte) (Info, error) {
	var raw struct {
		Format struct {
			Duration string
			Tags     struct{ Title string }
		}
		Streams []struct {
			Index       int
			CodecType   string `json:"codec_type"`
			CodecName   string `json:"codec_name"`
			Tags        struct{ Language, Title string }
			Disposition struct {
				Picture int `json:"attached_pic"`
			}
		}
	}
	if err := json.Unmarshal(out, &raw); err != nil || len(raw.Streams) == 0 {
		return Info{}, ErrFailed.Because(err)
	}
	info := Info{Title: raw.Format.Tags.Title}
	if d, err := strconv.ParseFloat(raw.Format.Duration, 64); err == nil && d > 0 && d < 1e7 {
		info.DurationS = d
	}
	for _, s := range raw.Streams {
		info.Tracks = append(info.Tracks, Track{s.Index, s.CodecType, s.CodecName, s.Tags.Language, s.Tags.Title, s.Disposition.Picture == 1})
	}
	return info, nil
}

// Subtitle is the text of one track: ASS as it is, everything else as WebVTT,
// at most so many bytes.
func (t *Tools) Subtitle(ctx context.Context, f *os.File, track Track, most int64) ([]byte, error) {
	format := "webvtt"
	if track.Codec == "ass" || track.Codec == "ssa" {
		format = "ass"
	}
	return t.run(ctx, subtitleTime, most, func(file string) []string {
		args := append([]string{t.ffmpeg, "-v", "error", "-nostdin"}, safe()...)
		return append(args, "-i", file, "-map", "0:"+strconv.Itoa(track.Index), "-f", format, "pipe:1")
	}, f)
}

// Picture is one frame of a film as JPEG, 480 points wide. The first one needs
// no seek, which a part of a file may not have the index for.
func (t *Tools) Picture(ctx context.Context, f *os.File, atS float64) ([]byte, error) {
	return t.run(ctx, pictureTime, maxPicture, func(file string) []string {
		args := append([]string{t.ffmpeg, "-v", "error", "-nostdin"}, safe()...)
		if atS > 0 {
			args = append(args, "-ss", strconv.FormatFloat(atS, 'f', 2, 64))
		}
		return append(args, "-i", file, "-map", "0:v:0", "-frames:v", "1", "-vf", "scale=480:-2", "-q:v", "5", "-f", "mjpeg", "pipe:1")
	}, f)
}

// run starts a program with the file as its descriptor 3 and reads what it
// writes. A path would be opened a second time, and could lead elsewhere then.
func (t *Tools) run(ctx context.Context, limit time.Duration, most int64, args func(file string) []string, f *os.File) ([]byte, error) {
	if !t.Installed() {
		return nil, ErrMissing
	}
	select {
	case t.queue <- struct{}{}:
		defer func() { <-t.queue }()
	default:
		return nil, ErrBusy
	}
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	words := args("/dev/fd/3")
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the programs found at the start, arguments of our own
	cmd.Env = []string{"LC_ALL=C"}
	cmd.ExtraFiles = []*os.File{f}
	cmd.WaitDelay = time.Second
	out := &bounded{most: most, full: cancel}
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return nil, ErrFailed.Because(errors.Join(err, context.Cause(ctx)))
	}
	if out.buf.Len() == 0 {
		return nil, ErrFailed
	}
	return out.buf.Bytes(), nil
}

// bounded keeps what a program writes, and ends it when that is too much.
type bounded struct {
	buf  bytes.Buffer
	most int64
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.buf.Len()+len(p)) > b.most {
		b.full()
		return 0, io.ErrShortWrite
	}
	return b.buf.Write(p)
}
