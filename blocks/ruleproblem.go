package blocks

// RuleProblem is a problem of a rule in lang: english when it has no key, as what amoCRM itself has said.
func (c *Catalog) RuleProblem(lang Lang, key string, params map[string]string, english string) string {
	if key == "" {
		return english
	}
	data := make(map[string]any, len(params))
	for name, value := range params {
		data[name] = value
	}
	if kind, ok := params["Kind"]; ok {
		data["Kind"] = c.T(lang, "rule.kind."+kind)
	}
	return c.TMap(lang, "rule.problem."+key, data)
}
