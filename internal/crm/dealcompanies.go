package crm

// namedCompanies are a deal's companies with what is known of their names.
func (a *Account) namedCompanies(ids []int64, names map[int64]string) []Named {
	var out []Named
	for _, id := range ids {
		out = append(out, Named{ID: id, Name: names[id], URL: a.CompanyURL(id)})
	}
	return out
}
