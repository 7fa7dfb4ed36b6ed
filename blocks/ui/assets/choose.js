// The page that chooses fields: an arrow moves its row at once, and saving sends the rows as they stand. Without it the
// arrows ask the server for the new order.
(function () {
  "use strict";
  function rows(list, on) {
    return Array.prototype.filter.call(list.children, function (row) { return row.querySelector("input").checked === on; });
  }
  function bar(arrow, at) {
    if (at) arrow.setAttribute("aria-disabled", "true"); else arrow.removeAttribute("aria-disabled");
  }
  // changed draws what follows from a tick or a move. The answer to a search that is under way knows nothing of it, so
  // the search is made anew.
  function changed(list) {
    rows(list, false).forEach(function (row) { row.classList.remove("on"); });
    rows(list, true).forEach(function (row, i, all) {
      row.classList.add("on");
      bar(row.querySelector("[value^='up:']"), i === 0);
      bar(row.querySelector("[value^='down:']"), i === all.length - 1);
    });
    if (window.htmx && document.body.classList.contains("htmx-request")) window.htmx.trigger("#q", "search");
  }

  document.addEventListener("change", function (e) {
    var row = e.target.closest(".pick-row");
    if (row) changed(row.parentNode);
  });
  document.addEventListener("click", function (e) {
    var arrow = e.target.closest(".pick-row .tool");
    if (!arrow) return;
    e.preventDefault();
    var row = arrow.closest(".pick-row"), list = row.parentNode, order = rows(list, true);
    var at = order.indexOf(row), to = arrow.value.indexOf("up:") === 0 ? at - 1 : at + 1;
    if (to < 0 || to >= order.length) return;
    order.splice(at, 1);
    order.splice(to, 0, row);
    list.append.apply(list, order.concat(rows(list, false)));
    changed(list);
    arrow.focus();
  });
})();
