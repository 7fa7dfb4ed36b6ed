package scenario

// oddStories are clients whose names and subjects break careless pages.
func oddStories() []story {
	return []story{
		{key: "emoji_name", title: "Emoji in names", subject: "🎁 Где мой подарок?", channel: "instagram", status: ticketOpen, age: 8,
			client: Client{Name: "Жанна 🦄✨ Ромашкина 👩‍🚀", Emails: mail("zhanna@example.com"), Phones: mobile("+79991001010"),
				Socials: []Social{{Type: "instagram", URL: "https://social.example.com/zhanna", UID: "zhanna"}}},
			messages: []Message{client("Привет! 👋 Когда приедет набор? 🎉"), agent("Здравствуйте! Сегодня до 20:00 🚚"), client("Ура! 🥳")}},
		{key: "rtl_name", title: "Right-to-left name", subject: "استفسار عن العباءات", channel: "email", status: ticketOpen, age: 14,
			client:   Client{Name: "سارة الحسيني", Emails: mail("sara.alhusseini@example.com"), Phones: mobile("+7 999 100 11 11")},
			messages: []Message{client("<p dir=\"rtl\">مرحبا، متى تتوفر العباءات المدرسية؟</p>"), agent("<p>Hello! They arrive next week.</p>")}},
		{key: "rtl_unknown", title: "Hebrew name, unknown to the CRM", subject: "שאלה על משלוח", channel: "chat", status: ticketNew, age: 1,
			client:   Client{Name: "ליאור כהן", Emails: mail("lior.cohen@example.com")},
			messages: []Message{client("<p dir=\"rtl\">שלום, האם יש משלוח לחיפה?</p>")}},
		{key: "long_name_80", title: "A name of 80 characters", channel: "email", status: ticketOpen, age: 16,
			subject: "Concerning the complete outfitting of the western tower, phase two of three, and the greenhouses that go with it",
			client:  Client{Name: LongName, Position: "Deputy assistant to the acting head", Emails: mail("maximiliana@example.com"), Phones: mobile("+79991001212")},
			messages: []Message{client("<p>Dear all, please find below the list of remarks regarding phase two. It is long.</p>"),
				agent("<p>Received, thank you. We will answer point by point.</p>")}},
		{key: "html_name", title: "HTML and script in the name and subject", subject: HTMLName, channel: "email", status: ticketNew, age: 2,
			client: Client{Name: HTMLName, Company: `"><i>Co</i>`, Emails: mail("bold@example.com"), Phones: mobile("+79991001313")},
			messages: []Message{client(`<p>Order <b>now</b></p><script>alert(1)</script><img src=x onerror=alert(2)>`),
				client(`<a href="javascript:alert(3)">my site</a> <a href="https://bold.example.com/">my other site</a>`)}},
		{key: "blank_subject", title: "No subject", subject: "", channel: "email", status: ticketNew, age: 3,
			client:   Client{Name: "", Emails: mail("no.subject@example.com")},
			messages: []Message{client("<p>Перезвоните мне</p>")}},
		{key: "chat_ticket", title: "A chat from the site", subject: "Чат с сайта", channel: "chat", status: ticketOpen, age: 1,
			client:   Client{Name: "Никита", Phones: []Phone{{Type: "other", Number: "9991002424"}}},
			messages: []Message{client("Здравствуйте"), agent("Добрый день! Чем помочь?"), client("А доставка в субботу есть?"), agent("Да, с 10 до 16.")}},
		{key: "bad_phone", title: "A phone that is no number", subject: "Call me", channel: "api", status: ticketNew, age: 4,
			client:   Client{Name: "Extension Only", Phones: []Phone{{Type: "other", Number: "ext. 12"}, {Type: "mobile", Number: ""}}, Emails: mail("not-an-address")},
			messages: []Message{client("Call me back on extension 12, please.")}},
	}
}

// worldStories are clients from abroad: other languages, other numbering plans.
func worldStories() []story {
	return []story{
		{key: "foreign_number", title: "A number of the United States", subject: "Robes: wrong size", channel: "whatsapp", status: ticketOpen, age: 10,
			client:   Client{Name: "Walter Hughes", Phones: mobile("+1 (212) 555-0123"), Messengers: []Messenger{{Type: "whatsapp", Identity: "+12125550123"}}},
			messages: []Message{client("Hi, the robes came in M, I ordered L."), agent("Sorry about that! We will exchange them."), client("Great, thanks.")}},
		{key: "foreign_number_uk", title: "A number of the United Kingdom", subject: "Lamps: renewal terms", channel: "email", status: ticketPending, age: 28,
			client:   Client{Name: "Imogen Clarke", Company: "Lighthouse Library", Phones: []Phone{{Type: "stationary", Number: "+44 (0)20 7946 0018"}}},
			messages: []Message{client("<p>Could you send me the renewal terms for the lamps?</p>")}},
		{key: "spanish_client", title: "Writes in Spanish", subject: "¿Tienen plumas azules?", channel: "email", status: ticketOpen, age: 5,
			client: Client{Name: "Carmen Ibáñez", Emails: mail("carmen.ibanez@example.com"), Phones: mobile("+1 305 555 0133")},
			messages: []Message{client("<p>Hola, ¿les quedan plumas azules? Necesito diez.</p>"), agent("<p>¡Hola, Carmen! Sí, nos quedan doce.</p>"),
				client("<p>Perfecto, me las quedo todas.</p>")}},
		{key: "portuguese_client", title: "Writes in Portuguese", subject: "Troca de tamanho", channel: "email", status: ticketNew, age: 6,
			client:   Client{Name: "João Figueiredo", Emails: mail("joao.figueiredo@example.com"), Phones: mobile("+1 617-555-0177")},
			messages: []Message{client("<p>Olá! Preciso trocar as capas por um tamanho maior.</p>"), agent("<p>Olá, João! Já aprovamos a troca.</p>")}},
	}
}
