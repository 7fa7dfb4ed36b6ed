package usedesk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sidecard/sidecard/sandbox/kit"
)

// settings are the pages of blocks and rules.
type settings struct{ *pages }

func (s *settings) pageBlocks(w http.ResponseWriter, r *http.Request) {
	var blocks []block
	s.state.Read(func(w *world) {
		blocks = kit.Each(w.Blocks, func(_ int, b *block) block {
			copied := *b
			copied.Params = append(slices.Clone(b.Params), param{}, param{})
			return copied
		})
	})
	s.show(w, http.StatusOK, "blocks", frame{Title: "Blocks", Section: "blocks", Saved: saved(r), Data: blocks})
}

func (s *settings) postNewBlock(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, "/settings/blocks", func(w *world) bool {
		if len(w.Blocks) < maxRows {
			w.Blocks = append(w.Blocks, &block{ID: w.id(), Name: "New block", Title: "New block"})
		}
		return true
	})
}

// postBlock saves a block. It stays managed as long as nobody changes its URL or host.
func (s *settings) postBlock(w http.ResponseWriter, r *http.Request) {
	made := block{ID: pathID(r, "id"), Name: r.FormValue("name"), Title: r.FormValue("title"), Content: r.FormValue("content"),
		URL: strings.TrimSpace(r.FormValue("url")), SecretKey: r.FormValue("secret_key"), Enabled: r.FormValue("enabled") != ""}
	for n := range maxRows {
		name := strings.TrimSpace(r.FormValue(fmt.Sprintf("param.%d.name", n)))
		if name != "" {
			made.Params = append(made.Params, param{Name: name, Value: r.FormValue(fmt.Sprintf("param.%d.value", n)),
				Encode: r.FormValue(fmt.Sprintf("param.%d.encode", n)) != ""})
		}
	}
	s.change(w, r, "/settings/blocks?saved=1", func(w *world) bool {
		b := w.block(made.ID)
		if b == nil {
			return false
		}
		made.Managed = b.Managed && made.URL == s.opts.BlockURL && made.get("amo_base_host") == s.opts.AmoBaseHost
		*b = made
		return true
	})
}

func (s *settings) postDeleteBlock(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, "/settings/blocks", func(w *world) bool {
		w.Blocks = slices.DeleteFunc(w.Blocks, func(b *block) bool { return b.ID == pathID(r, "id") })
		return true
	})
}

// rulesView is the page of rules with the whole log, the newest first.
type rulesView struct {
	Rules   []rule
	Firings []Firing
}

func (s *settings) pageRules(w http.ResponseWriter, r *http.Request) {
	s.showRules(w, http.StatusOK, frame{Saved: saved(r)}, nil)
}

// saved reports whether the page follows a save.
func saved(r *http.Request) bool { return r.URL.Query().Get("saved") == "1" }

// showRules shows the stored rules, or in place of one of them what was typed and not accepted.
func (s *settings) showRules(w http.ResponseWriter, status int, f frame, typed *rule) {
	var v rulesView
	s.state.Read(func(w *world) {
		v.Rules = kit.Each(w.Rules, func(_ int, r *rule) rule {
			if typed != nil && typed.ID == r.ID {
				return *typed
			}
			return *r
		})
		for _, f := range slices.Backward(w.Firings) {
			v.Firings = append(v.Firings, *f)
		}
	})
	f.Title, f.Section, f.Data = "Rules", "rules", v
	s.show(w, status, "rules", f)
}

func (s *settings) postNewRule(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, "/settings/rules", func(w *world) bool {
		if len(w.Rules) < maxRows {
			w.Rules = append(w.Rules, &rule{ID: w.id(), Name: "New rule", When: whenButton, Encoding: encodingJSON, Action: layOut(action{})})
		}
		return true
	})
}

// postRule saves a rule whose action can be read. It stays managed as long as nobody changes its URL.
func (s *settings) postRule(w http.ResponseWriter, r *http.Request) {
	made := &rule{ID: pathID(r, "id"), Name: r.FormValue("name"), When: r.FormValue("when"), Encoding: r.FormValue("encoding"),
		Action: strings.ReplaceAll(r.FormValue("action"), "\r\n", "\n"), Enabled: r.FormValue("enabled") != ""}
	if made.When != whenNewTicket {
		made.When = whenButton
	}
	if made.Encoding != encodingForm {
		made.Encoding = encodingJSON
	}
	a, err := parseAction(made.Action)
	if err == nil {
		_, err = a.headers(nil)
	}
	if err != nil {
		s.showRules(w, http.StatusUnprocessableEntity, frame{Error: "“" + made.Name + "” is not saved: " + err.Error()}, made)
		return
	}
	s.change(w, r, "/settings/rules?saved=1", func(w *world) bool {
		have := w.rule(made.ID)
		if have == nil {
			return false
		}
		made.Managed = have.Managed && a.URL == s.opts.RuleURL
		*have = *made
		return true
	})
}

func (s *settings) postDeleteRule(w http.ResponseWriter, r *http.Request) {
	s.change(w, r, "/settings/rules", func(w *world) bool {
		w.Rules = slices.DeleteFunc(w.Rules, func(have *rule) bool { return have.ID == pathID(r, "id") })
		return true
	})
}
