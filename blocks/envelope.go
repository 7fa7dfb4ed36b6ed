package blocks

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

// The listener below runs where the helpdesk lets scripts of a block run; elsewhere the frame keeps its height and
// scrolls. It is installed once per page and finds its frame by window, so several blocks don't disturb each other.
var frame = template.Must(template.New("frame").Parse(
	`<div class="sidecard">` +
		`{{if .Note}}<p class="text-muted small">{{.Note}}</p>{{end}}` +
		`<iframe class="sidecard-frame" title="{{.Title}}" src="{{.PanelURL}}" width="100%" height="420" loading="eager" ` +
		`allow="clipboard-write" referrerpolicy="no-referrer" ` +
		`sandbox="allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin" ` +
		`style="display:block;width:100%;height:420px;border:0"></iframe>` +
		`<p class="small text-muted" style="margin:4px 0 0;text-align:right">` +
		`<a href="{{.PanelURL}}" target="_blank" rel="noopener noreferrer">{{.NewTab}}</a></p>` +
		`<script>(function(o){window.sidecardOrigins=window.sidecardOrigins||{};if(window.sidecardOrigins[o])return;` +
		`window.sidecardOrigins[o]=1;window.addEventListener("message",function(e){` +
		`if(e.origin!==o||!e.data||typeof e.data.sidecardHeight!=="number")return;` +
		`var f=document.querySelectorAll("iframe.sidecard-frame");for(var i=0;i<f.length;i++)` +
		`if(f[i].contentWindow===e.source)f[i].style.height=Math.min(4000,Math.max(80,Math.ceil(e.data.sidecardHeight)))+"px"` +
		`})})({{.Origin}})</script></div>`))

// FrameEnvelope answers with the panel in an iframe and a plain link to it.
func FrameEnvelope(f Frame) (Envelope, error) {
	var b bytes.Buffer
	if err := frame.Execute(&b, f); err != nil {
		return Envelope{}, err
	}
	return Envelope{HTML: b.String()}, nil
}
