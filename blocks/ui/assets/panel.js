// What links, forms and htmx can't do: tell the helpdesk our height, open the login in its own window and notice its
// end, keyboard, focus. The pages work without it.
(function () {
  "use strict";
  var body = document.body;

  if (body.dataset.act === "done") {
    try { if (window.opener) window.opener.postMessage({ sidecard: "connected" }, location.origin); } catch (e) { /* the opener is gone */ }
    setTimeout(function () { window.close(); }, 2000);
    return;
  }
  var panel = document.getElementById("panel");
  if (!panel) { // the page with amoCRM's button, whose own window tells of the end: pass it on
    window.addEventListener("message", function (e) {
      if (e.origin !== location.origin || !e.data || e.data.sidecard !== "connected") return;
      try { if (window.opener) window.opener.postMessage(e.data, location.origin); } catch (err) { /* the opener is gone */ }
      window.close();
    });
    return;
  }
  var say = document.getElementById("say");
  var offline = document.getElementById("offline");

  // Height. The number is no secret, so any helpdesk may hear it.
  var told = 0;
  function tell() {
    var height = Math.ceil(body.getBoundingClientRect().height);
    if (window.parent === window || height === told) return;
    told = height;
    window.parent.postMessage({ sidecardHeight: height }, "*");
  }
  if (window.ResizeObserver) new ResizeObserver(tell).observe(body);
  tell();
  window.addEventListener("message", function (e) { // the helpdesk's page is listening from now on
    if (e.source === window.parent && e.data && e.data.sidecardTell) { told = 0; tell(); }
  });

  // Login. The opener of a login window may be cut off by the pages in between, so the server is asked, too.
  var base = body.dataset.base;
  var asking = 0;
  function connected() { location.replace(base); }
  function ask(until) {
    clearTimeout(asking);
    asking = setTimeout(function () {
      if (Date.now() > until) return;
      fetch(base + "/state", { headers: { Accept: "application/json" } }).then(function (r) {
        return r.ok ? r.json() : {};
      }).then(function (s) {
        if (s.state === "connected") connected(); else ask(until);
      }).catch(function () { ask(until); });
    }, 2000);
  }
  window.addEventListener("message", function (e) {
    if (e.origin === location.origin && e.data && e.data.sidecard === "connected") connected();
  });
  document.addEventListener("click", function (e) {
    var link = e.target.closest && e.target.closest("a[data-popup]");
    if (!link) return;
    var waiting = document.getElementById("login-waiting");
    if (waiting) waiting.hidden = false;
    if (!("quiet" in link.dataset)) ask(Date.now() + 15 * 60 * 1000); // connected already: only the window itself can tell
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    if (window.open(link.href, "sidecard_login", "width=600,height=700")) e.preventDefault();
  });

  // Copy. The button is there only where it works.
  function copying() {
    panel.querySelectorAll("button[data-copy]").forEach(function (b) { b.hidden = !(navigator.clipboard && window.isSecureContext); });
  }
  copying();
  body.addEventListener("htmx:afterSettle", copying);
  document.addEventListener("click", function (e) {
    var b = e.target.closest && e.target.closest("button[data-copy]");
    if (!b) return;
    navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent).then(function () {
      b.textContent = say.textContent = b.dataset.copied;
    });
  });

  // Keyboard.
  document.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.matches && e.target.matches("textarea[data-send]")) {
      e.preventDefault();
      e.target.form.requestSubmit();
    }
    if (e.key === "Escape" && !e.defaultPrevented && !e.isComposing) {
      var close = panel.querySelector("[data-esc]");
      var field = e.target.closest && e.target.closest("input, textarea, select");
      if (field && field.value && field.tagName !== "SELECT") field.blur(); // first out of what was typed, then back
      else if (close) close.click();
    }
  });

  // Requests: words for those who don't see the bar, and, when it takes longer than a blink, beside what was pressed.
  var busy = document.getElementById("busy"), slow = 0;
  function over() {
    clearTimeout(slow);
    busy.hidden = true;
    panel.removeAttribute("aria-busy");
    if (say.textContent === body.dataset.busy || say.textContent === body.dataset.saving) say.textContent = "";
  }
  body.addEventListener("htmx:beforeRequest", function (e) {
    var asked = e.detail.requestConfig, from = e.detail.elt;
    var button = asked.triggeringEvent && asked.triggeringEvent.submitter;
    var writes = asked.verb !== "get" && from.matches("form:not([role=search])") && !(button && button.value === "find");
    var words = writes ? body.dataset.saving : body.dataset.busy;
    panel.setAttribute("aria-busy", "true");
    say.textContent = words;
    clearTimeout(slow);
    e.detail.xhr.addEventListener("loadend", over); // htmx's own event misses a form that is gone by then
    if (from.matches("[data-view=loading], [data-comment]")) return; // they say so themselves
    var top = Math.max(0, (button || from).getBoundingClientRect().top + window.scrollY);
    slow = setTimeout(function () {
      busy.textContent = words;
      busy.style.top = top + "px";
      busy.hidden = false;
    }, 300);
  });
  body.addEventListener("htmx:afterRequest", function (e) {
    over();
    if (e.detail.successful) offline.hidden = true;
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach(function (name) {
    body.addEventListener(name, function () { offline.hidden = false; });
  });
  // What is drawn anew keeps its folds, and what was typed while the answer was on its way.
  var sent = {}, open = {}, typed = {};
  function fields(within) { return within.querySelectorAll("input[name]:not([type=hidden]), textarea[name], select[name]"); }
  function value(f) { return f.type === "checkbox" ? f.checked : f.value; }
  function key(f) { return f.type === "checkbox" ? f.name + "=" + f.value : f.name; }
  body.addEventListener("htmx:configRequest", function (e) {
    sent = {};
    if (e.detail.target && e.detail.target.id === "stage") fields(e.detail.target).forEach(function (f) { sent[key(f)] = value(f); });
  });
  body.addEventListener("htmx:beforeSwap", function (e) {
    open = {};
    typed = {};
    panel.querySelectorAll("details[id]").forEach(function (d) { open[d.id] = d.open; });
    if (e.detail.target.id !== "stage") return;
    fields(e.detail.target).forEach(function (f) { if (sent[key(f)] !== value(f) && f.id !== "status_id") typed[key(f)] = value(f); });
  });
  body.addEventListener("htmx:afterSwap", function () {
    panel.querySelectorAll("details[id]").forEach(function (d) {
      if (d.id in open) d.open = open[d.id] || !!d.querySelector("[aria-invalid=true]");
    });
    fields(panel).forEach(function (f) {
      if (!(key(f) in typed)) return;
      if (f.type === "checkbox") f.checked = typed[key(f)]; else f.value = typed[key(f)];
    });
  });

  // Where a person stepped in, so that stepping back finds the place again.
  var steps = [], back = false;
  body.addEventListener("htmx:beforeRequest", function (e) {
    var link = e.detail.elt;
    back = link.hasAttribute("data-esc");
    if (!back && link.tagName === "A" && e.detail.target === panel) steps.push(link.getAttribute("href"));
  });
  function stepped() {
    for (var href; back && (href = steps.pop());) {
      var link = panel.querySelector('a[href="' + CSS.escape(href) + '"]');
      if (link) return link;
    }
    return null;
  }

  body.addEventListener("htmx:afterSettle", function (e) {
    // Never take the focus from the helpdesk's own page: only a person who works in here has it.
    if (!document.hasFocus() || (document.activeElement && document.activeElement !== body)) return;
    // A part that is drawn anew leaves the place in the rest to whoever asked for it.
    var wrong = panel.querySelector("[aria-invalid=true]");
    var target = wrong || (e.target.id === "feed" ? panel.querySelector("#comment") :
      e.detail.target === panel ? stepped() || panel.querySelector("[data-focus]") : null);
    if (target) target.focus({ preventScroll: e.target.id === "feed" });
  });
})();
