package spelling

import "testing"

func TestGuess(t *testing.T) {
	list := []string{"http-addr", "rtmp-addr", "live"}
	for word, want := range map[string]string{
		"http-adr": `; did you mean "http-addr"?`, "rtmpp-addr": `; did you mean "rtmp-addr"?`, "wholly-unknown": "", "liev": `; did you mean "live"?`,
	} {
		if got := Guess(word, list); got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
	for words, want := range map[[2]string]int{{"", "abc"}: 3, {"abc", "abc"}: 0, {"abc", "axc"}: 1, {"kitten", "sitting"}: 3} {
		if got := distance(words[0], words[1]); got != want {
			t.Errorf("%v: %d", words, got)
		}
	}
}
