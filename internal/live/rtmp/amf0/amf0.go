// Package amf0 reads and writes the AMF0 values RTMP commands are made of, and
// reads the AMF3 values that may be among them. It knows the encodings and
// nothing of what the commands mean. Input is hostile:
// depth and size are bounded by what really arrived.
package amf0

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrMalformed is wrapped by every decoding error.
var ErrMalformed = errors.New("amf0: malformed")

// maxDepth is how deep objects may nest; commands nest two or three deep.
const maxDepth = 16

// Pair is one property of an object.
type Pair struct {
	Key   string
	Value any
}

// Prop makes a Pair.
func Prop(key string, value any) Pair { return Pair{key, value} }

// Object is an AMF0 object with its properties in order.
type Object []Pair

// Array is an AMF0 ECMA array: an object by another marker.
type Array []Pair

// Text returns the property's string, or "" if there is none.
func (o Object) Text(key string) string {
	for _, p := range o {
		if p.Key == key {
			s, _ := p.Value.(string)
			return s
		}
	}
	return ""
}

// Number returns the property's number, or 0 if there is none.
func (o Object) Number(key string) float64 {
	for _, p := range o {
		if p.Key == key {
			n, _ := p.Value.(float64)
			return n
		}
	}
	return 0
}

const (
	markNumber     = 0x00
	markBool       = 0x01
	markString     = 0x02
	markObject     = 0x03
	markNull       = 0x05
	markUndefined  = 0x06
	markReference  = 0x07
	markArray      = 0x08
	markEnd        = 0x09
	markStrict     = 0x0a
	markDate       = 0x0b
	markLongString = 0x0c
	markXML        = 0x0f
	markTyped      = 0x10
	markAMF3       = 0x11
)

// Decode reads all values in b: float64, bool, string, Object, Array, []any,
// or nil. A typed object loses its class, a date its zone.
func Decode(b []byte) ([]any, error) {
	d := decoder{b: b}
	var values []any
	for len(d.b) > 0 {
		v, err := d.value(0)
		if err != nil {
			return values, err
		}
		values = append(values, v)
	}
	return values, nil
}

type decoder struct {
	b      []byte
	shared // by AMF3 values
}

func (d *decoder) take(n int) ([]byte, error) {
	if n > len(d.b) {
		return nil, fmt.Errorf("%w: %d bytes wanted, %d left", ErrMalformed, n, len(d.b))
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b, nil
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: nested deeper than %d", ErrMalformed, maxDepth)
	}
	mark, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch mark[0] {
	case markNumber:
		return d.number()
	case markBool:
		b, err := d.take(1)
		return err == nil && b[0] != 0, err
	case markString:
		return d.text(2)
	case markLongString, markXML:
		return d.text(4)
	case markNull, markUndefined:
		return nil, nil //nolint:nilnil // null is a value here
	case markReference:
		_, err := d.take(2)
		return nil, err
	case markDate:
		v, err := d.number()
		if err == nil {
			_, err = d.take(2)
		}
		return v, err
	}
	return d.composite(mark[0], depth)
}

func (d *decoder) composite(mark byte, depth int) (any, error) {
	switch mark {
	case markTyped:
		if _, err := d.text(2); err != nil {
			return nil, err
		}
		fallthrough
	case markObject:
		pairs, err := d.pairs(depth)
		return Object(pairs), err
	case markArray:
		if _, err := d.take(4); err != nil { // a count nobody keeps to
			return nil, err
		}
		pairs, err := d.pairs(depth)
		return Array(pairs), err
	case markStrict:
		return d.strict(depth)
	case markAMF3:
		return d.value3(depth)
	}
	return nil, fmt.Errorf("%w: marker %#x", ErrMalformed, mark)
}

func (d *decoder) number() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (d *decoder) text(width int) (string, error) {
	b, err := d.take(width)
	if err != nil {
		return "", err
	}
	n := 0
	for _, c := range b {
		n = n<<8 | int(c)
	}
	b, err = d.take(n)
	return string(b), err
}

func (d *decoder) pairs(depth int) ([]Pair, error) {
	pairs := []Pair{}
	for {
		key, err := d.text(2)
		if err != nil {
			return nil, err
		}
		if key == "" && len(d.b) > 0 && d.b[0] == markEnd {
			d.b = d.b[1:]
			return pairs, nil
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, Pair{key, v})
	}
}

func (d *decoder) strict(depth int) (any, error) {
	b, err := d.take(4)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(d.b)) { // each element has a byte at least
		return nil, fmt.Errorf("%w: array of %d in %d bytes", ErrMalformed, n, len(d.b))
	}
	values := []any{}
	for range n {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// Append encodes values after dst: numbers (float64 or int), bool, string,
// Object, Array, []any and nil. Any other type is a programmer's mistake and
// panics.
func Append(dst []byte, values ...any) []byte {
	for _, v := range values {
		dst = appendValue(dst, v)
	}
	return dst
}

func appendValue(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, markNull)
	case int:
		return appendValue(dst, float64(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(dst, markNumber), math.Float64bits(v))
	case bool:
		if v {
			return append(dst, markBool, 1)
		}
		return append(dst, markBool, 0)
	case string:
		if len(v) > math.MaxUint16 {
			dst = binary.BigEndian.AppendUint32(append(dst, markLongString), uint32(len(v)))
			return append(dst, v...)
		}
		return appendText(append(dst, markString), v)
	case Object:
		return appendPairs(append(dst, markObject), v)
	case Array:
		dst = binary.BigEndian.AppendUint32(append(dst, markArray), uint32(len(v)))
		return appendPairs(dst, v)
	case []any:
		dst = binary.BigEndian.AppendUint32(append(dst, markStrict), uint32(len(v)))
		return Append(dst, v...)
	}
	panic(fmt.Sprintf("amf0: cannot encode %T", v))
}

func appendPairs(dst []byte, pairs []Pair) []byte {
	for _, p := range pairs {
		dst = appendValue(appendText(dst, p.Key), p.Value)
	}
	return append(dst, 0, 0, markEnd)
}

func appendText(dst []byte, s string) []byte {
	s = s[:min(len(s), math.MaxUint16)]
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}
