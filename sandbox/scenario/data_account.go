package scenario

// Ids of the account. The values of the published rule example (status, pipeline, user, fields, enums) are fixed by
// that example, which has to work word for word.
const (
	HogwartsID    int64 = 31405926
	BeauxbatonsID int64 = 31999002

	PipelineSupport int64 = 6516490
	PipelineSales   int64 = 6516494
	PipelineRenewal int64 = 6516498

	StageSupportNew      int64 = 55524250
	StageSupportWork     int64 = 55524254
	StageSupportProposal int64 = 55524258
	StageSupportPayment  int64 = 55524262

	StageSalesFirst    int64 = 55524310
	StageSalesTalks    int64 = 55524314
	StageSalesDecision int64 = 55524318
	StageSalesContract int64 = 55524322
	StageSalesDelivery int64 = 55524326

	StageRenewalDue      int64 = 55524410
	StageRenewalReminded int64 = 55524414
	StageRenewalInvoice  int64 = 55524418

	// StageWon and StageLost close a lead in every pipeline.
	StageWon  int64 = 142
	StageLost int64 = 143

	UserOwner    int64 = 9311182
	UserSales    int64 = 9311186
	UserSupport  int64 = 9311190
	UserNight    int64 = 9311194
	UserInactive int64 = 9311198
	UserFree     int64 = 9311202

	LossPrice      int64 = 4203748
	LossCompetitor int64 = 4203752
	LossSilent     int64 = 4203756
	LossNotNeeded  int64 = 4203760
)

func hogwarts() Account {
	return Account{
		ID: HogwartsID, Name: "Hogwarts Supplies", Subdomain: "hogwarts",
		Country: "RU", Currency: "RUB", CurrencySign: "₽", Timezone: "Europe/Moscow", Language: "ru", FilterOn: true,
		Users: []User{
			{ID: UserOwner, Name: "Vera Antonova", Email: "vera.antonova@example.com", Admin: true},
			{ID: UserSales, Name: "Денис Крылов", Email: "denis.krylov@example.com"},
			{ID: UserSupport, Name: "Lucía Navarro", Email: "lucia.navarro@example.com"},
			{ID: UserNight, Name: "Night shift", Email: "night@example.com"},
			{ID: UserInactive, Name: "Paulo Teixeira", Email: "paulo.teixeira@example.com", Inactive: true},
			{ID: UserFree, Name: "Warehouse viewer", Email: "warehouse@example.com", Free: true},
		},
		Pipelines: []Pipeline{
			{ID: PipelineSupport, Name: "Support upsell", Main: true, UnsortedID: 55524246, Statuses: []Status{
				{ID: StageSupportNew, Name: "New request", Color: "#d6eaff"},
				{ID: StageSupportWork, Name: "In work", Color: "#fff000"},
				{ID: StageSupportProposal, Name: "Proposal sent", Color: "#ffce5a"},
				{ID: StageSupportPayment, Name: "Waiting for payment", Color: "#87f2c0"},
			}},
			{ID: PipelineSales, Name: "Продажи", UnsortedID: 55524306, Statuses: []Status{
				{ID: StageSalesFirst, Name: "Первичный контакт", Color: "#98cbff"},
				{ID: StageSalesTalks, Name: "Переговоры", Color: "#fffd7f"},
				{ID: StageSalesDecision, Name: "Принимают решение", Color: "#ffc8c8"},
				{ID: StageSalesContract, Name: "Согласование договора", Color: "#f3beff"},
				{ID: StageSalesDelivery, Name: "Отгрузка", Color: "#deff81"},
			}},
			{ID: PipelineRenewal, Name: "Renewals", UnsortedID: 55524406, Statuses: []Status{
				{ID: StageRenewalDue, Name: "Due this month", Color: "#ffeab2"},
				{ID: StageRenewalReminded, Name: "Reminded", Color: "#ccc8f9"},
				{ID: StageRenewalInvoice, Name: "Invoice sent", Color: "#ebffb1"},
			}},
		},
		LossReasons: []Named{
			{LossPrice, "Too expensive"}, {LossCompetitor, "Ушёл к конкуренту"},
			{LossSilent, "Stopped answering"}, {LossNotNeeded, "No longer needed"},
		},
		LeadFields:   hogwartsLeadFields(),
		ContactField: hogwartsContactFields(),
		CompanyField: hogwartsCompanyFields(),
		Companies:    hogwartsCompanies(),
		Contacts:     hogwartsContacts(),
		Leads:        hogwartsLeads(),
		Notes:        hogwartsNotes(),
		Tasks:        hogwartsTasks(),
	}
}
