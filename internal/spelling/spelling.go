// Package spelling guesses what somebody meant by a word that does not exist.
package spelling

import "fmt"

// most letters that may differ for a word to have been meant.
const most = 3

// Nearest is the word of the list that was likely meant; empty: nobody knows.
func Nearest(word string, list []string) string {
	best, least := "", most+1
	for _, w := range list {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// Guess is the end of an error: "; did you mean …?", or nothing.
func Guess(word string, list []string) string {
	if near := Nearest(word, list); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// distance counts the letters to add, remove or change between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			next := left
			if a[i] != b[j] {
				next = 1 + min(left, row[j], row[j+1])
			}
			left, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}
