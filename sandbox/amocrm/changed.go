package amocrm

// change is something that happened to an entity, as webhooks tell it (amocrm.md §7.2).
type change struct {
	Entity         string // leads, contacts, companies, tasks
	Action         string // add, update, status, responsible, note, delete, restore
	ID             int64
	OldStatus      int64 // of a status change
	OldPipeline    int64
	OldResponsible int64 // of a change of the responsible user
	NoteID         int64 // of an added note
	By             int64 // user who did it
}

// changed counts a change and hands it to the webhook deliveries. The caller holds the write lock: the bodies are
// built from what the entity is at this moment, nothing is sent here.
func (c *courier) changed(w *World, a *Account, ch change) {
	c.stats.made(a.Host, ch)
	setting := ch.setting()
	for _, h := range a.Hooks {
		if h.Disabled || !h.wants(setting) {
			continue
		}
		if !c.put(newHookDelivery(w.Epoch, a, h, hookBody(a, ch))) {
			c.stats.bump(a.Host, func(n *counters) { n.HooksLost++ })
		}
	}
}
