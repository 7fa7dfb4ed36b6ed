package scenario

// Ids of contacts that the tests and the tickets name.
const (
	ContactOneDeal   int64 = 40401601
	ContactTwoPipes  int64 = 40401602
	ContactShared1   int64 = 40401603
	ContactShared2   int64 = 40401604
	ContactShared3   int64 = 40401605
	ContactEight     int64 = 40401606
	ContactEmailOnly int64 = 40401607
	ContactTelegram  int64 = 40401608
	ContactSixty     int64 = 40401609
	ContactEmoji     int64 = 40401610
	ContactArabic    int64 = 40401611
	ContactLong      int64 = 40401612
	ContactHTML      int64 = 40401613
	ContactNoDeals   int64 = 40401614
	ContactCase      int64 = 40401615
	ContactNearNote  int64 = 40401617
	ContactTwoA      int64 = 40401618
	ContactTwoB      int64 = 40401619
	ContactCompany   int64 = 40401620
	ContactUS        int64 = 40401621
	ContactUK        int64 = 40401622
	ContactSpanish   int64 = 40401623
	ContactBrazil    int64 = 40401624
	ContactChat      int64 = 40401625
	ContactOffice1   int64 = 40401626
	ContactOffice2   int64 = 40401627

	CompanySchool  int64 = 30501701
	CompanyLibrary int64 = 30501702
)

// LongName is 80 characters, none of which may break a narrow card.
const LongName = "Maximiliana Theodora Featherstonehaugh-Cholmondeley von und zu Ravensburg-Lindau"

// HTMLName is what a hostile client would call himself.
const HTMLName = `<b>Bold</b> <script>alert(1)</script>`

// NearMissDigits are the ten digits that stand in names and notes of the CRM but are nobody's phone there.
const NearMissDigits = "9995550134"

func hogwartsCompanies() []Company {
	return []Company{
		{ID: CompanySchool, Name: "Школа «Северный ветер»", Fields: []Value{
			single(CompanySite, "https://north-wind.example.com/"), choice(CompanySector, 705601),
			single(CompanyLegal, map[string]any{"name": "ООО «Северный ветер»", "entity_type": 1, "vat_id": "0000000000", "kpp": "000000000"}),
			address(CompanyAddress, "Вымышленная улица, 1", "Москва", "100000", "RU"),
		}},
		{ID: CompanyLibrary, Name: "Lighthouse Library", Fields: []Value{
			single(CompanySite, "https://lighthouse.example.com/"), choice(CompanySector, 705605),
		}},
	}
}

func hogwartsContacts() []Contact {
	one := func(s string) []string { return []string{s} }
	return []Contact{
		{ID: ContactOneDeal, Name: "Ирина Соколова", Phones: one("+79991000101"), Emails: one("irina.sokolova@example.com"),
			Position: "Завхоз", Responsible: UserOwner, Tags: one("vip"), Fields: []Value{
				single(ContactBirthday, 641520000), single(ContactSite, "https://sokolova.example.com/"),
				address(ContactAddress, "Вымышленная набережная, 7", "Тверь", "170000", "RU"),
				choice(ContactLevel, 705505), choice(ContactLanguage, 705511, 705517), single(ContactConsent, true)}},
		{ID: ContactTwoPipes, Name: "Marina Volkova", Phones: one("+7 999 100-02-02"), Emails: one("marina.volkova@example.com"),
			Position: "Purchasing manager", Responsible: UserSales, Fields: []Value{choice(ContactLevel, 705503)}},
		{ID: ContactShared1, Name: "Олег Беляев", Phones: one("+79991112233"), Emails: one("oleg.belyaev@example.com"), Responsible: UserSales},
		{ID: ContactShared2, Name: "Анна Беляева", Phones: one("8 (999) 111-22-33"), Responsible: UserSupport},
		{ID: ContactShared3, Name: "Беляев О. (старая карточка)", Phones: one("7 999 1112233"), Responsible: UserOwner},
		{ID: ContactEight, Name: "Пётр Лебедев", Phones: one("+79991234567"), Responsible: UserSales, Position: "Инженер"},
		{ID: ContactEmailOnly, Name: "Grace Miller", Emails: one("grace.miller@example.com"), Responsible: UserSupport},
		{ID: ContactTelegram, Name: "Тимур Асанов", Phones: one("+79991000808"), Responsible: UserNight},
		{ID: ContactSixty, Name: "Arturo Mendoza", Phones: one("+79991000909"), Emails: one("arturo.mendoza@example.com"),
			Position: "Wholesale", Responsible: UserSales, Tags: []string{"wholesale", "monthly"}},
		{ID: ContactEmoji, Name: "Жанна 🦄✨ Ромашкина 👩‍🚀", Phones: one("+79991001010"), Emails: one("zhanna@example.com"), Responsible: UserSupport},
		{ID: ContactArabic, Name: "سارة الحسيني", Phones: one("+79991001111"), Emails: one("sara.alhusseini@example.com"), Responsible: UserOwner},
		{ID: ContactLong, Name: LongName, Phones: one("+79991001212"), Emails: one("maximiliana@example.com"),
			Position: "Deputy assistant to the acting head of the department of long titles", Responsible: UserOwner},
		{ID: ContactHTML, Name: HTMLName, Phones: one("+79991001313"), Emails: one("bold@example.com"), Responsible: UserSales,
			Fields: []Value{single(ContactRemark, `"><img src=x onerror=alert(2)>`)}},
		{ID: ContactNoDeals, Name: "Беатриса Юнг", Phones: one("+79991001414"), Emails: one("beatrice.jung@example.com"), Responsible: UserSupport},
		{ID: ContactCase, Name: "Lena Frost", Emails: one("mixed.case@example.com"), Responsible: UserSales},
		{ID: 40401616, Name: "Order " + NearMissDigits + " (return)", Phones: one("+79991001616"), Responsible: UserNight},
		{ID: ContactNearNote, Name: "Савелий Громов", Phones: one("+79995550143"), Responsible: UserSales,
			Fields: []Value{single(ContactRemark, "Просил не звонить на +7"+NearMissDigits+", это чужой номер")}},
		{ID: ContactTwoA, Name: "Helen Brooks (work)", Emails: one("helen.brooks@example.com"), Responsible: UserSales},
		{ID: ContactTwoB, Name: "Helen Brooks (private)", Emails: one("helen.home@example.com"), Responsible: UserSupport},
		{ID: ContactCompany, Name: "Галина Мороз", Phones: one("+79991002020"), Emails: one("g.moroz@example.com"),
			Position: "Директор", CompanyID: CompanySchool, Responsible: UserOwner},
		{ID: ContactUS, Name: "Walter Hughes", Phones: one("+12125550123"), Emails: one("walter.hughes@example.com"), Responsible: UserSales},
		{ID: ContactUK, Name: "Imogen Clarke", Phones: one("+44 20 7946 0018"), CompanyID: CompanyLibrary, Responsible: UserSupport},
		{ID: ContactSpanish, Name: "Carmen Ibáñez", Phones: one("+1 305 555 0133"), Emails: one("carmen.ibanez@example.com"),
			Responsible: UserSupport, Fields: []Value{choice(ContactLanguage, 705513)}},
		{ID: ContactBrazil, Name: "João Figueiredo", Phones: one("+16175550177"), Emails: one("joao.figueiredo@example.com"),
			Responsible: UserSupport, Fields: []Value{choice(ContactLanguage, 705515)}},
		{ID: ContactChat, Name: "Никита Орешкин", Phones: one("+79991002424"), Responsible: UserNight},
		{ID: ContactOffice1, Name: "Roman Stein", Emails: one("office@lighthouse.example.com"), CompanyID: CompanyLibrary, Responsible: UserSales},
		{ID: ContactOffice2, Name: "Dora Lind", Emails: one("office@lighthouse.example.com"), CompanyID: CompanyLibrary, Responsible: UserSupport},
		{ID: 40401628, Name: "Без имени и телефона", Responsible: UserOwner},
	}
}
