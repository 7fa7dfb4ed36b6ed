package session

import (
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestFrameEnvelope_frameAndLink(t *testing.T) {
	e, err := FrameEnvelope(Frame{
		PanelURL: "https://sidecard.example.com/blocks/amocrm/abc", Origin: "https://sidecard.example.com",
		Title: `Client "in" <amoCRM>`, NewTab: "Open in a new tab", Note: "<script>alert(1)</script>",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`src="https://sidecard.example.com/blocks/amocrm/abc"`, `loading="eager"`, `allow="clipboard-write"`, `height:420px`,
		`sandbox="allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-downloads"`,
		`title="Client &#34;in&#34; &lt;amoCRM&gt;"`, `class="sidecard-frame"`, `target="_blank"`, `>Open in a new tab</a>`,
		`&lt;script&gt;alert(1)`, `})(this,&#34;https://sidecard.example.com&#34;)"`,
	} {
		if !strings.Contains(e.HTML, want) {
			t.Errorf("%q is not in %s", want, e.HTML)
		}
	}
	if strings.Contains(e.HTML, "\n") {
		t.Error("the envelope has line breaks")
	}
	if _, err := html.Parse(strings.NewReader(e.HTML)); err != nil {
		t.Error(err)
	}
	raw, err := json.Marshal(e)
	if err != nil || !strings.HasPrefix(string(raw), `{"html":"`) {
		t.Errorf("%s %v", raw, err)
	}
}
