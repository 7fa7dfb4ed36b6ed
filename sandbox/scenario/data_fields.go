package scenario

// Ids of custom fields. PHONE, EMAIL and POSITION are predefined and belong to the sandbox, not to the story.
const (
	LeadText     int64 = 1025541
	LeadSelect   int64 = 1372537
	LeadMulti    int64 = 1372539
	LeadNumeric  int64 = 1372541
	LeadGift     int64 = 1372543
	LeadDelivery int64 = 1372545 // date, required for shipping
	LeadURL      int64 = 1372547
	LeadCallAt   int64 = 1372549
	LeadTextarea int64 = 1372551
	LeadRadio    int64 = 1372553
	LeadStreet   int64 = 1372555
	LeadAddress  int64 = 1372557
	LeadBirthday int64 = 1372559
	LeadLegal    int64 = 1372561
	LeadMonetary int64 = 1372563
	LeadFile     int64 = 1372565
	LeadUTM      int64 = 1372567
	LeadChained  int64 = 1372569
	LeadPayment  int64 = 1372571 // select, required for the contract

	ContactBirthday int64 = 1372601
	ContactSite     int64 = 1372603
	ContactAddress  int64 = 1372605
	ContactLevel    int64 = 1372607
	ContactLanguage int64 = 1372609
	ContactRemark   int64 = 1372611
	ContactConsent  int64 = 1372613

	CompanySite    int64 = 1372651
	CompanyLegal   int64 = 1372653
	CompanySector  int64 = 1372655
	CompanyAddress int64 = 1372657
)

func hogwartsLeadFields() []Field {
	return []Field{
		{ID: LeadText, Name: "Order number", Type: "text"},
		{ID: LeadSelect, Name: "Channel", Type: "select", Enums: []Enum{
			{ID: 705377, Value: "Helpdesk"}, {ID: 705378, Value: "Site"}, {ID: 705379, Value: "Phone"}}},
		{ID: LeadMulti, Name: "Products", Type: "multiselect", Enums: []Enum{
			{ID: 705381, Value: "Cauldrons"}, {ID: 705383, Value: "Quills"},
			{ID: 705385, Value: "Robes"}, {ID: 705387, Value: "Owl food"}}},
		{ID: LeadNumeric, Name: "Quantity", Type: "numeric"},
		{ID: LeadGift, Name: "Gift wrapping", Type: "checkbox"},
		{ID: LeadDelivery, Name: "Дата отгрузки", Type: "date", Required: []PipelineStatus{
			{PipelineSales, StageSalesDelivery}, {PipelineSales, StageWon}}},
		{ID: LeadURL, Name: "Basket", Type: "url"},
		{ID: LeadCallAt, Name: "Call back at", Type: "date_time"},
		{ID: LeadTextarea, Name: "Wishes", Type: "textarea"},
		{ID: LeadRadio, Name: "Delivery", Type: "radiobutton", Enums: []Enum{
			{ID: 705401, Value: "Courier"}, {ID: 705403, Value: "Pick-up"}, {ID: 705405, Value: "Post"}}},
		{ID: LeadStreet, Name: "Street", Type: "streetaddress"},
		{ID: LeadAddress, Name: "Delivery address", Type: "smart_address"},
		{ID: LeadBirthday, Name: "Recipient's birthday", Type: "birthday"},
		{ID: LeadLegal, Name: "Payer", Type: "legal_entity"},
		{ID: LeadMonetary, Name: "Prepayment", Type: "monetary", Currency: "RUB"},
		{ID: LeadFile, Name: "Specification", Type: "file"},
		{ID: LeadUTM, Name: "utm_source", Code: "UTM_SOURCE", Type: "tracking_data"},
		{ID: LeadChained, Name: "Catalogue section", Type: "chained_list"},
		{ID: LeadPayment, Name: "Способ оплаты", Type: "select", Required: []PipelineStatus{
			{PipelineSales, StageSalesContract}, {PipelineSupport, StageSupportPayment}}, Enums: []Enum{
			{ID: 705411, Value: "Карта"}, {ID: 705413, Value: "Счёт"}, {ID: 705415, Value: "Наличные"}}},
	}
}

func hogwartsContactFields() []Field {
	return []Field{
		{ID: ContactBirthday, Name: "Birthday", Type: "birthday"},
		{ID: ContactSite, Name: "Site", Type: "url"},
		{ID: ContactAddress, Name: "Address", Type: "smart_address"},
		{ID: ContactLevel, Name: "Level", Type: "select", Enums: []Enum{
			{ID: 705501, Value: "Bronze"}, {ID: 705503, Value: "Silver"}, {ID: 705505, Value: "Gold"}}},
		{ID: ContactLanguage, Name: "Languages", Type: "multiselect", Enums: []Enum{
			{ID: 705511, Value: "English"}, {ID: 705513, Value: "Español"},
			{ID: 705515, Value: "Português"}, {ID: 705517, Value: "Русский"}}},
		{ID: ContactRemark, Name: "Remark", Type: "textarea"},
		{ID: ContactConsent, Name: "Agreed to mailings", Type: "checkbox"},
	}
}

func hogwartsCompanyFields() []Field {
	return []Field{
		{ID: CompanySite, Name: "Web", Code: "WEB", Type: "url"},
		{ID: CompanyLegal, Name: "Requisites", Type: "legal_entity"},
		{ID: CompanySector, Name: "Sector", Type: "select", Enums: []Enum{
			{ID: 705601, Value: "School"}, {ID: 705603, Value: "Shop"}, {ID: 705605, Value: "Library"}}},
		{ID: CompanyAddress, Name: "Office", Type: "smart_address"},
	}
}
