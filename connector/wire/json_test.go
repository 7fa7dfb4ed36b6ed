package wire_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/connector/wire"
)

func TestText_everySpelling(t *testing.T) {
	for raw, want := range map[string]wire.Text{
		`"x"`: "x", `" x "`: " x ", `5`: "5", `1.50`: "1.50", `true`: "true", `null`: "", `false`: "", `""`: "", `[]`: "", `{}`: "", `0`: "0",
		`[1, 2]`: "[1, 2]", `{"a":1}`: `{"a":1}`, `"\u0041"`: "A",
	} {
		got := wire.Text("old")
		if err := json.Unmarshal([]byte(raw), &got); err != nil || got != want {
			t.Errorf("%s: %q, %v", raw, got, err)
		}
		if got := wire.Scalar([]byte(" " + raw + "\n")); got != want.Trim() {
			t.Errorf("%s: scalar %q", raw, got)
		}
	}
}

func TestIntAndNumber_everySpelling(t *testing.T) {
	for raw, want := range map[string]wire.Int{`5`: 5, `"5"`: 5, `" 7 "`: 7, `5.0`: 5, `1e3`: 1000, `null`: 0, `""`: 0, `false`: 0, `[]`: 0, `{}`: 0, `"0"`: 0, `-4`: -4} {
		got, number := wire.Int(99), wire.Number(99)
		if err := json.Unmarshal([]byte(raw), &got); err != nil || got != want {
			t.Errorf("%s: %d, %v", raw, got, err)
		}
		if err := json.Unmarshal([]byte(raw), &number); err != nil || number != wire.Number(want) {
			t.Errorf("%s: %v, %v", raw, number, err)
		}
	}
	for _, raw := range []string{`"x"`, `true`, `"NaN"`, `{"a":1}`, `[1]`} {
		var got wire.Int
		var number wire.Number
		if json.Unmarshal([]byte(raw), &got) == nil || json.Unmarshal([]byte(raw), &number) == nil {
			t.Errorf("%s became %d, %v", raw, got, number)
		}
	}
}

func TestList_everySpelling(t *testing.T) {
	for raw, want := range map[string]wire.List[wire.Int]{
		`[1,"2"]`: {1, 2}, `null`: nil, `[]`: nil, `{}`: nil, `{ }`: nil, `false`: nil, `""`: nil, `0`: nil, `"0"`: nil, `{"10":3,"2":2}`: {2, 3}, `7`: {7},
		`[null,1,null]`: {1}, `{"0":null,"1":1}`: {1}, `{"01":1,"0":2}`: {2, 1},
	} {
		got := wire.List[wire.Int]{99}
		if err := json.Unmarshal([]byte(raw), &got); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%s: %v, %v", raw, got, err)
		}
	}
	var objects wire.List[struct{ Name wire.Text }]
	if err := json.Unmarshal([]byte(`{"Name":"x"}`), &objects); err != nil || len(objects) != 1 || objects[0].Name != "x" {
		t.Errorf("one object: %v, %v", objects, err)
	}
	if err := json.Unmarshal([]byte(`[{"Name":"x"},5]`), &objects); err == nil {
		t.Errorf("a number became %v", objects)
	}
}
