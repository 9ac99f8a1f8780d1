"use strict";
// No string of the data is ever read as HTML or as code: the page is moved about by nodes and numbers alone.
(() => {
  const all = (where, what) => Array.from(where.querySelectorAll(what));
  const box = document.getElementById("box");
  const stage = box.querySelector(".stage");
  const tools = document.querySelector(".tools");
  const home = tools && { parent: tools.parentNode, next: tools.nextSibling };

  // names keep their size on the screen, however large the picture is shown
  const letter = (svg) => {
    const view = svg.viewBox.baseVal, place = svg.getBoundingClientRect();
    if (!place.width || !place.height) return;
    svg.setAttribute("font-size", (12 * Math.max(view.width / place.width, view.height / place.height)).toFixed(2));
  };
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => letter(entry.target)));
  all(document, "svg.p").forEach((svg) => sizes.observe(svg));

  // the same object in the source and in its copies
  const light = (event) => {
    const strip = event.target.closest(".strip, dialog");
    if (!strip) return;
    all(strip, ".hot").forEach((one) => one.classList.remove("hot"));
    const object = event.type === "pointerover" && event.target.closest("[data-s]");
    if (object) all(strip, "[data-s]").forEach((one) => one.classList.toggle("hot", one.dataset.s === object.dataset.s));
  };
  document.addEventListener("pointerover", light);
  document.addEventListener("pointerout", light);

  // strips of one class
  const choice = document.getElementById("class");
  if (choice) choice.addEventListener("change", () => {
    let seen = 0;
    all(document, ".strip[data-c]").forEach((strip) => {
      strip.hidden = choice.value !== "" && !strip.dataset.c.split(" ").includes(choice.value);
      seen += strip.hidden ? 0 : 1;
    });
    document.getElementById("seen").textContent = `${seen} shown`;
  });

  // one picture alone: zoomed by its viewBox, so that lines stay sharp
  let cells = [], at = 0, whole = null, view = null, svg = null;
  const show = () => {
    view.w = Math.min(Math.max(view.w, whole.w / 40), whole.w * 1.5);
    view.h = view.w * whole.h / whole.w;
    view.x = Math.min(Math.max(view.x, whole.x - view.w / 2), whole.x + whole.w - view.w / 2);
    view.y = Math.min(Math.max(view.y, whole.y - view.h / 2), whole.y + whole.h - view.h / 2);
    svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].map((n) => n.toFixed(3)).join(" "));
    letter(svg);
    document.getElementById("zoom").textContent = `${Math.round(100 * whole.w / view.w)} %`;
  };
  const fit = () => { view = { ...whole }; show(); };
  const zoom = (factor, x, y) => {
    const cx = x ?? view.x + view.w / 2, cy = y ?? view.y + view.h / 2;
    const width = Math.min(Math.max(view.w / factor, whole.w / 40), whole.w * 1.5), change = width / view.w;
    view = { x: cx - (cx - view.x) * change, y: cy - (cy - view.y) * change, w: width, h: 0 };
    show();
  };
  const place = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const turn = (to) => {
    at = (to + cells.length) % cells.length;
    const cell = cells[at];
    svg = cell.querySelector("svg.p").cloneNode(true);
    const start = svg.viewBox.baseVal;
    whole = { x: start.x, y: start.y, w: start.width, h: start.height };
    stage.replaceChildren(svg);
    document.getElementById("words").replaceChildren(cell.querySelector("figcaption").cloneNode(true));
    document.getElementById("place").textContent = [`${at + 1} of ${cells.length}`, cell.closest(".strip")?.querySelector("h3")?.textContent].filter(Boolean).join(" · ");
    fit();
  };
  const open = (button) => {
    cells = all(document, ".cell").filter((cell) => cell.querySelector(".open") && !cell.closest("[hidden]"));
    if (tools) document.getElementById("slot").append(tools);
    box.showModal();
    turn(cells.indexOf(button.closest(".cell")));
    document.getElementById("close").focus();
  };
  box.addEventListener("close", () => {
    if (tools) home.parent.insertBefore(tools, home.next);
    stage.replaceChildren();
    const back = cells[at] && cells[at].querySelector(".open");
    if (back) back.focus();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".open, .act");
    if (!button) return;
    const acts = { close: () => box.close(), in: () => zoom(1.5), out: () => zoom(1 / 1.5), fit, next: () => turn(at + 1), back: () => turn(at - 1) };
    if (button.classList.contains("open")) open(button); else acts[button.id]();
  });
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit", ArrowRight: "next", ArrowLeft: "back" };
  const toggles = { o: "show-outlines", b: "show-boxes", k: "show-points", n: "show-names" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select")) return;
    const toggle = document.getElementById(toggles[event.key] || "none");
    if (toggle) toggle.click();
    else if (box.open && keys[event.key]) { event.preventDefault(); document.getElementById(keys[event.key]).click(); }
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event);
    zoom(Math.exp(-event.deltaY / 400), at.x, at.y);
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => { const at = place(event); zoom(2, at.x, at.y); });
  const fingers = new Map();
  stage.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); stage.setPointerCapture(event.pointerId); });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => fingers.delete(event.pointerId));
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const others = [...fingers.values()].filter((one) => one.pointerId !== event.pointerId);
    const from = place(before), to = place(event);
    if (others.length) {
      const other = others[0], apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      const middle = place({ clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 });
      zoom(apart(event) / Math.max(apart(before), 1), middle.x, middle.y);
    } else { view.x += from.x - to.x; view.y += from.y - to.y; show(); }
    fingers.set(event.pointerId, event);
  });
})();
