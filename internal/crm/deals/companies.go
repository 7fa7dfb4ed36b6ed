package deals

// namedCompanies are a deal's companies with what is known of their names.
func (ds *Deals) namedCompanies(ids []int64, names map[int64]string) []Named {
	var out []Named
	for _, id := range ids {
		out = append(out, Named{ID: id, Name: names[id], URL: ds.account.CompanyURL(id)})
	}
	return out
}
