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

  // Where one goes on typing: the form that has just opened, the wrong field in it, or the row that it came from.
  body.addEventListener("htmx:afterSettle", function (e) {
    if (!document.hasFocus() || (document.activeElement && document.activeElement !== body)) return;
    var part = e.target.closest ? e.target : panel;
    var form = part.matches(".editing, [data-view=deal-edit]") ? part : part.querySelector(".editing");
    var target = part.querySelector("[aria-invalid=true]") ||
      (form && form.querySelector("input:checked, input:not([type=hidden]), select, textarea")) ||
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
