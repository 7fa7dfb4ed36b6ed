package scenario

// Ids of the second account. Two of its people have the phone and the e-mail of people of the first one, so that a leak
// between the accounts shows up by name.
const (
	BeauxPipeline  int64 = 7100100
	BeauxTalks     int64 = 58100102
	BeauxUser      int64 = 9400100
	BeauxSamePhone int64 = 51000001
	BeauxLead      int64 = 52000001
)

func beauxbatons() Account {
	return Account{
		ID: BeauxbatonsID, Name: "Beauxbatons", Subdomain: "beauxbatons",
		Country: "FR", Currency: "EUR", CurrencySign: "€", Timezone: "Europe/Paris", Language: "en", FilterOn: false, Cents: true,
		Users: []User{
			{ID: BeauxUser, Name: "Élodie Marchand", Email: "elodie.marchand@example.com", Admin: true},
			{ID: BeauxUser + 4, Name: "Luc Perrin", Email: "luc.perrin@example.com"},
		},
		Pipelines: []Pipeline{{ID: BeauxPipeline, Name: "Ventes", Main: true, UnsortedID: 58100100, Statuses: []Status{
			{ID: 58100101, Name: "Nouveau", Color: "#c1e0ff"}, {ID: BeauxTalks, Name: "Discussion", Color: "#ffdc7f"},
		}}},
		LossReasons:  []Named{{4300100, "Trop cher"}},
		LeadFields:   []Field{{ID: 1600101, Name: "Référence", Type: "text"}},
		ContactField: []Field{{ID: 1600201, Name: "Anniversaire", Type: "birthday"}},
		Contacts: []Contact{
			{ID: BeauxSamePhone, Name: "Claire Dubois", Phones: []string{"+79991000101"}, Responsible: BeauxUser},
			{ID: 51000002, Name: "Hugo Lambert", Emails: []string{"marina.volkova@example.com"}, Responsible: BeauxUser + 4},
		},
		Leads: []Lead{{ID: BeauxLead, Name: "Rubans bleus", Price: 450, PipelineID: BeauxPipeline, StatusID: BeauxTalks,
			Contacts: []int64{BeauxSamePhone}, Responsible: BeauxUser, Age: 36, Fields: []Value{single(1600101, "BX-1")}}},
		Notes: []Note{{Entity: "leads", EntityID: BeauxLead, Type: "common", Author: BeauxUser, Age: 35,
			Params: map[string]any{"text": "Livraison en mai."}}},
		Tasks: []Task{{Entity: "leads", EntityID: BeauxLead, Text: "Rappeler", Responsible: BeauxUser, Due: 20}},
	}
}
