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

  // Requests: words for those who don't see the bar, focus for those who use the keyboard.
  body.addEventListener("htmx:beforeRequest", function () {
    panel.setAttribute("aria-busy", "true");
    say.textContent = body.dataset.busy;
  });
  body.addEventListener("htmx:afterRequest", function (e) {
    panel.removeAttribute("aria-busy");
    say.textContent = "";
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
    var wrong = panel.querySelector("[aria-invalid=true]");
    var target = wrong || stepped() || (e.target.id === "feed" ? panel.querySelector("#comment") : panel.querySelector("[data-focus]"));
    if (target) target.focus({ preventScroll: e.target.id === "feed" });
  });
})();

// News from amoCRM: while the panel is seen, the server tells when something shown has changed, and the view is fetched
// again; under the hands of somebody who is typing it waits for his word.
(function () {
  "use strict";
  var body = document.body;
  var panel = document.getElementById("panel");
  var base = body.dataset.base;
  if (!panel || !base || !window.EventSource || !window.htmx) return;
  var stream = null;   // open while the panel is seen
  var asked = "";      // what the open stream watches
  var since = body.dataset.since || ""; // until when we know everything, in the server's words
  var here = "";       // the address of the view, "" when it came as the answer to a form
  var later = 0;
  var fetching = false, again = false, heard = null; // the words of the last news
  var busy = 0, turns = 0; // the person's own requests: under way, and so far

  function path(raw) {
    var url = new URL(raw, location.origin);
    ["fresh", "done", "wait", "open"].forEach(function (name) { url.searchParams.delete(name); });
    return url.pathname + url.search;
  }

  // Only lists and deals follow amoCRM; forms are left alone.
  function view() {
    var top = panel.querySelector("[data-view]");
    return top ? top.dataset.view : "";
  }
  function address() {
    if (view() === "people") return here.indexOf(base + "/people") === 0 ? here : base + "/people";
    if (view() === "deal") {
      var id = panel.querySelector("[data-deal]").dataset.deal, deal = base + "/deals/" + id;
      return here.split("?")[0] === deal ? here : deal;
    }
    return "";
  }

  // What is shown stands in the links to amoCRM's own cards.
  function shown() {
    var found = { leads: {}, contacts: {} };
    panel.querySelectorAll("a[href]").forEach(function (a) {
      var m = /\/(leads|contacts)\/detail\/(\d+)$/.exec(a.getAttribute("href"));
      if (m) found[m[1]][m[2]] = true;
    });
    var deals = Object.keys(found.leads).join(","), contacts = Object.keys(found.contacts).join(",");
    return deals || contacts ? "deals=" + deals + "&contacts=" + contacts : "";
  }

  function close() {
    if (stream) stream.close();
    stream = null;
    asked = "";
    delete body.dataset.live;
  }
  function listen() {
    var want = document.visibilityState === "visible" && address() ? shown() : "";
    if (want === asked && (stream === null || stream.readyState !== 2)) return;
    close();
    if (!want) return;
    asked = want;
    stream = new EventSource(base + "/changes?" + want + (since ? "&since=" + since : ""));
    stream.addEventListener("hello", function (e) {
      since = e.lastEventId;
      body.dataset.live = "on";
    });
    stream.addEventListener("changed", function (e) {
      since = e.lastEventId;
      news(JSON.parse(e.data));
    });
  }
  function soon() { clearTimeout(later); later = setTimeout(listen, 200); }

  function typing() {
    if (panel.querySelector("form[data-edit]")) return true; // a row is being changed
    return Array.prototype.some.call(panel.querySelectorAll("input, textarea, select"), function (f) {
      if (f.type === "hidden" || f.type === "submit" || f.type === "button") return false;
      if (f.type === "checkbox" || f.type === "radio") return f.checked !== f.defaultChecked;
      if (f.tagName !== "SELECT") return f.value !== f.defaultValue || (f === document.activeElement && f.value !== "");
      return f === document.activeElement;
    });
  }
  function news(words) {
    heard = words;
    if (!address()) return;
    if (!typing()) return refresh();
    if (panel.querySelector("#live-news")) return;
    var line = document.createElement("p"), text = document.createElement("span"), show = document.createElement("a");
    line.id = "live-news";
    line.className = "live-news";
    line.setAttribute("role", "status");
    text.textContent = words.text + " ";
    show.textContent = words.show;
    show.href = address();
    line.append(text, show);
    panel.querySelector("[data-view]").prepend(line);
    window.htmx.process(line);
  }

  // refresh swaps the view in place and keeps what the person sees: focus, opened parts, scroll. A worse view (amoCRM is
  // down, the session is over) is not taken: the person did not ask for it. Nor is one that crosses a request of his: its
  // answer would find its place in the page gone, and ours may be older.
  function refresh() {
    if (fetching || busy) { again = true; return; }
    var from = address(), was = view(), turn = turns;
    fetching = true;
    fetch(from, { headers: { "HX-Request": "true" } }).then(function (r) { return r.ok ? r.text() : ""; }).then(function (html) {
      var fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector("[data-view]");
      if (turn !== turns) { again = true; return; }
      if (!fresh || fresh.dataset.view !== was || address() !== from) return;
      if (typing()) return news(heard);
      var said = panel.querySelectorAll(notice);
      var focus = mark(document.activeElement), top = body.scrollTop || document.documentElement.scrollTop;
      var open = {};
      folds(function (d, name) { open[name] = d.open; });
      window.htmx.swap(panel, html, { swapStyle: "innerHTML" });
      keep(said);
      folds(function (d, name) { if (name in open) d.open = open[name]; });
      var target = focus && panel.querySelector(focus);
      if (target) target.focus({ preventScroll: true });
      else if (panel.contains(document.activeElement)) document.activeElement.blur();
      window.scrollTo(0, top);
      soon();
    }).catch(function () { /* the next hint, or the person, asks again */ }).finally(function () {
      fetching = false;
      overdue();
    });
  }
  // What an act of his has led to was said once, in the answer to it; it stays until his next one.
  var notice = ".banner.good, .banner.good + .banner.warn:not([role=status])";
  function keep(said) {
    var bar = panel.querySelector("[data-view] > .bar");
    if (!bar || panel.querySelector(notice)) return;
    said.forEach(function (line) { line.removeAttribute("role"); }); // not read out a second time
    bar.after.apply(bar, said);
  }
  function overdue() {
    if (!again || fetching || busy) return;
    again = false;
    news(heard);
  }
  // folds gives each fold a name by which it is known again when there are more or fewer of them.
  function folds(visit) {
    var seen = {};
    panel.querySelectorAll("details").forEach(function (d) {
      var id = d.id || (d.firstElementChild && d.firstElementChild.id);
      seen[d.className] = (seen[d.className] || 0) + 1;
      visit(d, id ? "#" + id : d.className + " " + seen[d.className]);
    });
  }
  function mark(el) {
    if (!el || !panel.contains(el)) return "";
    if (el.id) return "#" + CSS.escape(el.id);
    if (el.hasAttribute("data-focus")) return "[data-focus]";
    if (el.getAttribute("href")) return "a[href=\"" + CSS.escape(el.getAttribute("href")) + "\"]";
    return el.name ? "[name=\"" + CSS.escape(el.name) + "\"]" : "";
  }

  body.addEventListener("htmx:beforeSend", function (e) {
    busy++;
    turns++;
    e.detail.xhr.addEventListener("loadend", function () { // with its answer in the page; htmx's own events miss a form that is gone
      busy--;
      setTimeout(overdue, 50);
    });
  });
  body.addEventListener("htmx:afterSwap", function (e) {
    if (e.detail.target === panel && e.detail.requestConfig) {
      here = e.detail.requestConfig.verb === "get" ? path(e.detail.pathInfo.responsePath || e.detail.pathInfo.requestPath) : "";
    }
    soon();
  });
  here = path(location.pathname + location.search);
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", close);
  later = setTimeout(listen, 1500); // a page that is looked at in passing needs no stream; since makes up for the wait
})();
