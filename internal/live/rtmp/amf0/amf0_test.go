package amf0

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	values := []any{
		"connect", 1.0, nil, true, false, "", strings.Repeat("x", 70000),
		Object{
			Prop("app", "live"), Prop("n", 2.5), Prop("deep", Object{Prop("a", nil)}),
			Prop("list", []any{"av01", 1.0, Array{Prop("k", "v")}}),
		},
		Array{Prop("width", 640.0)},
	}
	b := Append(nil, values...)
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(values, got); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(Append(nil, 7), Append(nil, 7.0)) {
		t.Error("an int is not a number")
	}
}

func TestDecodeForeign(t *testing.T) {
	tests := map[string]struct {
		in   string
		want []any
	}{
		"undefined":    {"\x06", []any{nil}},
		"reference":    {"\x07\x00\x01", []any{nil}},
		"date":         {"\x0b\x3f\xf0\x00\x00\x00\x00\x00\x00\x00\x00", []any{1.0}},
		"xml":          {"\x0f\x00\x00\x00\x02<>", []any{"<>"}},
		"typed object": {"\x10\x00\x01C\x00\x01a\x05\x00\x00\x09", []any{Object{Prop("a", nil)}}},
		"array, count": {"\x08\xff\xff\xff\xff\x00\x00\x09", []any{Array{}}},
		"empty key":    {"\x03\x00\x00\x05\x00\x00\x09", []any{Object{Prop("", nil)}}},
	}
	for name, test := range tests {
		got, err := Decode([]byte(test.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"number cut":     "\x00\x00",
		"bool cut":       "\x01",
		"string cut":     "\x02\x00\x05abc",
		"length cut":     "\x02\x00",
		"long length":    "\x0c\xff\xff\xff\xff",
		"object cut":     "\x03\x00\x01a",
		"object no end":  "\x03\x00\x01a\x05",
		"array cut":      "\x08\x00",
		"typed cut":      "\x10\x00\x09",
		"huge list":      "\x0a\xff\xff\xff\xff\x05",
		"list cut":       "\x0a\x00\x00",
		"list value cut": "\x0a\x00\x00\x00\x01\x00",
		"date cut":       "\x0b\x00\x00\x00\x00\x00\x00\x00\x00",
		"unknown":        "\x12\x0a",
		"too deep":       strings.Repeat("\x03\x00\x01a", 100),
		"too deep list":  strings.Repeat("\x0a\x00\x00\x00\x01", 100),
	} {
		if _, err := Decode([]byte(in)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestObjectAnswersForWhatItLacks(t *testing.T) {
	o := Object{Prop("app", "live"), Prop("n", 3.0)}
	if o.Text("app") != "live" || o.Text("n") != "" || o.Text("x") != "" ||
		o.Number("n") != 3 || o.Number("app") != 0 || Object(nil).Number("n") != 0 {
		t.Error("wrong properties")
	}
}

func TestAppendPanicsOnWhatItCannotSay(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Append(nil, struct{}{})
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, "connect", 1, Object{Prop("app", "live"), Prop("list", []any{"av01", true})}))
	f.Add([]byte("\x08\x00\x00\x00\x01\x00\x01a\x05\x00\x00\x09"))
	f.Add([]byte("\x0a\xff\xff\xff\xff\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		values, err := Decode(b)
		if err != nil {
			return
		}
		// What can be read can be written, and means the same.
		again, err := Decode(Append(nil, values...))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(Append(nil, values...), Append(nil, again...)) {
			t.Fatalf("%v became %v", values, again)
		}
	})
}
