package phone

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// DefaultRegion is where a phone without a country code is read when nothing else is known.
const DefaultRegion = "RU"

// Region returns the first of some ISO 3166-1 alpha-2 codes that has the form of one, else DefaultRegion.
func Region(codes ...string) string {
	for _, code := range codes {
		if code = strings.ToUpper(strings.TrimSpace(code)); len(code) == 2 {
			return code
		}
	}
	return DefaultRegion
}

// Regions returns the calling code of every region that has a numbering plan, by its ISO 3166-1 alpha-2 code.
func Regions() map[string]int {
	regions := map[string]int{}
	for region := range phonenumbers.GetSupportedRegions() {
		regions[region] = phonenumbers.GetCountryCodeForRegion(region)
	}
	return regions
}
