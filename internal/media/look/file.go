package look

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"synctv/internal/media/ffmpeg"
)

// sniffed bytes tell every format below.
const sniffed = 4 << 10

// sniff tells a format by its first bytes; empty: unknown.
func sniff(b []byte, kind string) string {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(b[:min(len(b), sniffed)], []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, m := range []struct{ prefix, format string }{
		{"#extm3u", "hls"}, {"<!doctype html", "html"}, {"<html", "html"}, {"flv\x01", "flv"}, {"oggs", "ogg"}, {"id3", "mp3"}, {"flac", "flac"},
	} {
		if bytes.HasPrefix(text, []byte(m.prefix)) {
			return m.format
		}
	}
	switch {
	case bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<mpd")):
		return "dash"
	case len(b) >= 12 && (string(b[4:8]) == "ftyp" || string(b[4:8]) == "moov" || string(b[4:8]) == "mdat"):
		return "mp4"
	case bytes.HasPrefix(b, []byte("\x1a\x45\xdf\xa3")):
		if bytes.Contains(b[:min(len(b), 64)], []byte("webm")) {
			return "webm"
		}
		return "mkv"
	case len(b) >= 12 && string(b[:4]) == "RIFF":
		return strings.ToLower(strings.TrimSpace(string(b[8:12]))) // wave, avi
	case len(b) > 188 && b[0] == 0x47 && b[188] == 0x47:
		return "ts"
	case bytes.HasPrefix(b, []byte("\x30\x26\xb2\x75")):
		return "wmv"
	case bytes.HasPrefix(b, []byte("\x00\x00\x01\xba")):
		return "mpeg"
	case len(b) > 2 && b[0] == 0xff && b[1]&0xe0 == 0xe0:
		return "mp3"
	case kind == "text/html" || kind == "application/xhtml+xml":
		return "html"
	}
	return ""
}

// strangeFormat is a format that browsers do not open, or not all of them.
func strangeFormat(format string) bool {
	switch format {
	case "mkv", "avi", "ts", "wmv", "mpeg":
		return true
	}
	return false
}

// strangeCodec is a codec that browsers do not have, or not all of them.
func strangeCodec(codec string) bool {
	switch codec {
	case "h264", "vp8", "vp9", "av1", "theora", "aac", "mp3", "opus", "vorbis", "flac", "pcm_s16le", "pcm_u8", "pcm_f32le", "pcm_s24le":
		return false
	}
	return true
}

// lookFile asks ffprobe about the bytes that were fetched.
func (s *Service) lookFile(ctx context.Context, f *Found, h *head) {
	if strangeFormat(f.Format) {
		f.warn(Container, f.Format)
	}
	if !s.tools.Installed() {
		f.warn(NoProbe, "")
		return
	}
	if f.Live {
		return
	}
	file, err := s.sparse(ctx, f, h)
	if err != nil {
		return // nothing more is known, which is no reason not to add it
	}
	defer func() { _ = file.Close() }() // it has no name any more
	info, err := s.tools.Probe(ctx, file)
	if err != nil {
		return
	}
	f.DurationS = info.DurationS
	if info.Title != "" {
		f.Title = info.Title
	}
	for _, t := range info.Tracks {
		if t.Kind != "video" && t.Kind != "audio" || t.Picture {
			continue
		}
		f.Codecs = append(f.Codecs, t.Codec)
		if strangeCodec(t.Codec) {
			f.warn(Codec, t.Codec)
		}
	}
	if hasVideo(info) {
		if picture, err := s.tools.Picture(ctx, file, 0); err == nil {
			f.Poster = "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(picture)
		}
	}
}

func hasVideo(i ffmpeg.Info) bool {
	for _, t := range i.Tracks {
		if t.Kind == "video" {
			return true
		}
	}
	return false
}

// sparse is a file without a name that has the beginning of the one at the
// address and its index where that is elsewhere; the rest is holes.
func (s *Service) sparse(ctx context.Context, f *Found, h *head) (*os.File, error) {
	file, err := os.CreateTemp("", "synctv-look-")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // what is open stays readable
	if err = s.fill(ctx, file, f, h); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func (s *Service) fill(ctx context.Context, file *os.File, f *Found, h *head) error {
	if _, err := file.Write(h.head); err != nil {
		return err
	}
	// Others say at the beginning how long they are, and look for their index at
	// the end if there is one.
	if whole := f.Format != "mkv" && f.Format != "webm" && f.Format != "ogg"; whole && h.size > int64(len(h.head)) {
		if err := file.Truncate(h.size); err != nil {
			return err
		}
	}
	at, ok := indexAt(h.head, h.size)
	if !ok || !h.ranges {
		return nil
	}
	res, err := s.get(ctx, h.url.String(), fmt.Sprintf("bytes=%d-%d", at, min(at+maxIndex, h.size)-1))
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusPartialContent {
		return fmt.Errorf("status %d for a range", res.StatusCode)
	}
	_, err = io.Copy(io.NewOffsetWriter(file, at), io.LimitReader(res.Body, maxIndex))
	return err
}

// indexAt finds where the rest of an mp4's index begins, if it is not all in the
// head: its boxes are a chain of lengths.
func indexAt(head []byte, size int64) (int64, bool) {
	if len(head) < 12 || string(head[4:8]) != "ftyp" {
		return 0, false
	}
	at := int64(0)
	for at+16 <= int64(len(head)) {
		b := head[at:]
		length := int64(binary.BigEndian.Uint32(b))
		if length == 1 {
			length = int64(binary.BigEndian.Uint64(b[8:])) //nolint:gosec // checked below
		}
		if length < 8 || at+length > size {
			return 0, false
		}
		if string(b[4:8]) == "moov" {
			return int64(len(head)), at+length > int64(len(head))
		}
		at += length
	}
	return at, at < size
}

// total is the length of the whole, from a part's answer or its own; 0: unknown.
func total(res *http.Response) int64 {
	if res.StatusCode == http.StatusPartialContent {
		_, all, _ := strings.Cut(res.Header.Get("Content-Range"), "/")
		n, err := strconv.ParseInt(all, 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return max(res.ContentLength, 0)
}
