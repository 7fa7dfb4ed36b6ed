package jobs

import "regexp"

var ownMarker = regexp.MustCompile(`\[sidecard:([0-9a-v]{26})\]`)

// Marker is the line by which a comment of ours on a job is known; it survives the way from HTML to text.
func Marker(id string) string { return "[sidecard:" + id + "]" }

// MarkersIn returns the ids of the first n jobs whose marker a text holds.
func MarkersIn(text string, n int) (ids []string) {
	for _, m := range ownMarker.FindAllStringSubmatch(text, n) {
		ids = append(ids, m[1])
	}
	return ids
}
