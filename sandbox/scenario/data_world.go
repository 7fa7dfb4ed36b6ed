package scenario

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
