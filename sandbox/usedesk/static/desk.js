// Loads the blocks of a ticket through the desk's own server and puts their HTML into the page as it comes.
"use strict";

async function load(block, reload) {
  const content = block.querySelector(".dynamic-block-content");
  const turn = (block.turn = (block.turn || 0) + 1);
  content.setAttribute("aria-busy", "true");
  block.classList.add("is-loading");
  let html;
  try {
    const answer = await fetch(block.dataset.src + (reload ? "?reload=1" : ""), { cache: "no-store" });
    html = await answer.text();
    block.dataset.outcome = answer.headers.get("X-Block-Outcome") || "http_" + answer.status;
  } catch (error) {
    html = '<div class="alert alert-warning">The desk itself does not answer.</div>';
    block.dataset.outcome = "desk_down";
  }
  if (block.turn !== turn) return; // a later load has the say
  content.innerHTML = html;
  content.setAttribute("aria-busy", "false");
  block.classList.remove("is-loading");
}

document.querySelectorAll(".dynamic-block[data-src]").forEach((block) => {
  block.querySelector("a.block-reload-button").addEventListener("click", (event) => {
    event.preventDefault();
    load(block, true);
  });
  load(block, false);
});

document.querySelectorAll("[data-submit]").forEach((field) => {
  field.addEventListener("change", () => field.form.submit());
});

// A rule answers a moment after the page; ask until it has.
async function follow(log) {
  while (log.dataset.waiting === "true") {
    await new Promise((done) => setTimeout(done, 500));
    const answer = await fetch(log.dataset.firings, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await answer.text();
    const next = fresh.firstElementChild;
    log.replaceWith(next);
    log = next;
  }
}

document.querySelectorAll("[data-firings]").forEach((log) => follow(log).catch(() => {}));
