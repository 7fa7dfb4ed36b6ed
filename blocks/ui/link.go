package ui

import "strings"

// Link leads to a page of a block from another block's.
type Link struct {
	Path string // below the session's address
	Icon string
	Text string // catalogue key
}

// tab leads to a section of the panel.
type tab struct {
	Href       Plain
	Icon, Text string
	On         bool
}

// tabs returns the client's section and those that blocks contribute; nil without any of these. They load the whole page, so that
// the chosen one is marked without script too.
func tabs(r *PageRequest) []tab {
	if len(r.Kit.Sections) == 0 || r.Session.ID == "" {
		return nil
	}
	list, below := []tab{{Href: Plain(r.Base()), Icon: "person", Text: "sections.client", On: true}}, r.Request().URL.Path+"/"
	for _, s := range r.Kit.Sections {
		on := strings.HasPrefix(below, r.Base()+s.Path+"/")
		list[0].On = list[0].On && !on
		list = append(list, tab{Plain(r.Base() + s.Path), s.Icon, s.Text, on})
	}
	return list
}
