// The search of a copy: what the server does in SQL, on an index that comes with the page. Loaded after the index.
"use strict";
(() => {
  const PAGE = 25;
  const index = window.neuronIndex;
  const form = document.querySelector("form.search");
  const results = document.querySelector("#results");
  const line = document.querySelector("#line");
  const fields = ["q", "layer", "verdict", "concept", "least"];
  const spoken = (name) => String(name).replaceAll("_", " ");
  const count = (number) => number.toLocaleString("en");

  // [first, step, step, ...] -> a set of places
  const places = (steps) => {
    const found = new Set();
    let at = 0;
    for (const step of steps) found.add((at += step));
    return found;
  };
  const saying = (word, said) => {
    const found = new Set();
    index.words.forEach((known, i) => {
      if (known.includes(word)) for (const place of places(said[i])) found.add(place);
    });
    return found;
  };

  const asked = () => {
    const query = new URLSearchParams(location.search);
    const told = Object.fromEntries(fields.map((name) => [name, query.get(name) || ""]));
    told.page = Math.max(1, parseInt(query.get("page"), 10) || 1);
    return told;
  };

  const find = ({ q, layer, verdict, concept, least }) => {
    const words = q.slice(0, 200).toLowerCase().split(/\s+/).filter(Boolean);
    const stated = words.map((word) => saying(word, index.stated));
    const told = words.map((word, i) => new Set([...stated[i], ...saying(word, index.described)]));
    const carriers = concept && places(index.carriers[index.concepts.findIndex((one) => spoken(one).toLowerCase() === spoken(concept).toLowerCase())] || []);
    const lowest = least === "" || Number.isNaN(Number(least)) ? null : Number(least) * 1e4 - 1e-3;
    const first = [], then = [];
    for (let i = 0; i < index.ids.length; i += 1) {
      if (layer && index.layers[index.layer[i]].join(".") !== layer) continue;
      if (verdict && index.verdicts[index.verdict[i]] !== verdict) continue;
      if (carriers && !carriers.has(i)) continue;
      if (lowest !== null && !(index.trust[i] !== null && index.trust[i] >= lowest)) continue;
      if (!told.every((found) => found.has(i))) continue;
      (stated.every((found) => found.has(i)) ? first : then).push(i);
    }
    return first.concat(then);
  };

  const isolated = (text) => {
    const bdi = document.createElement("bdi");
    bdi.textContent = text;
    return bdi;
  };
  const drawn = (i) => {
    const item = document.createElement("li");
    item.append(line.content.cloneNode(true));
    const link = item.querySelector(".result");
    const [block, sublayer] = index.layers[index.layer[i]];
    const said = item.querySelector(".said"), facts = item.querySelector(".facts"), mark = item.querySelector(".verdict");
    if (i < index.pages) link.setAttribute("href", line.dataset.page.replace("NUMBER", index.ids[i]));
    else link.removeAttribute("href");
    const text = index.texts[index.said[i]];
    said.classList.toggle("unheld", !index.holds[i]);
    said.replaceChildren(...(index.holds[i] ? [isolated(text)] : text ? ["Nothing holds of it: ", isolated(text)] : ["Nothing holds of it"]));
    facts.textContent = `block ${block} · ${spoken(sublayer)} · unit ${index.units[i]} · neuron ${index.ids[i]}`;
    if (index.classes[i] !== null) facts.append(" · stands for ", isolated(spoken(index.texts[index.classes[i]])));
    const verdict = index.verdicts[index.verdict[i]];
    mark.textContent = spoken(verdict);
    mark.className = `verdict is-${verdict}`;
    const [trust, low, high] = [index.trust[i], index.low[i], index.high[i]];
    if (trust === null) item.querySelector(".score").replaceChildren();
    else {
      const write = (number) => (number / 1e4).toFixed(2);
      item.querySelector(".score b").textContent = write(trust);
      item.querySelector(".dot").setAttribute("cx", trust / 100);
      const range = item.querySelector(".range");
      const interval = item.querySelector(".interval");
      if (low === null) {
        range.remove();
        interval.setAttribute("aria-label", `${write(trust)}, chance 0.50`);
      } else {
        range.setAttribute("x1", low / 100);
        range.setAttribute("x2", high / 100);
        interval.setAttribute("aria-label", `${write(trust)}, ${write(low)} to ${write(high)}, chance 0.50`);
      }
    }
    return item;
  };

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const address = (told) => {
    const query = new URLSearchParams();
    for (const name of fields) if (told[name] !== "") query.set(name, told[name]);
    if (told.page > 1) query.set("page", told.page);
    const text = query.toString();
    return `${location.pathname}${text ? `?${text}` : ""}`;
  };

  const show = (told) => {
    const found = find(told);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(told.page, pages);
    const order = found.length > 1 ? `, ${told.q ? "those that state it first, then those only described so, " : ""}the most trusted first` : "";
    const list = element("ol", { className: "results" }, ...found.slice((page - 1) * PAGE, page * PAGE).map(drawn));
    results.replaceChildren(element("p", { className: "count" }, `${count(found.length)} neuron${found.length === 1 ? "" : "s"}${order}`));
    if (!found.length) results.append(element("p", { className: "quiet" }, "Try fewer words."));
    results.append(list);
    if (pages > 1) {
      const nav = element("nav", { className: "pages", ariaLabel: "Pages of results" });
      if (page > 1) nav.append(element("a", { rel: "prev", href: address({ ...told, page: page - 1 }) }, "← earlier"));
      nav.append(element("span", {}, `page ${count(page)} of ${count(pages)}`));
      if (page < pages) nav.append(element("a", { rel: "next", href: address({ ...told, page: page + 1 }) }, "later →"));
      results.append(nav);
    }
  };

  const fill = (told) => {
    for (const name of fields) form.elements[name].value = told[name];
    show(told);
  };
  const search = () => {
    const told = Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));
    told.page = 1;
    if (address(told) !== `${location.pathname}${location.search}`) history.pushState(null, "", address(told));
    show(told);
  };
  let waits = 0;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  form.addEventListener("change", search);
  form.elements.q.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(search, 100);
  });
  window.addEventListener("popstate", () => fill(asked()));
  fill(asked());
})();
