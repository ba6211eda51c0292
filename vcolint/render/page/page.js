// The page: words, filters, the switchboard, the tables. Texts go in as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);

const ROWS = 200; // rows of a table, or findings, that are shown at first
const COLUMNS = 12; // connections that the matrix has a column for
const SWITCHES = 60;
const NAMES = 6; // connections that one cell names

/** A text in the language of the page, with values filled in. */
function say(text, values = {}) {
  return (data.words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A text that has one form for 1 and one for other numbers. */
function count(one, many, number) {
  return say(number === 1 ? one : many, { n: number.toLocaleString(document.documentElement.lang) });
}

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function button(words, act, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, words);
  made.addEventListener("click", act);
  return made;
}

/** Say something to a screen reader, and to whoever looks. */
function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// -- names of connections ---------------------------------------------------------------------------------

/** The sign of a connection: its letters on its colour and motif. Its name is told to screen readers. */
function chip(connection) {
  const name = data.connections[connection];
  return make(
    "b",
    { class: `chip ${look(connection)}`, role: "img", "aria-label": name, title: name },
    letters(connection),
  );
}

function listed(items) {
  const most = items.slice(0, NAMES);
  return items.length > most.length ? [...most, say("and {n} more", { n: items.length - NAMES })] : most;
}

/** Who carries something, in words. */
function carriersText(shown) {
  if (shown.carriers === null) return say("not known");
  const names = listed(shown.carriers.map((one) => data.connections[one])).join(", ");
  if (shown.blackhole) return names ? say("{names} (partly lost)", { names }) : say("lost (black hole)");
  return names || (shown.elsewhere ? say("another domain") : say("nobody"));
}

/** Who carries something, as signs, with names where there is room for them. */
function carriersSigns(shown, named) {
  if (shown.carriers === null) return [make("span", { class: "unsure" }, say("not known"))];
  const signs = listed(shown.carriers).flatMap((one) => {
    if (typeof one === "string") return [` ${one}`];
    return named ? [make("span", { class: "who" }, chip(one), ` ${data.connections[one]}`)] : [chip(one)];
  });
  if (shown.blackhole) {
    const lost = make("strong", { class: "lost" }, signs.length ? say("partly lost") : say("lost (black hole)"));
    signs.push(...(signs.length ? [" ", lost] : [lost]));
  }
  if (shown.elsewhere) return [make("span", {}, say("another domain"))];
  return signs.length ? signs : [make("strong", { class: "lost" }, say("nobody"))];
}

// -- routing ----------------------------------------------------------------------------------------------

class Routing {
  constructor(section) {
    const vague = new Set(data.vague);
    this.domains = data.domains.map((domain, number) => new Domain(domain, number, vague));
    this.down = new Set(data.down);
    this.nodes = this.domains.flatMap((domain) => domain.nodes);
    for (const domain of this.domains) domain.update(new Set());
    // Who carries what while nothing has failed. The page compares what moves with this.
    this.rest = new Map(this.nodes.map((node) => [node, node.now]));
    this.counts = data.connections.map(() => 0);
    for (const node of this.nodes)
      for (const one of (node.own && !node.covered && node.now.carriers) || []) this.counts[one] += 1;
    this.status = make("p", { role: "status", class: "status" });
    this.query = make("input", {
      type: "search",
      placeholder: say("An address, a network, a connection or a file"),
      "aria-label": say("Find destinations"),
    });
    this.query.addEventListener("input", () => this.update());
    this.fragile = make("input", { type: "checkbox" });
    this.fragile.addEventListener("change", () => this.update());
    this.found = make("p", { role: "status" });
    const finder = make(
      "div",
      { class: "finder", role: "search" },
      make("label", {}, say("Find destinations"), this.query),
      make("label", { class: "check" }, this.fragile, say("Only what one failure loses")),
      this.found,
    );
    this.views = this.domains.map((domain) => new DomainView(domain, this));
    const side = make(
      "aside",
      { "aria-label": say("Connections") },
      this.switchboard(),
      finder,
      key(this.domains),
    );
    const tables = make("div", { class: "domains" }, this.status, ...this.views.map((view) => view.root));
    section.append(patterns(data.connections), make("div", { class: "routing" }, side, tables));
    new ResizeObserver(() => {
      if (this.measure()) this.views.forEach((view) => view.picture.paint());
    }).observe(tables);
    this.update();
    window.addEventListener("beforeprint", () => this.views.forEach((view) => view.table.fill(true)));
    window.addEventListener("afterprint", () => this.views.forEach((view) => view.table.fill(false)));
  }

  // -- the switchboard --

  switchboard() {
    this.switches = data.connections.map((name, number) => {
      const state = make("span", { class: "state" });
      const made = button("", () => this.toggle(number), { role: "switch", class: "switch", title: name });
      const facts = count("carries 1 destination", "carries {n} destinations", this.counts[number]);
      const words = make(
        "span",
        { class: "words" },
        make("span", { class: "name" }, name),
        make("small", {}, facts),
      );
      const keeps = say("keeps its routes when it fails: traffic is lost");
      if (this.keeps(number)) words.append(make("small", { class: "lost" }, keeps));
      const sign = chip(number);
      sign.setAttribute("aria-hidden", "true");
      made.append(sign, words, state);
      return { made, state, item: make("li", {}, made) };
    });
    this.reset = button(say("All up"), () => {
      const failed = [...this.down];
      this.down.clear();
      this.update(failed);
    });
    const hint = say("Switch a connection off to see who takes over.");
    const parts = [make("h3", {}, say("Connections")), make("p", { class: "hint" }, hint)];
    this.hidden = make("p", { class: "hint" });
    if (this.switches.length > SWITCHES) {
      this.named = make("input", {
        type: "search",
        "aria-label": say("Find a connection"),
        placeholder: say("Find a connection"),
      });
      this.named.addEventListener("input", () => this.showSwitches());
      parts.push(this.named);
    }
    const list = make("ul", { class: "switches" }, ...this.switches.map((one) => one.item));
    return make("div", { class: "switchboard" }, ...parts, list, this.hidden, this.reset);
  }

  keeps(connection) {
    return this.nodes.some((node) => node.own && node.own.keepers.has(connection));
  }

  toggle(connection) {
    if (!this.down.delete(connection)) this.down.add(connection);
    this.update([connection]);
  }

  showSwitches() {
    const text = this.named ? this.named.value.trim().toLowerCase() : "";
    let shown = 0;
    let left = 0;
    this.switches.forEach(({ made, state, item }, number) => {
      const up = !this.down.has(number);
      made.setAttribute("aria-checked", String(up));
      state.textContent = up ? say("up") : say("down");
      const fits = !up || data.connections[number].toLowerCase().includes(text);
      item.hidden = !fits || (up && shown >= SWITCHES);
      if (!item.hidden) shown += 1;
      else if (fits) left += 1;
    });
    this.hidden.hidden = !left;
    this.hidden.textContent = left ? say("{n} more: find them by name", { n: left }) : "";
    this.reset.disabled = !this.down.size;
  }

  // -- showing a state --

  /** Give all pictures the same width. It is measured once, because each measurement costs a layout of the page.
   *  Returns whether it is another width. */
  measure() {
    const room = this.views.map((view) => view.picture.room()).find(Boolean); // hidden ones have none
    if (!room || room === this.views[0].picture.width) return false;
    for (const view of this.views) view.picture.width = room;
    return true;
  }

  /** Show the state, in all domains or in those that use some connections. */
  update(connections = null) {
    const views = this.views.filter(
      ({ domain }) => !connections || connections.some((one) => domain.uses.has(one)),
    );
    for (const view of views) view.domain.update(this.down);
    this.showSwitches();
    tell(this.status, this.statusText());
    const matches = this.filter();
    for (const view of views) view.update(matches);
    this.measure();
    if (matches === null) for (const view of views) view.picture.paint();
    const found = this.views.reduce((sum, view) => sum + view.found, 0);
    tell(this.found, matches ? count("1 destination found", "{n} destinations found", found) : "");
  }

  statusText() {
    const counted = this.nodes.filter((node) => node.own && !node.covered);
    const surviving = counted.filter((node) => node.survives).length;
    const values = { n: surviving, all: counted.length };
    if (!this.down.size)
      return `${say("All connections are up.")} ${say("{n} of {all} survive any single failure.", values)}`;
    const names = listed([...this.down].map((one) => data.connections[one])).join(", ");
    const changed = counted.filter((node) => !same(node.now, this.rest.get(node)));
    const lost = changed.filter(
      (node) => node.now.carriers && (!node.now.carriers.length || node.now.blackhole),
    );
    return [
      say("Down: {names}.", { names }),
      count("1 destination lost.", "{n} destinations lost.", lost.length),
      count("1 destination moved.", "{n} destinations moved.", changed.length - lost.length),
      say("{n} of {all} survive one more failure.", values),
    ].join(" ");
  }

  /** What the search asks for, as a question to a destination; null: nothing. */
  filter() {
    const text = this.query.value.trim().toLowerCase();
    if (!text && !this.fragile.checked) return null;
    const asked =
      /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text) && range(text.includes("/") ? text : `${text}/32`);
    const fits = (node) => {
      if (asked && node.first <= asked[1] && node.last >= asked[0]) return true;
      const routes = [node.own, node.ownBefore].flatMap((group) => (group ? group.routes : []));
      const words = [
        node.cidr,
        ...routes.flatMap((route) => [
          data.connections[route.connection],
          data.files[route.file],
          route.address || "",
        ]),
      ];
      return words.some((word) => word.toLowerCase().includes(text));
    };
    return (node) => (!this.fragile.checked || isFragile(node)) && fits(node);
  }
}

/** The key to what the picture draws. */
function key(domains) {
  const sample = (fill, hatch) =>
    draw(
      "svg",
      { width: 26, height: 16, class: "sample", "aria-hidden": "true" },
      draw("rect", { width: 26, height: 16, fill }),
      ...(hatch ? [draw("rect", { width: 26, height: 16, fill: "url(#hatch)" })] : []),
    );
  const rows = [
    [say("one failure loses it"), sample("var(--panel)", true)],
    [say("nobody carries it"), sample("url(#fill-nobody)")],
    [say("not known"), sample("url(#fill-unknown)")],
    [say("gap: no VCO route"), sample("url(#fill-gap)")],
  ];
  if (domains.some((domain) => domain.compares)) {
    const ghost = sample("none");
    ghost.classList.add("ghost");
    rows.push([say("The route is gone. Before the change:"), ghost]);
    const half = draw("rect", { y: 8, width: 26, height: 8, fill: "url(#fill-1)" });
    const split = sample("url(#fill-0)");
    split.append(half, draw("path", { d: "M0 8h26", class: "split" }));
    rows.push([say("before above, after below"), split]);
    const changes = {
      lost: say("lost: nobody carries it any more"),
      weaker: say("weaker: one failure loses it now"),
      moved: say("moved: others carry it"),
      unknown: say("not known"),
      new: say("new: nobody carried it before"),
      stronger: say("stronger: it survives any single failure now"),
    };
    for (const [kind, sign] of Object.entries(SIGNS)) {
      const mark = sample("none");
      mark.append(
        draw("rect", { width: 26, height: 16, class: `mark ${kind}` }),
        draw("text", { x: 13, y: 12, class: "sign" }, sign),
      );
      rows.push([changes[kind], mark]);
    }
  }
  return make(
    "details",
    { class: "key", ...(window.matchMedia("(min-width: 60rem)").matches ? { open: "" } : {}) },
    make("summary", {}, say("Key")),
    make("ul", {}, ...rows.map(([title, shape]) => make("li", {}, shape, title))),
  );
}

function sideBySide(run) {
  return say("{n} destinations side by side: zoom in to tell them apart", { n: run.nodes.length });
}

/** One routing domain: its picture and its table. */
class DomainView {
  constructor(domain, routing) {
    this.domain = domain;
    this.routing = routing;
    this.picture = new Picture(
      domain,
      { label: (item) => this.label(item), detail: (item) => this.detail(item) },
      () => routing.update([...domain.uses]),
    );
    this.table = new Matrix(domain, routing);
    const title = make("h3", { id: domain.id }, domain.name);
    this.root = make(
      "section",
      { class: "domain", "aria-labelledby": domain.id },
      title,
      this.picture.root,
      this.table.root,
    );
  }

  /** Show the state. `matches` says what a search finds, null where there is none. */
  update(matches) {
    const nodes = matches ? this.domain.nodes.filter(matches) : this.picture.visible();
    this.root.hidden = !nodes.length;
    this.picture.root.hidden = matches !== null;
    this.table.show(nodes, matches !== null);
    this.found = nodes.length;
  }

  /** What a bar, a run of bars or a gap is, in one sentence. */
  label(item) {
    const span = say("{first} to {last}", { first: addressText(item.first), last: addressText(item.last) });
    if (item.gap) return `${say("Gap: no VCO route")}, ${span}`;
    if (item.nodes.length > 1) return `${sideBySide(item)}, ${span}`;
    const [node] = item.nodes;
    const parts = [node.cidr, this.carried(node)];
    if (isFragile(node)) parts.push(say("one failure loses it"));
    if (this.domain.compares && !node.own) parts.push(say("gone"));
    if (this.domain.compares && !node.ownBefore) parts.push(say("new"));
    if (node.children.length) parts.push(count("1 destination inside", "{n} destinations inside", node.inside));
    if (node.folded) parts.push(say("folded"));
    return parts.join(", ");
  }

  carried(node) {
    if (node.covered && !node.parts) return `${say("Carried by")} ${say("more specific destinations")}`;
    if (!this.domain.compares || same(node.before, node.now))
      return `${say("Carried by")} ${carriersText(node.now)}`;
    const before = say("before: {carriers}", { carriers: carriersText(node.before) });
    return `${before}, ${say("after: {carriers}", { carriers: carriersText(node.now) })}`;
  }

  /** Everything to say about a bar, a run or a gap. */
  detail(item) {
    const addresses = count("1 address", "{n} addresses", item.last - item.first + 1);
    const ends = { first: addressText(item.first), last: addressText(item.last) };
    const span = `${say("{first} to {last}", ends)}, ${addresses}`;
    if (item.gap) return [make("div", {}, make("strong", {}, say("Gap: no VCO route")), make("p", {}, span))];
    if (item.nodes.length > 1) {
      const names = listed(item.nodes.map((node) => node.cidr)).join(", ");
      return [
        make(
          "div",
          {},
          make("strong", {}, sideBySide(item)),
          make("p", {}, span),
          make("p", {}, names),
        ),
      ];
    }
    const [node] = item.nodes;
    const lines = [make("p", {}, span)];
    if (node.covered && !node.parts) lines.push(make("p", {}, this.carried(node)));
    else if (this.domain.compares && !same(node.before, node.now)) {
      lines.push(
        make(
          "p",
          {},
          say("Before"),
          ": ",
          ...carriersSigns(node.before, true),
          " → ",
          say("After"),
          ": ",
          ...carriersSigns(node.now, true),
        ),
      );
    } else lines.push(make("p", {}, say("Carried by"), " ", ...carriersSigns(node.now, true)));
    const failures = ((!node.covered && node.now.carriers) || []).slice(0, NAMES).map((one) =>
      say("if {connection} fails: {carriers}", {
        connection: data.connections[one],
        carriers: carriersText(this.domain.failure(node, this.routing.down, one)),
      }),
    );
    if (failures.length) lines.push(make("p", {}, failures.join("; ")));
    if (node.survives !== null && !node.covered) {
      const verdict = node.survives ? say("It survives any single failure.") : say("One failure loses it.");
      lines.push(make("p", { class: node.survives ? "fine" : "lost" }, verdict));
    }
    if (this.domain.compares && !node.own) lines.push(make("p", {}, say("The route is gone. Before the change:")));
    const { routes } = node.own || node.ownBefore;
    const written = listed(routes).map((one) =>
      make("li", {}, typeof one === "string" ? one : routeText(one)),
    );
    return [make("div", {}, make("strong", {}, node.cidr), ...lines), make("ul", {}, ...written)];
  }
}

function routeText(route) {
  const words = say("{connection}, weight {weight}, {place}", {
    connection: data.connections[route.connection],
    weight: route.weight === null ? say("not known") : route.weight,
    place: `${data.files[route.file]}:${route.line}`,
  });
  return [words, ...(route.live ? [say("live")] : []), ...(route.address ? [route.address] : [])].join(", ");
}

/** Where routes are written: each file with its lines. */
function places(routes) {
  const lines = new Map();
  for (const route of routes) lines.set(route.file, (lines.get(route.file) || new Set()).add(route.line));
  return listed([...lines].map(([file, found]) => `${data.files[file]}:${listed([...found]).join(", ")}`));
}

/** The table of a domain: destinations down, and across who carries each when a connection fails. */
class Matrix {
  constructor(domain, routing) {
    this.domain = domain;
    this.routing = routing;
    this.most = ROWS;
    this.body = make("tbody", {});
    this.head = make("thead", {});
    this.more = button(
      "",
      () => {
        this.most *= 10;
        this.fill(false);
      },
      { class: "more" },
    );
    // With too many connections for columns, a row names the ones that carry it: only their failure matters.
    this.across = domain.connections.length <= COLUMNS ? domain.connections : null;
    const told = say("Each row names only the connections whose failure changes who carries it.");
    const hint = this.across ? [] : [" ", make("small", {}, told)];
    const table = make(
      "table",
      { class: "matrix" },
      make("caption", {}, say("Failover matrix"), ...hint),
      this.head,
      this.body,
    );
    const scroll = make(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": `${say("Failover matrix")}: ${domain.name}` },
      table,
    );
    this.root = make("div", {}, scroll, this.more);
  }

  show(nodes, flat) {
    this.nodes = nodes;
    this.flat = flat;
    this.fill(false);
  }

  /** Write the rows: the first ones, or for print all of them. */
  fill(all) {
    this.head.replaceChildren(...this.heads());
    const rows = all ? this.nodes : this.nodes.slice(0, this.most);
    this.body.replaceChildren(...rows.map((node) => this.row(node)));
    const left = this.nodes.length - rows.length;
    this.more.hidden = !left;
    this.more.textContent = say("Show {n} more", { n: Math.min(left, this.most * 9) });
  }

  heads() {
    const cell = (words, attributes = {}) => make("th", { scope: "col", ...attributes }, words);
    const shown = this.across || [];
    const over = shown.length ? { rowspan: "2" } : {};
    const first = [cell(say("Destination"), over)];
    if (this.domain.compares) first.push(cell(say("Before"), over), cell(say("After"), over));
    else first.push(cell(say("Carried by"), over));
    first.push(cell(say("Survives"), over));
    if (!this.across) first.push(cell(say("Who takes over")));
    else if (shown.length)
      first.push(make("th", { scope: "colgroup", colspan: shown.length }, say("If this one fails")));
    first.push(cell(say("Written at"), over));
    const rows = [make("tr", {}, ...first)];
    return shown.length ? [...rows, make("tr", {}, ...shown.map((one) => cell(chip(one))))] : rows;
  }

  row(node) {
    const cells = [this.name(node), ...(node.covered ? this.covered(node) : this.carried(node))];
    const where = places((node.own || node.ownBefore).routes);
    if (!node.own) where.unshift(say("before the change:"));
    cells.push(make("td", { class: "written" }, ...where.flatMap((place) => [make("span", {}, place), " "])));
    const kinds = [];
    if (isFragile(node)) kinds.push("fragile");
    if (this.domain.compares && !node.own) kinds.push("gone");
    return make("tr", { class: kinds.join(" "), "data-network": node.cidr }, ...cells);
  }

  /** The cells that say who carries a destination, now and after failures. */
  carried(node) {
    const cells = [];
    if (this.domain.compares) cells.push(this.side(node, "before"));
    const changed = this.domain.compares && !same(node.before, node.now);
    cells.push(make("td", { class: changed ? "now changed" : "now" }, ...carriersSigns(node.now, true)));
    const known = node.survives ? ["yes", say("yes")] : ["no", say("no")];
    const [word, told] = node.survives === null ? ["unknown", "?"] : known;
    cells.push(make("td", { class: `survives ${word}` }, told));
    if (this.across) cells.push(...this.across.map((one) => this.cell(node, one)));
    else cells.push(make("td", { class: "takeover" }, ...this.takeover(node)));
    return cells;
  }

  /** The cells of a destination that has no addresses left. */
  covered(node) {
    const later = this.across ? this.across.map(() => "covered") : ["takeover"];
    return [
      ...(this.domain.compares ? [this.side(node, "before")] : []),
      this.side(node, "now"),
      ...["covered", ...later].map((kind) => make("td", { class: kind }, "-")),
    ];
  }

  /** The cell that says who carries a destination before or now. */
  side(node, name) {
    let carriers = node.covered ? null : node[name];
    if (node.parts) carriers = name === "now" ? node.is : node.was;
    return make("td", { class: name }, ...(carriers ? carriersSigns(carriers, true) : [say("more specific destinations")]));
  }

  name(node) {
    const cell = make("th", { scope: "row" });
    if (!this.flat) cell.className = `in-${Math.min(node.depth, 12)}`;
    if (!this.flat && node.children.length) {
      const network = { network: node.cidr };
      const words = node.folded
        ? say("Show what lies inside {network}", network)
        : say("Hide what lies inside {network}", network);
      const fold = () => {
        node.folded = !node.folded;
        this.routing.update([...this.domain.uses]);
        this.body.querySelector(`[data-network="${node.cidr}"] button`)?.focus();
      };
      cell.append(
        button(node.folded ? "▸" : "▾", fold, {
          class: "fold",
          "aria-expanded": String(!node.folded),
          "aria-label": words,
        }),
      );
    }
    cell.append(node.cidr);
    return cell;
  }

  /** Who takes over from each connection that carries a destination. */
  takeover(node) {
    const { down } = this.routing;
    const now = node.now.carriers || [];
    const later = now.map((one) => this.domain.failure(node, down, one));
    const remain = (one, number) =>
      !later[number].blackhole && String(later[number].carriers) === String(now.filter((it) => it !== one));
    if (now.length > 2 && now.every(remain)) return [say("the others")];
    return listed(now).map((one, number) => {
      if (typeof one === "string") return make("span", {}, one);
      const failed = make("span", {}, chip(one), ` ${say("fails:")}`);
      return make("span", {}, failed, make("span", {}, ...carriersSigns(later[number], true)));
    });
  }

  cell(node, connection) {
    const { down } = this.routing;
    if (down.has(connection)) return make("td", { class: "off" }, say("down"));
    const later = this.domain.failure(node, down, connection);
    const kind = same(later, node.now) ? "same" : "other";
    return make("td", { class: kind }, ...carriersSigns(later, false));
  }
}

document.querySelectorAll("section.findings").forEach(filterFindings);
const routing = data.domains ? new Routing(document.querySelector(".routing-section")) : null;
