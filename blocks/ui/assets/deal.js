// The card of a deal: small forms in its rows, a comment that appears at once. Without it forms and links do the same.
(function () {
  "use strict";
  var body = document.body;
  var panel = document.getElementById("panel");
  if (!panel) return;
  var say = document.getElementById("say");

  // Esc closes the form that one is in and nothing else; Ctrl+Enter sends a text of several lines.
  document.addEventListener("keydown", function (e) {
    if (e.isComposing || !e.target.closest) return;
    var form = e.target.closest("form[data-edit], form[data-fold]");
    if (!form) return;
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      e.preventDefault();
      form.requestSubmit();
    }
    if (e.key !== "Escape") return;
    e.preventDefault();
    var cancel = form.querySelector("[data-cancel]");
    var fold = form.closest("details");
    if (cancel) {
      cancel.click();
    } else if (fold) {
      fold.open = false;
      fold.querySelector("summary").focus();
    }
  }, true);

  // An unfolded form takes the focus.
  document.addEventListener("toggle", function (e) {
    var field = e.target.open && document.activeElement === e.target.querySelector("summary") &&
      e.target.querySelector("form[data-fold] :is(input:not([type=hidden]), select, textarea)");
    if (field) field.focus();
  }, true);

  // Where one goes on typing: the form that has just opened, the wrong field in it, or the row that it came from. A long
  // list of stages stands at the chosen one.
  body.addEventListener("htmx:afterSettle", function (e) {
    var list = panel.querySelector(".stages"), chosen = list && list.querySelector("input:checked");
    if (chosen && e.target.contains(list)) {
      list.scrollTop += chosen.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2;
    }
    if (!document.hasFocus() || (document.activeElement && document.activeElement !== body)) return;
    var part = e.target.closest ? e.target : panel;
    var form = part.matches(".editing, [data-view=deal-edit]") ? part : part.querySelector(".editing");
    var target = part.querySelector("[aria-invalid=true]") ||
      (form && (form.querySelector("[name=field][value=loss_reason] ~ #needs select") || form.querySelector("input:checked") || form.querySelector("input:not([type=hidden]), select, textarea"))) ||
      (part.matches("[data-return]") ? part : part.querySelector("[data-return]"));
    if (!target) return;
    target.focus();
    if (form && target.select) target.select();
  }, true);
  body.addEventListener("htmx:afterRequest", function () {
    var said = panel.querySelector("[data-say]");
    if (!said) return;
    say.textContent = said.textContent;
    said.remove();
  });

  // A feed that is drawn anew keeps the older lines that were loaded, and a failed one all that it had. The new list ends
  // earlier than the former one when something has happened meanwhile, so they are joined at the last line of both; with
  // none in common there would be a gap, and the older ones have to be asked for again.
  var former = null; // the list that is about to be replaced
  function remember() { former = panel.querySelector("#feed-list"); }
  function lines(list) { return Array.prototype.slice.call(list.querySelectorAll("[data-line]")); }
  function same(list, other) {
    return list.querySelector("#feed-all").href === other.querySelector("#feed-all").href && // of the same deal
      list.querySelector("#feed-only").value === other.querySelector("#feed-only").value;
  }
  body.addEventListener("htmx:beforeSwap", remember);
  panel.addEventListener("sidecard:redraw", remember);
  body.addEventListener("htmx:afterSwap", function () {
    var list = panel.querySelector("#feed-list"), old = former;
    if (!list || !old || list === old) return;
    former = null;
    var shown = lines(list), had = lines(old);
    var failed = !shown.length && list.querySelector(".banner");
    if (!same(list, old) || !(failed || old.querySelector("[data-older]"))) return;
    var known = {}, last = -1;
    shown.forEach(function (line) { known[line.dataset.line] = true; });
    had.forEach(function (line, i) { if (known[line.dataset.line]) last = i; });
    var rest = had.slice(last + 1);
    if (!rest.length || (last < 0 && !failed)) return;
    var home = list.querySelector("details.rest"), was = old.querySelector("details.rest");
    if (home) home.open = !was || was.open;
    home = home || list;
    var more = document.createElement("ol"), way = list.querySelector("#older"), further = old.querySelector("#older");
    more.className = "items";
    more.dataset.older = "";
    more.append.apply(more, rest);
    if (way) way.remove();
    home.append(more);
    if (!further) return;
    further = further.cloneNode(true);
    home.append(further);
    window.htmx.process(further);
  });

  // A comment whose answer was lost has been found: it leaves its box, unless that holds other words by now.
  body.addEventListener("htmx:afterSettle", function () {
    var found = panel.querySelector("[data-posted]"), box = panel.querySelector("#comment");
    if (!found || !box) return;
    if (box.value.trim() === found.dataset.posted.trim()) box.value = "";
    found.removeAttribute("data-posted");
  });

  // A comment stands in the feed, greyed, until amoCRM has it. When it can't be sent it is back in its box.
  body.addEventListener("htmx:beforeRequest", function (e) {
    var form = e.target;
    if (!form.matches || !form.matches("form[data-comment]")) return;
    var box = form.querySelector("textarea");
    var mould = document.getElementById("pending-comment");
    var list = panel.querySelector("#feed-list > ol.items");
    var line = mould.content.firstElementChild.cloneNode(true);
    line.querySelector(".words").textContent = box.value.trim();
    if (list) {
      list.prepend(line);
    } else {
      list = document.createElement("ol");
      list.className = "items";
      list.append(line);
      panel.querySelector("#feed-list").append(list);
    }
    var typed = box.value;
    box.value = "";
    function back() {
      line.remove();
      if (box.isConnected && !box.value) box.value = typed;
    }
    form.addEventListener("htmx:afterRequest", function (done) { if (!done.detail.successful) back(); }, { once: true });
  });
})();
