package feed

import (
	"strings"

	"github.com/sidecard/sidecard/blocks/amocrm/panel/forms"
	"github.com/sidecard/sidecard/blocks/ui"
	"github.com/sidecard/sidecard/internal/crm/feed"
	"github.com/sidecard/sidecard/internal/i18n"
)

// itemView is one line of the feed.
type itemView struct {
	ID       ui.Plain // by which the browser knows it again
	Icon     string
	Kind     string
	Author   string
	Text     string   // free text of people
	Sentence ui.Plain // what the CRM did
	Age      string
	AgeTitle string
	Link     ui.Plain
	LinkText string
	Mine     bool
	Focus    bool // takes the focus when it appears
}

var itemIcons = map[string]string{
	feed.KindComment: "comment", feed.KindCall: "phone", feed.KindSMS: "comment", feed.KindMail: "mail",
	feed.KindService: "bolt", feed.KindStatus: "flag", feed.KindResponsible: "person", feed.KindPrice: "money",
	feed.KindName: "edit", feed.KindField: "edit", feed.KindTag: "tag", feed.KindTask: "clock",
	feed.KindLink: "link", feed.KindCreated: "plus", feed.KindOther: "bolt",
}

func drawItem(f i18n.Format, it feed.Item) itemView {
	t := func(key string, args ...any) string { return f.Catalog.T(f.Lang, key, args...) }
	v := itemView{ID: ui.Plain(it.ID), Kind: it.Kind, Icon: itemIcons[it.Kind], Author: it.Author, Text: it.Text, Mine: it.Mine}
	if v.Icon == "" {
		v.Icon = "bolt"
	}
	if v.Author == "" {
		v.Author = t("feed.robot")
	}
	if !it.At.IsZero() {
		v.Age, v.AgeTitle = f.Age(it.At), f.DateTime(it.At)
	}
	if it.Key != "" {
		v.Sentence = ui.Plain(f.Catalog.TMap(f.Lang, it.Key, forms.Args(f, it.Args)))
	}
	if it.Duration > 0 {
		v.Sentence = ui.Plain(strings.TrimSpace(string(v.Sentence) + " " + t("feed.duration", "Time", f.Duration(it.Duration))))
	}
	number, _ := it.Args["phone"].(string)
	if v.Link = forms.SafeURL(f, it.Link, number); v.Link != "" { // a call's recording is named after who called
		v.LinkText = t("open_in_amo")
		if it.Kind == feed.KindCall {
			v.LinkText = t("feed.record")
		}
	}
	return v
}
