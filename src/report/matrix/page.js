"use strict";
(() => {
  const by = id => document.getElementById(id);
  const table = by("m"), body = table.tBodies[0], dialog = by("d"), room = dialog.lastElementChild;
  document.documentElement.classList.add("scripted");

  // The text of a row's section counts, so that a call or a source can be looked for.
  const rows = [...body.rows].map(row => {
    const section = by(row.cells[0].firstElementChild.hash.slice(1));
    return { row, text: (section.textContent + row.textContent).toLowerCase() };
  });
  const filter = () => {
    const words = by("q").value.toLowerCase().split(/\s+/).filter(Boolean), what = by("w").value;
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = words.every(word => text.includes(word)) && (!what ||
        (what === "differs" ? row.classList.contains("differs") : row.querySelector(".d")));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    by("n").textContent = `${shown} of ${rows.length}`;
  };
  by("q").addEventListener("input", filter);
  by("w").addEventListener("change", filter);
  by("f").addEventListener("submit", event => event.preventDefault());
  filter();

  // A cell opens its behaviour; the column it came from is marked.
  let from;
  const open = cell => {
    from = cell.querySelector("a");
    const section = by(from.hash.slice(1)).cloneNode(true);
    section.removeAttribute("id");
    const column = ` ${cell.cellIndex - 1} `;
    const head = [...section.querySelectorAll("th[data-c]")].find(th => th.dataset.c.includes(column));
    if (head) {
      const at = head.cellIndex;
      for (const row of head.closest("table").rows) row.cells[at]?.classList.add("here");
    }
    room.replaceChildren(section);
    dialog.showModal();
    head?.scrollIntoView({ block: "nearest", inline: "center" });
  };
  table.addEventListener("click", event => {
    const link = event.target.closest("tbody a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.parentElement);
  });
  dialog.addEventListener("close", () => from?.focus());
  dialog.addEventListener("click", event => {
    if (event.target === dialog || event.target.closest("a")) dialog.close();
  });

  // The arrow keys walk over the cells that are shown.
  table.addEventListener("keydown", event => {
    const cell = event.target.closest("tbody td, tbody th");
    if (!cell) return;
    const shown = element => element.offsetParent !== null;
    let to;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const next = event.key === "ArrowRight" ? "nextElementSibling" : "previousElementSibling";
      for (to = cell[next]; to && !shown(to); ) to = to[next];
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
      let row = cell.parentElement[next];
      while (row && row.hidden) row = row[next];
      to = row?.cells[cell.cellIndex];
    } else return;
    event.preventDefault();
    to?.querySelector("a").focus();
  });
})();
