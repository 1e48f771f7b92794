"use strict";
(() => {
  const tools = document.querySelector(".tools");
  const table = document.querySelector("table.findings");
  if (!tools || !table) return;
  const rows = [...table.querySelectorAll("tbody.finding")];
  const bands = [...tools.querySelectorAll("input[name=band]")];
  const search = tools.querySelector("#search");
  const layer = tools.querySelector("#layer");
  const fixable = tools.querySelector("#fixable");
  const out = tools.querySelector("#out");
  const count = tools.querySelector("#count");
  const nothing = document.querySelector("#nothing");
  const texts = new Map();
  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  function filter() {
    const shown = new Set(bands.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const row of rows) {
      const isOut = row.classList.contains("out");
      const fits =
        (isOut ? Boolean(out && out.checked) : shown.has(row.dataset.band)) &&
        (!layer || !layer.value || layer.value === row.dataset.layer) &&
        (!fixable.checked || row.dataset.fixable === "1") &&
        words.every((word) => text(row).includes(word));
      row.hidden = !fits;
      visible += fits ? 1 : 0;
    }
    count.textContent = visible + " of " + rows.length + " shown";
    nothing.hidden = visible > 0;
  }

  const compare = new Intl.Collator("en", { numeric: true }).compare;
  function sort(head) {
    const key = head.dataset.sort;
    const numeric = key === "score" || key === "layer";
    const down = head.getAttribute("aria-sort") === (numeric ? "descending" : "ascending");
    const sign = numeric === down ? 1 : -1;
    for (const other of table.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
    const value = (row) => row.dataset[key];
    rows.sort((a, b) =>
      sign * (numeric ? value(a) - value(b) : compare(value(a), value(b))) ||
      b.dataset.score - a.dataset.score || compare(a.dataset.id, b.dataset.id)
    );
    table.append(...rows);
  }

  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  tools.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("beforeprint", () => {
    for (const each of table.querySelectorAll("details")) each.open = true;
  });
  tools.hidden = false;
  filter();
})();
