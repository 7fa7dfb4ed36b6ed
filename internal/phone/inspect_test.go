package phone

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInspect(t *testing.T) {
	for typed, want := range map[string][]Reading{
		"8 (999) 123-45-67 доб. 12":  {{Text: "+79991234567", Region: "RU", Code: 7, Extension: "12"}},
		"+44 20 7946 0018":           {{Text: "+442079460018", Region: "GB", Code: 44}},
		"8 999 1234567; 123456":      {{Text: "+79991234567", Region: "RU", Code: 7}, {Text: "123456", Region: "RU", Code: 7, Why: WhyShort}},
		"+7 916 111 22 3":            {{Text: "7916111223", Region: "RU", Code: 7, Why: WhyShort}},
		"+34 1111 222 333":           {{Text: "341111222333", Region: "ES", Code: 34, Why: WhyLong}},
		"8 999 123 45 678":           {{Text: "899912345678", Region: "RU", Code: 7, Why: WhyLong}},
		"+999 12345678":              {{Text: "99912345678", Why: WhyCode}},
		"7 000 111 22 33":            {{Text: "70001112233", Region: "RU", Code: 7, Why: WhyPlan}},
		"+7 999 123-45-67, +7 9 1 2": {{Text: "+79991234567", Region: "RU", Code: 7}},
		"101":                        {{Text: "101", Region: "RU", Code: 7, Why: WhyShort}},
		"call me":                    {{Why: WhyNone}},
		"":                           {{Why: WhyNone}},
	} {
		if diff := cmp.Diff(want, Inspect(typed, "")); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", typed, diff)
		}
	}
}
