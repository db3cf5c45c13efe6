
"use strict";
// Comfort only: hovering, keys and counting. Without it the links, filters and highlights still work.
(() => {
  const cards = [...document.querySelectorAll(".card")];
  const marks = new Map();
  for (const mark of document.querySelectorAll(".m")) {
    for (const at of mark.dataset.p.split(" ")) {
      if (!marks.has(at)) marks.set(at, []);
      marks.get(at).push(mark);
    }
  }
  let lit = [];
  const light = (ats) => {
    for (const one of lit) one.classList.remove("lit");
    lit = ats.flatMap((at) => [document.getElementById("p" + at), ...(marks.get(at) || [])]).filter(Boolean);
    for (const one of lit) one.classList.add("lit");
  };
  const chosen = () => {
    const found = /^#[ps](\d+)$/.exec(location.hash);
    return found ? [found[1]] : [];
  };
  const over = (event) => {
    const one = event.target.closest && event.target.closest(".m, .card");
    if (one) light(one.dataset.p.split(" "));
  };
  document.addEventListener("mouseover", over);
  document.addEventListener("mouseout", () => light(chosen()));
  document.addEventListener("focusin", over);
  addEventListener("hashchange", () => light(chosen()));
  light(chosen());

  // By the boxes and not by computed styles: those would lay out every chunk that is out of sight.
  const boxes = [...document.querySelectorAll('.bar input[type="checkbox"]:not(#only)')];
  const visible = () => {
    const off = boxes.filter((box) => !box.checked).map((box) => box.id);
    const hidden = off.flatMap((id) => (id === "r-decided" ? ["r-accepted", "r-corrected", "r-rejected"] : [id]));
    return cards.filter((card) => !hidden.some((name) => card.classList.contains(name)));
  };
  const step = (by) => {
    const shown = visible();
    const now = shown.findIndex((card) => "#" + card.id === location.hash.replace("#s", "#p"));
    const next = shown[now < 0 ? (by > 0 ? 0 : shown.length - 1) : now + by];
    if (next) {
      location.hash = next.id;
      next.focus({ preventScroll: true });
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
      return;
    }
    if (event.key === "j" || event.key === "n") step(1);
    else if (event.key === "k" || event.key === "p") step(-1);
    else if (event.key === "o") document.getElementById("only").click();
    else if (event.key === "Escape") for (const one of document.querySelectorAll(".bar details")) one.open = false;
  });
  document.addEventListener("click", (event) => {
    for (const one of document.querySelectorAll(".bar details[open]")) {
      if (!one.contains(event.target) || event.target.closest(".index a")) one.open = false;
    }
  });
  const count = document.getElementById("count");
  const recount = () => { count.textContent = visible().length + " of " + cards.length + " shown"; };
  document.addEventListener("change", recount);
  recount();
})();
