package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// payloads is what people send to see what breaks.
func payloads() map[string]string {
	return map[string]string{
		"markup":        `<img src=x onerror=alert(1)><script>alert(2)</script>`,
		"attribute":     `" onmouseover="alert(1)" x="'><svg onload=alert(3)>`,
		"template":      `{{constructor.constructor('alert(1)')()}} ${alert(1)} <%= 7*7 %>`,
		"bidi override": "user\u202Etxt.exe\u202D \u2066isolated\u2069 \u200Fmark",
		"marks":         "Z" + strings.Repeat("\u0300\u0316\u0489", 1_700),
		"joiners":       "👩" + strings.Repeat("\u200D", 3_000) + "👧" + strings.Repeat("\u200D👨", 30),
		"zero width":    "ad\u200Bmin\uFEFF\u2060\u00AD",
		"controls":      "a\x00b\x07\x1b[31mred\x1b[0m\u0085\u2028\u2029",
		"right to left": "שלום עולם مرحبا بالعالم",
		"emoji":         "👨‍👩‍👧‍👦🏳️‍🌈🇨🇳1️⃣",
		"fillers":       "\u3164x\u115F\u2800",
		"private":       "a\uE000b\U000F0000c",
		"styles":        "x" + strings.Repeat("\uFE0F", 1_000),
		"formula":       `=HYPERLINK("http://x","y")`,
	}
}

// checkClean says what is wrong with a text that came back.
func checkClean(s string, most int) string {
	if !utf8.ValidString(s) {
		return "not UTF-8"
	}
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Sprintf("%d characters", n)
	}
	marks, joiners := 0, 0
	for _, r := range s {
		switch {
		case r == 0x200C || r == 0x200D:
			if joiners++; joiners > 1 {
				return "joiners in a row"
			}
			continue
		case unicode.IsControl(r) && r != '\n', unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return fmt.Sprintf("it holds %U", r)
		case unicode.Is(unicode.M, r):
			if marks++; marks > 8 {
				return "a tower of marks"
			}
			continue
		}
		marks, joiners = 0, 0
	}
	return ""
}

// Every text that people may type comes back cleaned and short, or is refused;
// whatever is refused is not echoed.
func TestTextOfEveryField(t *testing.T) {
	h := startHouse(t, nil)
	ada := h.register("ada")
	home := ada.createRoom(map[string]string{"name": "home"})
	item := ada.addURL(home, "https://example.org/a.mp4")
	room := "/api/rooms/" + home
	cut := func(s string, n int) string { // what a form's limit leaves of it, in bytes
		for len(s) > n {
			s = s[:n]
		}
		return strings.ToValidUTF8(s, "")
	}
	fields := []struct {
		name string
		most int
		send func(text string) answer
		read func(body map[string]any) any
	}{
		{"room name", 100, func(s string) answer {
			return ada.post("/api/rooms", map[string]string{"name": cut(s, 400)})
		}, func(b map[string]any) any { return b["name"] }},
		{"room description", 500, func(s string) answer {
			return ada.post("/api/rooms", map[string]string{"name": "x", "description": cut(s, 2000)})
		}, func(b map[string]any) any { return b["description"] }},
		{"guest name", 32, func(s string) answer {
			return h.anonymous().post(room+"/guests", map[string]string{"name": cut(s, 200)})
		}, func(b map[string]any) any { return b["member"].(map[string]any)["name"] }},
		{"account name", 32, func(s string) answer {
			return h.anonymous().post("/api/auth/register", map[string]string{"name": cut(s, 200), "password": "password-x"})
		}, func(b map[string]any) any { return b["user"].(map[string]any)["name"] }},
		{"title", 200, func(s string) answer {
			return ada.post(room+"/playlist/items", map[string]any{"items": []map[string]string{{"url": "https://example.org/b.mp4", "title": s}}})
		}, func(b map[string]any) any { return b["items"].([]any)[0].(map[string]any)["title"] }},
		{"title from an address", 200, func(s string) answer {
			return ada.post(room+"/playlist/items", map[string]any{"items": []map[string]string{{"url": "https://example.org/" + url.PathEscape(cut(s, 500)) + ".mp4"}}})
		}, func(b map[string]any) any { return b["items"].([]any)[0].(map[string]any)["title"] }},
		{"live title", 200, func(s string) answer {
			return ada.post(room+"/live-keys", map[string]string{"title": cut(s, 600)})
		}, func(b map[string]any) any { return b["item"].(map[string]any)["title"] }},
		{"chat", 500, func(s string) answer {
			return h.guest(home, "g").post(room+"/chat", map[string]string{"text": s})
		}, func(b map[string]any) any { return b["text"] }},
		{"comment", 100, func(s string) answer {
			return h.guest(home, "g").post(room+"/danmaku", map[string]any{"text": s, "item_id": item, "position_s": 1})
		}, func(b map[string]any) any { return b["text"] }},
	}
	taken := 0
	for name, payload := range payloads() {
		for _, f := range fields {
			a := f.send(payload)
			var got map[string]any
			if err := json.Unmarshal(a.body, &got); err != nil {
				t.Fatalf("%s, %s: %d %.200s", f.name, name, a.status, a.body)
			}
			if strings.Contains(string(a.body), "\u202e") || !strings.Contains(a.header.Get("Content-Type"), "json") || a.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s, %s: %v %.300s", f.name, name, a.header, a.body)
			}
			switch {
			case a.status == 200 || a.status == 201:
				taken++
				text, _ := f.read(got).(string)
				if wrong := checkClean(text, f.most); wrong != "" || text == "" {
					t.Errorf("%s, %s: %s: %.100q", f.name, name, wrong, text)
				}
			case a.status == 400 || a.status == 409:
				if wrong := checkClean(got["detail"].(string), 300); wrong != "" {
					t.Errorf("%s, %s: the refusal: %s", f.name, name, wrong)
				}
			default:
				t.Errorf("%s, %s: %d %.200s", f.name, name, a.status, a.body)
			}
		}
	}
	if taken < 60 {
		t.Errorf("only %d texts were taken at all", taken)
	}
}
