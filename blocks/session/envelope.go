package session

import (
	"bytes"
	"html/template"
)

// Envelope is the answer to a block request: HTML that the helpdesk puts into the ticket page (usedesk.md §1.4).
type Envelope struct {
	HTML string `json:"html"`
}

// Frame is what the iframe envelope needs. PanelURL is absolute.
type Frame struct {
	PanelURL string
	Origin   string // of PanelURL: the only one the resize listener believes
	Title    string
	NewTab   string // text of the plain link
	Note     string // small line above the frame, "" for none
}

// The onload handler makes the frame as high as its panel. An inline handler also runs in a page that inserts the HTML
// where a <script> would not (usedesk.md §1.5); where it is forbidden, the frame keeps its height and scrolls.
var frame = template.Must(template.New("frame").Parse(
	`<div class="sidecard">` +
		`{{if .Note}}<p class="text-muted small">{{.Note}}</p>{{end}}` +
		`<iframe class="sidecard-frame" title="{{.Title}}" src="{{.PanelURL}}" width="100%" height="420" loading="eager" ` +
		`allow="clipboard-write" referrerpolicy="no-referrer" ` +
		`sandbox="allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-downloads" ` +
		`style="display:block;width:100%;height:420px;border:0" ` +
		`onload="(function(f,o){f.contentWindow.postMessage({sidecardTell:1},o);if(f.sidecard)return;f.sidecard=1;` +
		`window.addEventListener('message',function hear(e){if(!f.isConnected)return window.removeEventListener('message',hear);` +
		`if(e.source===f.contentWindow&&e.origin===o&&e.data&&typeof e.data.sidecardHeight==='number')` +
		`f.style.height=Math.min(4000,Math.max(80,Math.ceil(e.data.sidecardHeight)))+'px'})})(this,{{.Origin}})"></iframe>` +
		`<p class="small text-muted" style="margin:4px 0 0;text-align:right">` +
		`<a href="{{.PanelURL}}" target="_blank" rel="noopener noreferrer">{{.NewTab}}</a></p></div>`))

// FrameEnvelope answers with the panel in an iframe and a plain link to it.
func FrameEnvelope(f Frame) (Envelope, error) {
	var b bytes.Buffer
	if err := frame.Execute(&b, f); err != nil {
		return Envelope{}, err
	}
	return Envelope{HTML: b.String()}, nil
}
