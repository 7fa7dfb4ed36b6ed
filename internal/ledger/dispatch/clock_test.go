package dispatch

import (
	"testing"
	"time"
)

// A clock is what was read of another one, at once.
func (c *Clock) read(said time.Time) { c.note(said, time.Now()) }

func TestClock_seesStepsAndNotSlowAnswers(t *testing.T) {
	t.Parallel()
	var c Clock
	if c.watched(time.Hour) != time.Hour || c.Stepped(time.Hour) != 0 || !c.Latest().IsZero() {
		t.Error("it knows something before it has seen anything")
	}
	other := time.Unix(1_700_000_000, 0)           // nobody's clock of now
	c.note(other, time.Now().Add(-30*time.Second)) // asked half a minute ago, and read at any time since
	if left := c.watched(time.Hour); left > time.Hour || left < 59*time.Minute {
		t.Errorf("%s of an hour are left at the beginning", left)
	}
	c.read(other.Add(29 * time.Second))
	c.note(other.Add(time.Second), time.Now().Add(-29*time.Second)) // an older one that was longer on its way
	if c.Stepped(time.Hour) != 0 || c.Ago(time.Minute) != time.Minute {
		t.Error("a slow answer is taken for a step")
	}
	c = Clock{}
	c.read(other)
	c.read(other.Add(10 * time.Minute))
	if left := c.Stepped(time.Hour); left < 59*time.Minute {
		t.Errorf("a step forward is not seen: %s", left)
	}
	if left := c.watched(time.Hour); left < 59*time.Minute {
		t.Errorf("and not watched for: %s", left)
	}
	c.read(other)
	near := func(got, want time.Duration) bool { return (got - want).Abs() < 30*time.Second }
	if got := c.Ago(-9 * time.Minute); !near(got, time.Minute) {
		t.Errorf("what was a minute before the step back was %s ago", got)
	}
	if got := c.Ago(time.Hour); !near(got, time.Hour+10*time.Minute) {
		t.Errorf("what seems an hour ago was %s ago", got)
	}
	if got := c.Ago(0); !near(got, 10*time.Minute) { // it may have been on either side of the step
		t.Errorf("what is just now was %s ago", got)
	}
	for range 1000 {
		c.read(other)
		c.read(other.Add(time.Hour))
	}
	if len(c.back) > maxSteps {
		t.Errorf("%d steps are kept", len(c.back))
	}
}
