package people

// nameCompanies gives people the names of their companies.
func nameCompanies(people []Person, names map[int64]string) {
	for i := range people {
		people[i].Company = names[people[i].CompanyID]
	}
}

func companiesOf(people []Person) []int64 {
	var out []int64
	for _, p := range people {
		if p.CompanyID != 0 {
			out = append(out, p.CompanyID)
		}
	}
	return out
}
