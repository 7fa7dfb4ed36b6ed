package webhooks

import (
	"context"
	"fmt"
)

// Reindex makes a tenant's hook found under the name that the newest seal key gives it, and drops the names of older keys.
// Only DB and Log of the Service are used. It may be repeated. changed: there was something to do; without change that is
// all it says.
func (s *Service) Reindex(ctx context.Context, tenantID string, change bool) (changed bool, err error) {
	sub, err := s.load(ctx, tenantID)
	if err != nil || sub.Secret == "" {
		return false, err
	}
	fingerprints := s.fingerprints(sub.Secret)
	found, err := s.DB.Exists(ctx, secretKey(fingerprints[0])).Result()
	if err != nil {
		return false, fmt.Errorf("look for a hook's name: %w", err)
	}
	if found > 0 || !change {
		return found == 0, nil
	}
	if err := s.DB.Set(ctx, secretKey(fingerprints[0]), tenantID, 0).Err(); err != nil {
		return false, fmt.Errorf("name a hook anew: %w", err)
	}
	for _, fingerprint := range fingerprints[1:] {
		if err := s.DB.Del(ctx, secretKey(fingerprint)).Err(); err != nil {
			return false, fmt.Errorf("drop a hook's old name: %w", err)
		}
	}
	return true, nil
}
