package rtmp_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"synctv/internal/live"
	"synctv/internal/live/flv"
	"synctv/internal/live/rtmp"
	"synctv/internal/live/rtmp/amf0"
	"synctv/internal/live/rtmp/chunk"
)

// commands collects what a server answers.
type commands struct{ all [][]any }

func (c *commands) Open(h chunk.Header) ([]byte, error) { return make([]byte, h.Len), nil }
func (c *commands) Drop(chunk.Header, []byte)           {}
func (c *commands) Done(h chunk.Header, b []byte) error {
	if h.Type != chunk.TypeCommand {
		return nil
	}
	values, err := amf0.Decode(b)
	c.all = append(c.all, values)
	return err
}

// read reads until so many commands came.
func (c *commands) read(t *testing.T, conn net.Conn, n int) {
	t.Helper()
	in := chunk.NewReader(conn, c)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for len(c.all) < n {
		if err := in.Read(); err != nil {
			t.Fatalf("%v after %v", err, c.all)
		}
	}
}

// An encoder that speaks AMF3 where it may publishes like others: it is told
// that we speak AMF0, and viewers get its metadata in AMF0.
func TestAMF3IsUnderstood(t *testing.T) {
	h := open(t, live.Limits{}, rtmp.Limits{})
	conn, w := raw(t, h)
	send := func(kind uint8, amf3 string, values ...any) {
		t.Helper()
		body := append(amf0.Append([]byte{0}, values...), amf3...)
		if err := w.Write(chunk.Header{Chunk: 3, Type: kind, Stream: 1}, body); err != nil {
			t.Fatal(err)
		}
	}
	send(chunk.TypeCommandAMF3, "\x11\x0a\x0b\x01\x07app\x06\x0dlive/r\x1dobjectEncoding\x04\x03\x01", "connect", 1)
	send(chunk.TypeCommandAMF3, "\x11\x06\x23"+goodKey, "publish", 2, nil)
	said := &commands{}
	said.read(t, conn, 2)
	info, _ := said.all[0][3].(amf0.Object)
	if said.all[0][0] != "_result" || info.Text("code") != "NetConnection.Connect.Success" || info.Number("objectEncoding") != 0 {
		t.Errorf("connect was answered with %v", said.all[0])
	}
	send(chunk.TypeDataAMF3, "\x11\x0a\x0b\x01\x0bwidth\x04\x7f\x01", "@setDataFrame", "onMetaData")
	for _, payload := range []string{avcHeader, avcKey} {
		if err := w.Write(chunk.Header{Chunk: 6, Type: chunk.TypeVideo, Stream: 1}, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := h.hub.Watch("show-r")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Leave()
	first, err := v.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, found := amf0.Append(nil, "onMetaData", amf0.Object{amf0.Prop("width", 127)}), false
	err = flv.Tags(first.Head, func(tag flv.Tag) error {
		found = found || tag.Type == flv.Script && bytes.Equal(tag.Payload, want)
		return nil
	})
	if err != nil || !found {
		t.Errorf("%v, metadata %q in %q", err, want, first.Head)
	}
}
