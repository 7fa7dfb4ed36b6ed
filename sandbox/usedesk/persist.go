package usedesk

import "github.com/sidecard/sidecard/sandbox/kit"

// loadWorld reads the state file. No file, or no name, is no world.
func loadWorld(path string) (*world, error) {
	return kit.Load(path, "local Usedesk", func(w *world) bool {
		return w.Clients != nil && w.Tickets != nil && len(w.Users) > 0 && w.NextID >= firstFreeID
	})
}
