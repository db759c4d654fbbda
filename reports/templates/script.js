// The page is complete without this: it adds a filter kept in the address, keys, and copy buttons.
(() => {
  "use strict";
  const items = [...document.querySelectorAll("[data-op]")];
  const groups = [...document.querySelectorAll("details.group")];
  const box = document.getElementById("query");
  const fields = ["op", "dtype", "target", "property", "cause", "basis", "is"];

  const terms = (text) => [...text.matchAll(/(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/g)].map((found) => ({
    field: fields.includes(found[1]) ? found[1] : "",
    value: (found[2] ?? found[3]).toLowerCase(),
  }));
  const pattern = (value) =>
    new RegExp("^" + value.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*") + "$");

  const matches = (item, wanted) => {
    const target = wanted.find((term) => term.field === "target");
    return wanted.every(({ field, value }) => {
      if (field === "") return `${item.dataset.op} ${item.dataset.cause}`.toLowerCase().includes(value);
      if (field === "cause") return item.dataset.cause.toLowerCase().includes(value);
      const have = (item.dataset[field] || "").toLowerCase().split("|");
      if (field === "is" && target && item.tagName === "TBODY") value += "@" + target.value;
      return have.some((one) => pattern(value).test(one));
    });
  };

  const apply = (text, remember) => {
    const wanted = terms(text);
    let shown = 0;
    for (const item of items) {
      item.hidden = !matches(item, wanted);
      shown += item.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.hidden = !group.querySelector("[data-op]:not([hidden])");
      if (wanted.length && !group.hidden) group.open = true;
    }
    document.getElementById("matches").value = wanted.length ? (shown ? `${shown} shown` : "nothing matches") : "";
    if (!remember) return;
    const query = text ? "?q=" + encodeURIComponent(text) : location.pathname.split("/").pop();
    try { history.replaceState(null, "", query + location.hash); } catch { /* some browsers refuse it for files */ }
  };

  const ask = (text) => { box.value = text; apply(text, true); };
  box.addEventListener("input", () => apply(box.value, true));
  document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());
  for (const asking of document.querySelectorAll("[data-query]"))
    asking.addEventListener("click", () => ask(asking.dataset.query));

  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (place.hidden) ask("");
    for (let outer = place; outer; outer = outer.parentElement) if (outer.tagName === "DETAILS") outer.open = true;
    place.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.body.appendChild(document.createElement("textarea"));
      area.value = text;
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };
  for (const block of document.querySelectorAll(".code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "copy";
    button.addEventListener("click", () => copy(block.querySelector("pre").textContent, button));
    block.append(button);
  }

  const step = (by) => {
    const stops = [...document.querySelectorAll(".stop")].filter((stop) => stop.checkVisibility());
    const here = stops.indexOf(document.activeElement.closest(".stop"));
    const next = stops[Math.min(Math.max(here + by, 0), stops.length - 1)];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest" }); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === box) { if (event.key === "Escape") { ask(""); box.blur(); } return; }
    if (event.key === "/") { event.preventDefault(); box.focus(); }
    if (event.key === "j") step(1);
    if (event.key === "k") step(-1);
    if (event.key === "Enter" && event.target.matches(".stop")) event.target.querySelector("a, summary")?.click();
  });

  window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details.group, article details")) folded.open = true;
  });

  document.getElementById("search").hidden = false;
  for (const extra of document.querySelectorAll(".js")) extra.hidden = false;
  const asked = new URLSearchParams(location.search).get("q") || "";
  box.value = asked;
  apply(asked, false);
  if (location.hash) reveal();
})();
