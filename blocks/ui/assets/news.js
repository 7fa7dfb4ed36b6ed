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
  var missed = false;      // news whose view has not come
  var retry = 0, wait = 0; // the next look after an old view or none, and its pause

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
      var url = new URL(here.split("?")[0] === deal ? here : deal, location.origin), only = panel.querySelector("#feed-only");
      if (only && only.value) url.searchParams.set("only", only.value); else url.searchParams.delete("only"); // chosen since
      return url.pathname + url.search;
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
  // answer would find its place in the page gone, and ours may be older. What was not taken is asked for again (follow).
  function refresh(retrying) {
    if (fetching || busy) { again = true; return; }
    var from = address(), was = view(), turn = turns;
    fetching = true;
    fetch(from, { headers: { "HX-Request": "true" } }).then(function (r) { return r.ok ? r.text() : ""; }).then(function (html) {
      var fresh = html && new DOMParser().parseFromString(html, "text/html").querySelector("[data-view]");
      if (turn !== turns) { again = true; return; }
      if (address() !== from) return;
      missed = true;
      if (!fresh || fresh.dataset.view !== was || (retrying && old(fresh) && old(fresh) >= old(panel))) return;
      if (typing()) return heard ? news(heard) : undefined;
      missed = false;
      var said = panel.querySelectorAll(notice);
      var focus = mark(document.activeElement), top = body.scrollTop || document.documentElement.scrollTop;
      var open = {};
      folds(function (d, name) { open[name] = d.open; });
      panel.dispatchEvent(new Event("sidecard:redraw"));
      window.htmx.swap(panel, html, { swapStyle: "innerHTML" });
      keep(said);
      folds(function (d, name) { if (name in open) d.open = open[name]; });
      var target = focus && panel.querySelector(focus);
      if (target) target.focus({ preventScroll: true });
      else if (panel.contains(document.activeElement)) document.activeElement.blur();
      window.scrollTo(0, top);
      soon();
    }).catch(function () { missed = true; }).finally(function () {
      fetching = false;
      overdue();
      follow();
    });
  }
  function old(within) { return within.querySelectorAll("[data-stale]").length; }
  // follow looks again, less and less often, while what is shown is older than amoCRM's: it was slow or away when asked.
  function follow() {
    clearTimeout(retry);
    if (!address() || (!missed && !old(panel))) { wait = 0; return; }
    wait = wait || 5000;
    retry = setTimeout(function () {
      wait = Math.min(2 * wait, 60000);
      if (document.visibilityState !== "visible" || typing() || fetching || busy) return follow();
      refresh(true);
    }, wait);
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
    if (heard) news(heard); else refresh(true);
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
      missed = false;
      wait = 0;
    }
    soon();
    follow();
  });
  here = path(location.pathname + location.search);
  document.addEventListener("visibilitychange", listen);
  window.addEventListener("pagehide", close);
  follow();
  later = setTimeout(listen, 1500); // a page that is looked at in passing needs no stream; since makes up for the wait
})();
