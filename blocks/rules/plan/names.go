package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecard/sidecard/blocks/rules/request"
	"github.com/sidecard/sidecard/internal/crm"
)

// stage finds pipeline and stage by id or name. A pipeline that is not there takes no stage with it: one that is named by
// its id, or that only one pipeline has, still says where the deal goes.
func (c *checker) stage(f *request.LeadFields) {
	if f.PipelineID == 0 && f.Pipeline != "" {
		f.PipelineID = c.one("fields.pipeline", "no_pipeline", f.Pipeline, pipelines(c.m))
	}
	p, known := c.m.Pipeline(f.PipelineID)
	if f.PipelineID != 0 && !known {
		c.unknownID("fields.pipeline_id", "no_pipeline", &f.PipelineID, pipelines(c.m))
	}
	switch {
	case f.StatusID != 0 && known:
		if _, ok := c.m.Status(f.PipelineID, f.StatusID); !ok {
			c.unknownID("fields.status_id", "no_stage", &f.StatusID, stages(p), "Pipeline", strconv.FormatInt(f.PipelineID, 10))
		}
	case f.StatusID != 0 && f.PipelineID == 0:
		has := func(p crm.Pipeline) bool {
			return slices.ContainsFunc(p.Statuses, func(s crm.Status) bool { return int64(s.ID) == f.StatusID })
		}
		if !slices.ContainsFunc(c.m.Pipelines, has) {
			c.unknownID("fields.status_id", "no_stage_anywhere", &f.StatusID, pipelines(c.m))
		}
	case f.StatusID != 0 || f.Status == "":
	case known:
		f.StatusID = c.one("fields.status", "no_stage", f.Status, stages(p), "Pipeline", ref(p.ID, p.Name).String())
	case f.PipelineID == 0:
		c.stageAnywhere(f)
	default: // the stage of a pipeline that is not known here
		c.missing("fields.status", "no_stage", f.Status, nil, "Pipeline", strconv.FormatInt(f.PipelineID, 10))
	}
}

// stageAnywhere finds a stage that only one pipeline has.
func (c *checker) stageAnywhere(f *request.LeadFields) {
	var all []Ref
	seen := map[string]bool{}
	found := map[int64]crm.Pipeline{}
	var in []Ref
	for _, p := range c.m.Open() {
		for _, s := range pick(stages(p), f.Status) {
			found[int64(p.ID)] = p
			in, f.StatusID = append(in, ref(p.ID, p.Name)), s.ID
		}
		for _, s := range stages(p) {
			if key := strings.ToLower(s.Name); !seen[key] {
				seen[key] = true
				all = append(all, s)
			}
		}
	}
	switch {
	case len(in) == 0:
		c.missing("fields.status", "no_stage_anywhere", f.Status, all)
	case len(found) > 1:
		f.StatusID = 0
		c.leave(f.Status, request.NewProblem("fields.status", request.CodeAmbiguous, "ambiguous_stage", "Found", some(in)))
	case len(in) > 1:
		p := found[in[0].ID]
		f.StatusID = 0
		c.leave(f.Status, request.NewProblem("fields.status", request.CodeAmbiguous, "ambiguous", "Found", some(pick(stages(p), f.Status))))
	default:
		f.PipelineID = in[0].ID
	}
}

// one finds the only one of a name; 0 when there is none or several, which is said.
func (c *checker) one(path, key, name string, have []Ref, params ...string) int64 {
	switch found := pick(have, name); len(found) {
	case 0:
		c.missing(path, key, name, have, params...)
	case 1:
		return found[0].ID
	default:
		c.leave(name, request.NewProblem(path, request.CodeAmbiguous, "ambiguous", "Found", some(found)))
	}
	return 0
}

// responsible finds a user by id, e-mail or name. One who can't be responsible is left out.
func (c *checker) responsible(f *request.LeadFields) {
	const path = "fields.responsible_user"
	unread := c.m.UsersHidden || len(c.m.Users) == 0
	switch {
	case f.ResponsibleID != 0 && unread, f.ResponsibleID == 0 && f.Responsible == "":
		return
	case f.ResponsibleID != 0:
		c.responsibleID(&f.ResponsibleID)
		return
	case unread:
		c.leave(f.Responsible, request.NewProblem(path, request.CodeChoice, "users_hidden"))
		return
	}
	have := users(c.m.Assignable())
	found := withEmail(c.m.Assignable(), f.Responsible)
	if len(found) == 0 {
		found = pick(have, f.Responsible)
	}
	gone := append(withEmail(c.m.Users, f.Responsible), pick(users(c.m.Users), f.Responsible)...)
	switch {
	case len(found) == 1:
		f.ResponsibleID = found[0].ID
	case len(found) > 1:
		c.leave(f.Responsible, request.NewProblem(path, request.CodeAmbiguous, "ambiguous", "Found", some(found)))
	case len(gone) > 0:
		c.leave(f.Responsible, request.NewProblem(path, request.CodeChoice, "inactive_user", "User", gone[0].String(), "Accepted", some(have)))
	default:
		if strings.Contains(f.Responsible, "@") { // who types an address means one
			for i, u := range c.m.Assignable() {
				have[i].Name = u.Email
			}
		}
		c.missing(path, "no_user", f.Responsible, have)
	}
}

func (c *checker) responsibleID(id *int64) {
	const path = "fields.responsible_user_id"
	have := users(c.m.Assignable())
	switch u, ok := crm.Find(c.m.Users, func(u crm.User) bool { return int64(u.ID) == *id }); {
	case !ok:
		c.unknownID(path, "no_user", id, have)
	case c.ids && (!u.IsActive || u.IsFree):
		c.leave(strconv.FormatInt(*id, 10), request.NewProblem(path, request.CodeChoice, "inactive_user", "User", ref(u.ID, u.Name).String(),
			"Accepted", some(have)))
		*id = 0
	}
}

func withEmail(list []crm.User, email string) []Ref {
	return users(crm.Filter(list, func(u crm.User) bool {
		return u.Email != "" && strings.EqualFold(strings.TrimSpace(u.Email), strings.TrimSpace(email))
	}))
}

// fieldsCalled finds the custom fields of deals that have a name, else the one that has it for its code.
func fieldsCalled(m crm.Meta, name string) []crm.Field {
	named := crm.Filter(m.LeadFields, func(f crm.Field) bool { return strings.EqualFold(strings.TrimSpace(f.Name), name) })
	if len(named) > 0 {
		return named
	}
	if f, ok := fieldCoded(m, name); ok {
		return []crm.Field{f}
	}
	for _, t := range pick(fieldRefs(m.LeadFields), name) {
		if f, ok := m.LeadField(t.ID); ok {
			return []crm.Field{f}
		}
	}
	return nil
}

func fieldCoded(m crm.Meta, code string) (crm.Field, bool) {
	return crm.Find(m.LeadFields, func(f crm.Field) bool { return f.Code != "" && strings.EqualFold(f.Code, code) })
}
