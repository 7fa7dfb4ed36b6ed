package signin

import "testing"

func TestLogin_cookiesOfTwoLoginsDontMeet(t *testing.T) {
	if bindingCookie("a") == bindingCookie("b") {
		t.Error("one cookie name for two states")
	}
}
