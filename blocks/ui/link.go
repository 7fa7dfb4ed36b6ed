package ui

// Link leads to a page of a block from another block's.
type Link struct {
	Path string // below the session's address
	Icon string
	Text string // catalogue key
}
