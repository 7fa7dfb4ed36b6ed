package fields

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/amocrm"
)

func TestMoreFields_everythingWritableThatIsNotRequired(t *testing.T) {
	fields := []amocrm.Field{
		{ID: 1, Name: "Note", Type: "text"},
		{ID: 2, Name: "Asked for", Type: "date", RequiredStatuses: []amocrm.PipelineStatus{{PipelineID: 10, StatusID: 11}}},
		{ID: 3, Name: "By robots", Type: "text", IsAPIOnly: true},
		{ID: 4, Name: "Counted", Type: "numeric", IsComputed: true},
		{ID: 5, Name: "New kind", Type: "hologram"},
	}
	for stage, want := range map[int64][]amocrm.ID{11: {1}, 12: {1, 2}} {
		var got []amocrm.ID
		for _, f := range moreFields(fields, 10, stage) {
			got = append(got, f.ID)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("stage %d: %s", stage, d)
		}
	}
}

func TestOutside_isWhatPeopleChangeInAmoCRMAlone(t *testing.T) {
	fields := []amocrm.Field{
		{ID: 1, Type: "text"}, {ID: 2, Type: "smart_address"}, {ID: 3, Type: "file"}, {ID: 4, Type: "chained_list"}, {ID: 5, Type: "linked_entity"},
		{ID: 6, Type: "legal_entity", IsAPIOnly: true}, {ID: 7, Type: "numeric", IsComputed: true}, {ID: 8, Type: "tracking_data"}, {ID: 9, Type: "of tomorrow"},
	}
	var got []amocrm.ID
	for _, f := range Outside(fields) {
		got = append(got, f.ID)
	}
	if d := cmp.Diff([]amocrm.ID{2, 3, 4, 5, 9}, got); d != "" {
		t.Error(d)
	}
}
