package amocrm

import (
	"encoding/json"

	"github.com/sidecard/sidecard/connector/wire"
)

// UnmarshalJSON takes what wire.Int takes.
func (id *ID) UnmarshalJSON(b []byte) error { return (*wire.Int)(id).UnmarshalJSON(b) }

// UnmarshalJSON takes what wire.Number takes.
func (n *Number) UnmarshalJSON(b []byte) error { return (*wire.Number)(n).UnmarshalJSON(b) }

// embedded decodes raw into out when it is an object; PHP writes an empty one as [].
func embedded(raw json.RawMessage, out any) error {
	if !isObject(raw) {
		return nil
	}
	return json.Unmarshal(raw, out)
}

// seconds is a Unix time that may be missing.
func seconds(n Number) *int64 {
	if n == 0 {
		return nil
	}
	s := int64(n)
	return &s
}
