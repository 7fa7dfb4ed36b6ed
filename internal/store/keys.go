package store

import "strings"

const prefix = "sc:"

// Key names a value of one tenant: "sc:{tenant}:a:b". The hash tag puts all of a tenant's keys into one cluster slot.
func Key(tenantID string, parts ...string) string {
	return prefix + "{" + tenantID + "}" + joined(parts)
}

// Shared names a value of no tenant: "sc:a:b". Two shared keys are usually in different cluster slots.
func Shared(parts ...string) string {
	return prefix + strings.Join(parts, ":")
}

func joined(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return ":" + strings.Join(parts, ":")
}
