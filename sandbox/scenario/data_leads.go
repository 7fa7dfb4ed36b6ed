package scenario

import "fmt"

// Ids of leads that notes, tasks and tests name.
const (
	LeadOneDeal    int64 = 20610001
	LeadPipesOpen  int64 = 20610011
	LeadPipesSales int64 = 20610012
	LeadPipesWon   int64 = 20610013
	LeadPipesLost  int64 = 20610014
	LeadEight      int64 = 20610031
	LeadArabic     int64 = 20610035
	LeadHTML       int64 = 20610037
	LeadNear       int64 = 20610039
	LeadCompany    int64 = 20610042
	LeadUK         int64 = 20610044
	LeadSpanish    int64 = 20610045
	LeadBrazil     int64 = 20610046

	// leadSixtyFirst is the first of the sixty leads of ContactSixty; the ids follow each other.
	leadSixtyFirst int64 = 20612001
)

const sixty = 60

func hogwartsLeads() []Lead {
	who := func(ids ...int64) []int64 { return ids }
	leads := []Lead{
		fullLead(),
		{ID: LeadPipesOpen, Name: "Extra cauldrons after repair", Price: 18500, PipelineID: PipelineSupport, StatusID: StageSupportWork,
			Contacts: who(ContactTwoPipes), Responsible: UserSupport, Age: 30, Tags: []string{"repeat"},
			Fields: []Value{single(LeadText, "HS-2041"), choice(LeadMulti, 705381)}},
		{ID: LeadPipesSales, Name: "Мантии для хора", Price: 96000, PipelineID: PipelineSales, StatusID: StageSalesContract,
			Contacts: who(ContactTwoPipes, ContactCompany), Responsible: UserSales, Age: 120,
			Fields: []Value{choice(LeadPayment, 705413), choice(LeadMulti, 705385)}},
		{ID: LeadPipesWon, Name: "Перья, 40 штук", Price: 12000, PipelineID: PipelineSales, StatusID: StageWon,
			Contacts: who(ContactTwoPipes), Responsible: UserSales, Age: 2100, Fields: []Value{single(LeadDelivery, 1767225600)}},
		{ID: LeadPipesLost, Name: "Owl food subscription", Price: 7200, PipelineID: PipelineSupport, StatusID: StageLost,
			LossReason: LossPrice, Contacts: who(ContactTwoPipes), Responsible: UserSupport, Age: 900},
		{ID: 20610015, Name: "Second workshop", Price: 0, PipelineID: PipelineSales, StatusID: StageLost,
			LossReason: LossSilent, Contacts: who(ContactTwoPipes), Responsible: UserInactive, Age: 4000},
		{ID: 20610021, Name: "Семейный набор", Price: 24900, PipelineID: PipelineSales, StatusID: StageSalesTalks,
			Contacts: who(ContactShared1, ContactShared2), Responsible: UserSales, Age: 52},
		{ID: 20610048, Name: "Набор со старой карточки", Price: 3100, PipelineID: PipelineSales, StatusID: StageWon,
			Contacts: who(ContactShared3), Responsible: UserOwner, Age: 9000},
		{ID: LeadEight, Name: "Котёл медный, 5 л", Price: 4300, PipelineID: PipelineSupport, StatusID: StageSupportProposal,
			Contacts: who(ContactEight), Responsible: UserSales, Age: 20, Fields: []Value{choice(LeadRadio, 705403)}},
		{ID: 20610032, Name: "Gift cards", Price: 15000, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactEmailOnly), Responsible: UserSupport, Age: 8, Fields: []Value{single(LeadGift, true)}},
		{ID: 20610033, Name: "Заявка из чата", Price: 2500, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactTelegram), Responsible: UserNight, Age: 15},
		{ID: 20610034, Name: "🎁 Подарочный набор 🎉", Price: 5600, PipelineID: PipelineSupport, StatusID: StageSupportWork,
			Contacts: who(ContactEmoji), Responsible: UserSupport, Age: 44},
		{ID: LeadArabic, Name: "طلب عباءات مدرسية", Price: 33000, PipelineID: PipelineSales, StatusID: StageSalesFirst,
			Contacts: who(ContactArabic), Responsible: UserOwner, Age: 60},
		{ID: 20610036, Name: "Complete outfitting of the western tower, including the library annex and both greenhouses, phase two of three",
			Price: 12345678, PipelineID: PipelineSales, StatusID: StageSalesDecision, Contacts: who(ContactLong), Responsible: UserOwner, Age: 300},
		{ID: LeadHTML, Name: `<script>alert("deal")</script> & <i>co</i>`, Price: 1, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactHTML), Responsible: UserSales, Age: 6, Tags: []string{"<b>tag</b>"},
			Fields: []Value{single(LeadTextarea, `</textarea><script>alert(3)</script>`), single(LeadURL, "javascript:alert(4)")}},
		{ID: 20610038, Name: "Ink refill", Price: 900, PipelineID: PipelineSupport, StatusID: StageSupportPayment,
			Contacts: who(ContactCase), Responsible: UserSales, Age: 70, Fields: []Value{choice(LeadPayment, 705411)}},
		{ID: LeadNear, Name: "Звонок с +7" + NearMissDigits, Price: 100, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactNearNote), Responsible: UserSales, Age: 90},
		{ID: 20610040, Name: "Office supplies", Price: 41000, PipelineID: PipelineSales, StatusID: StageSalesTalks,
			Contacts: who(ContactTwoA), Responsible: UserSales, Age: 33},
		{ID: 20610041, Name: "Birthday present", Price: 3900, PipelineID: PipelineSupport, StatusID: StageSupportWork,
			Contacts: who(ContactTwoB), Responsible: UserSupport, Age: 12},
		{ID: LeadCompany, Name: "Годовая поставка для школы", Price: 540000, PipelineID: PipelineRenewal, StatusID: StageRenewalInvoice,
			Contacts: who(ContactCompany), CompanyID: CompanySchool, Responsible: UserOwner, Age: 700},
		{ID: 20610043, Name: "Robes, size L", Price: 21000, PipelineID: PipelineSupport, StatusID: StageSupportProposal,
			Contacts: who(ContactUS), Responsible: UserSales, Age: 26},
		{ID: LeadUK, Name: "Reading lamps", Price: 88000, PipelineID: PipelineRenewal, StatusID: StageRenewalReminded,
			Contacts: who(ContactUK, ContactOffice1), CompanyID: CompanyLibrary, Responsible: UserSupport, Age: 410},
		{ID: LeadSpanish, Name: "Reposición de plumas", Price: 6400, PipelineID: PipelineSupport, StatusID: StageSupportWork,
			Contacts: who(ContactSpanish), Responsible: UserSupport, Age: 18},
		{ID: LeadBrazil, Name: "Troca de capas", Price: 9800, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactBrazil), Responsible: UserSupport, Age: 11},
		{ID: 20610047, Name: "Вопрос из чата на сайте", Price: 0, PipelineID: PipelineSupport, StatusID: StageSupportNew,
			Contacts: who(ContactChat), Responsible: UserNight, Age: 3},
	}
	return append(leads, sixtyLeads()...)
}

// fullLead has a value in every kind of field that a lead can have.
func fullLead() Lead {
	return Lead{
		ID: LeadOneDeal, Name: "Комплект для новой кладовой", Price: 129900, PipelineID: PipelineSupport, StatusID: StageSupportWork,
		Contacts: []int64{ContactOneDeal}, Responsible: UserOwner, Age: 48, Tags: []string{"vip", "кладовая"},
		Fields: []Value{
			single(LeadText, "HS-1977"), choice(LeadSelect, 705377), choice(LeadMulti, 705381, 705385), single(LeadNumeric, "12"),
			single(LeadGift, true), single(LeadDelivery, 1798675200), single(LeadURL, "https://shop.example.com/basket/1977"),
			single(LeadCallAt, 1798707600), single(LeadTextarea, "Хрупкое.\nПозвонить за час до доставки."), choice(LeadRadio, 705401),
			single(LeadStreet, "Вымышленная набережная, 7"), address(LeadAddress, "Вымышленная набережная, 7", "Тверь", "170000", "RU"),
			single(LeadBirthday, 1203811200), single(LeadMonetary, "50000"), single(LeadUTM, "newsletter"), choice(LeadPayment, 705413),
			single(LeadLegal, map[string]any{"name": "ИП Соколова", "entity_type": 2, "vat_id": "000000000000", "address": "Тверь"}),
			single(LeadFile, map[string]any{
				"file_uuid": "3b454645-5c7f-4539-9ef9-0dd1b3638dad", "version_uuid": "13db6652-b3ed-4fff-aed8-0c6f3c43b887",
				"file_name": "pantry.odt", "file_size": 20763}),
			{FieldID: LeadChained, Values: []map[string]any{
				{"catalog_id": 1001, "catalog_element_id": 12235}, {"catalog_id": 1007, "catalog_element_id": 12243}}},
		},
	}
}

// sixtyLeads are more deals of one contact than a card or a page of 50 can hold, spread over pipelines and stages.
func sixtyLeads() []Lead {
	places := []PipelineStatus{
		{PipelineSales, StageSalesFirst}, {PipelineSupport, StageSupportWork}, {PipelineRenewal, StageRenewalDue},
		{PipelineSales, StageWon}, {PipelineSupport, StageLost}, {PipelineSales, StageSalesTalks},
	}
	leads := make([]Lead, 0, sixty)
	for i := range sixty {
		at := places[i%len(places)]
		lead := Lead{
			ID: leadSixtyFirst + int64(i), Name: fmt.Sprintf("Monthly delivery %02d", i+1), Price: 10000 + int64(i)*250,
			PipelineID: at.PipelineID, StatusID: at.StatusID, Contacts: []int64{ContactSixty}, Responsible: UserSales,
			Age: 24*(sixty-i) + 2, Tags: []string{"monthly"},
		}
		if at.StatusID == StageLost {
			lead.LossReason = LossNotNeeded
		}
		if at.StatusID == StageWon {
			lead.Fields = []Value{single(LeadDelivery, 1767225600)}
		}
		leads = append(leads, lead)
	}
	return leads
}
