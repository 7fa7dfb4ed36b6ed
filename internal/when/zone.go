package when

import (
	"sync"
	"time"
)

// zones are the time zones read so far, by name. Only names that exist come in, so there are a few hundred at the most.
var zones sync.Map

// Zone returns the time zone of a name. It is time.LoadLocation, which reads its file at every call, with a memory.
func Zone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}
