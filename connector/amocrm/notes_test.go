package amocrm

import "testing"

func TestNotes_newestFirst(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "GET", "/leads/26050861/notes", 200, example(t, "notes-list-by-entity"))
	got, _, err := c.NotesPage(t.Context(), "leads", 26050861, 1, 20)
	if err != nil || len(got) != 2 || got[0].ID != 42736075 || got[1].CreatedAt > got[0].CreatedAt {
		t.Errorf("%+v, %v", got, err)
	}
	s.query(t, map[string][]string{"order[id]": {"desc"}, "limit": {"20"}, "page": {"1"}})
}

func TestCreateNotes(t *testing.T) {
	c, mock := setup(t)
	s := on(mock, "POST", "/leads/notes", 200, example(t, "notes-create-response"))
	in := make([]NoteInput, 4)
	for i := range in {
		in[i] = NoteInput{EntityID: 167353, Type: "common", Params: map[string]any{"text": "T"}}
	}
	made, err := c.CreateNotes(t.Context(), in)
	if err != nil || len(made) != 4 || made[3] != (Created{76787989, "3"}) {
		t.Errorf("%v, %v", made, err)
	}
	one := `{"entity_id":167353,"note_type":"common","params":{"text":"T"}}`
	s.body(t, "["+one+","+one+","+one+","+one+"]")
}
