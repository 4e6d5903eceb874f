package amf0

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Values as the specification of AMF3 writes them (Adobe, 2013, §1.3 and §3).
func TestDecodeAMF3(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want any
	}{
		"undefined":              {"\x00", nil},
		"null":                   {"\x01", nil},
		"false":                  {"\x02", false},
		"true":                   {"\x03", true},
		"one byte":               {"\x04\x7f", 127.0},
		"two bytes":              {"\x04\x81\x00", 128.0},
		"three bytes":            {"\x04\xff\xff\x7f", 2097151.0},
		"four bytes":             {"\x04\x80\xc0\x80\x00", 2097152.0},
		"largest":                {"\x04\xbf\xff\xff\xff", 268435455.0},
		"smallest":               {"\x04\xc0\x80\x80\x00", -268435456.0},
		"minus one":              {"\x04\xff\xff\xff\xff", -1.0},
		"double":                 {"\x05\x3f\xf8\x00\x00\x00\x00\x00\x00", 1.5},
		"string":                 {"\x06\x07abc", "abc"},
		"empty string":           {"\x06\x01", ""},
		"date":                   {"\x08\x01\x3f\xf0\x00\x00\x00\x00\x00\x00", 1.0},
		"xml":                    {"\x0b\x05<>", "<>"},
		"bytes":                  {"\x0c\x05\x00\x01", "\x00\x01"},
		"list":                   {"\x09\x05\x01\x04\x01\x06\x03a", []any{1.0, "a"}},
		"list with names":        {"\x09\x03\x03k\x03\x01\x02", Array{Prop("k", true), Prop("0", false)}},
		"dynamic object":         {"\x0a\x0b\x01\x03a\x04\x01\x01", Object{Prop("a", 1.0)}},
		"sealed object":          {"\x0a\x23\x03C\x03a\x03b\x02\x03", Object{Prop("a", false), Prop("b", true)}},
		"sealed and dynamic":     {"\x0a\x1b\x03C\x03a\x02\x03b\x03\x01", Object{Prop("a", false), Prop("b", true)}},
		"string again":           {"\x09\x05\x01\x06\x07abc\x06\x00", []any{"abc", "abc"}},
		"empty is not counted":   {"\x09\x07\x01\x06\x01\x06\x03a\x06\x00", []any{"", "a", "a"}},
		"object again":           {"\x09\x05\x01\x0a\x0b\x01\x03a\x03\x01\x0a\x02", []any{Object{Prop("a", true)}, Object{Prop("a", true)}}},
		"traits again":           {"\x09\x05\x01\x0a\x13\x03C\x03a\x02\x0a\x01\x03", []any{Object{Prop("a", false)}, Object{Prop("a", true)}}},
		"an object in itself":    {"\x0a\x0b\x01\x03a\x0a\x00\x01", Object{Prop("a", nil)}},
		"names are strings, too": {"\x0a\x0b\x01\x03a\x06\x00\x01", Object{Prop("a", "a")}},
	} {
		got, err := Decode([]byte("\x11" + test.in))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff([]any{test.want}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// A command as clients send it: AMF0, and AMF3 for its object.
func TestDecodeMixed(t *testing.T) {
	b := append(Append(nil, "connect", 1), "\x11\x0a\x0b\x01\x07app\x06\x09live\x1dobjectEncoding\x04\x03\x01"...)
	b = Append(b, "after")
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{"connect", 1.0, Object{Prop("app", "live"), Prop("objectEncoding", 3.0)}, "after"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDecodeAMF3Refuses(t *testing.T) {
	bomb := "\x11\x09\x81\x01\x01\x06" + "\xff\x7f" + strings.Repeat("x", 8191) // one long string, and then 63 times the same
	for name, in := range map[string]string{
		"nothing":                 "\x11",
		"integer cut":             "\x11\x04\x80",
		"double cut":              "\x11\x05\x00",
		"string cut":              "\x11\x06\x07ab",
		"no such string":          "\x11\x06\x00",
		"no such object":          "\x11\x0a\x00",
		"no such traits":          "\x11\x0a\x01",
		"a class of its own":      "\x11\x0a\x07\x03C",
		"huge list":               "\x11\x09\xff\xff\xff\xff\x01",
		"huge class":              "\x11\x0a\xff\xff\xff\xf3\x01",
		"huge bytes":              "\x11\x0c\xff\xff\xff\xff",
		"vector":                  "\x11\x0d\x01\x00",
		"dictionary":              "\x11\x11\x01\x00",
		"unknown":                 "\x11\x20",
		"too deep":                "\x11" + strings.Repeat("\x09\x03\x01", 100),
		"too deep by reference":   "\x11\x09\x05\x01" + strings.Repeat("\x09\x03\x01", 9) + "\x01" + strings.Repeat("\x09\x03\x01", 9) + "\x09\x02",
		"stands for far too much": bomb + strings.Repeat("\x06\x00", 63),
	} {
		if _, err := Decode([]byte(in)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeAMF3(f *testing.F) {
	f.Add([]byte("\x0a\x0b\x01\x07app\x06\x09live\x01"))
	f.Add([]byte("\x09\x05\x01\x0a\x13\x03C\x03a\x02\x0a\x01\x03"))
	f.Add([]byte("\x09\x05\x01\x06\x07abc\x06\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		values, err := Decode(append([]byte{markAMF3}, b...))
		if err != nil {
			return
		}
		// What was read can be passed on as AMF0, and means the same.
		said := Append(nil, values...)
		if len(said) > 4*maxExpanded+len(b)*16 {
			t.Fatalf("%d bytes became %d", len(b), len(said))
		}
		again, err := Decode(said)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(said, Append(nil, again...)) {
			t.Fatalf("%v became %v", values, again)
		}
	})
}
