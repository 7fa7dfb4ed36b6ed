package scenario

func hogwartsNotes() []Note {
	common := func(entity string, id int64, s string, author int64, age int) Note {
		return Note{Entity: entity, EntityID: id, Type: "common", Params: map[string]any{"text": s}, Author: author, Age: age}
	}
	return []Note{
		common("leads", LeadOneDeal, "Клиент просит собрать всё в одну поставку.", UserOwner, 47),
		{Entity: "leads", EntityID: LeadOneDeal, Type: "call_in", Author: UserSales, Age: 40, Params: map[string]any{
			"uniq": "8f52d38a-5fb3-406d-93a3-a4832dc28f8b", "duration": 154, "source": "Sandbox telephony",
			"link": "https://records.example.com/8f52d38a.mp3", "phone": "+79991000101", "call_status": 4, "call_result": "Talked"}},
		{Entity: "leads", EntityID: LeadOneDeal, Type: "sms_in", Author: UserSupport, Age: 36, Params: map[string]any{
			"text": "Буду дома после 18:00", "phone": "+79991000101"}},
		{Entity: "leads", EntityID: LeadOneDeal, Type: "service_message", Author: 0, Age: 30, Params: map[string]any{
			"service": "Warehouse", "text": "12 of 12 items reserved"}},
		common("leads", LeadOneDeal, "Agreed on courier, paid by invoice.", UserSupport, 5),
		common("contacts", ContactOneDeal, "Предпочитает звонки до полудня.", UserOwner, 500),
		common("leads", LeadPipesOpen, "Repaired one was returned, two more are wanted.", UserSupport, 28),
		{Entity: "leads", EntityID: LeadPipesSales, Type: "call_out", Author: UserSales, Age: 100, Params: map[string]any{
			"uniq": "e2b1b0a4-6f0e-4a5c-8f1e-6f9d4b1f7c10", "duration": 0, "source": "Sandbox telephony", "phone": "+79991000202",
			"call_status": 6}},
		common("leads", LeadPipesLost, "Found it cheaper elsewhere.", UserSupport, 880),
		common("leads", LeadSpanish, "La clienta prefiere el envío los viernes.", UserSupport, 17),
		common("leads", LeadBrazil, "Troca aprovada, falta escolher o tamanho.", UserSupport, 10),
		common("leads", LeadHTML, `<img src=x onerror=alert(5)> <a href="javascript:alert(6)">click</a>`, UserSales, 5),
		common("leads", LeadNear, "Перезвонить: +7"+NearMissDigits+" (номер соседа)", UserSales, 80),
		common("contacts", ContactNearNote, "Не наш номер: "+NearMissDigits, UserSales, 79),
		common("leads", LeadArabic, "العميلة تفضل المراسلة بالبريد", UserOwner, 55),
		{Entity: "leads", EntityID: LeadUK, Type: "geolocation", Author: UserSupport, Age: 300, Params: map[string]any{
			"text": "Meeting point", "address": "Lighthouse Library", "longitude": "-0.1", "latitude": "51.5"}},
	}
}

// taskMeeting is the second task type of a new amoCRM account (amocrm.md §2); without one a task is a follow-up.
const taskMeeting int64 = 2

// hogwartsTasks holds tasks that are late, due within hours, due in days, and done.
func hogwartsTasks() []Task {
	return []Task{
		{Entity: "leads", EntityID: LeadOneDeal, Text: "Подтвердить дату отгрузки", Responsible: UserOwner, Due: 3},
		{Entity: "leads", EntityID: LeadPipesOpen, Text: "Send the price list", Responsible: UserSupport, Due: -26},
		{Entity: "leads", EntityID: LeadPipesSales, Text: "Встреча по договору", Type: taskMeeting, Responsible: UserSales, Due: 72},
		{Entity: "leads", EntityID: LeadPipesWon, Text: "Ask for feedback", Responsible: UserSales, Due: -1900, Done: true},
		{Entity: "leads", EntityID: LeadEight, Text: "Позвонить по предложению", Responsible: UserSales, Due: -2},
		{Entity: "contacts", EntityID: ContactNoDeals, Text: "Познакомиться", Type: taskMeeting, Responsible: UserSupport, Due: 30},
		{Entity: "leads", EntityID: LeadSpanish, Text: "Confirmar el color", Responsible: UserSupport, Due: 2},
		{Entity: "leads", EntityID: leadSixtyFirst + sixty - 1, Text: "Next delivery", Responsible: UserSales, Due: 200},
	}
}
