// The address-space picture of a domain: destinations as nested bars along the addresses.

const ROW = 34; // height of a row
const NARROW = 6; // bars that would be narrower are drawn as one run
const COLOURS = 9;
const MOTIFS = 7;
const SIGNS = { lost: "✕", weaker: "!", moved: "→", unknown: "?", new: "+", stronger: "✓" };
const SVG = "http://www.w3.org/2000/svg";

function draw(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The classes of a connection: a colour and a motif. The first nine differ in both. */
function look(connection) {
  const turn = Math.floor(connection / COLOURS);
  return `k${connection % COLOURS} m${(connection + turn) % MOTIFS}`;
}

/** The letters of a connection in the key: A to Z, AA, AB and so on. */
function letters(connection) {
  const rest = Math.floor(connection / 26);
  return (rest ? letters(rest - 1) : "") + String.fromCharCode(65 + (connection % 26));
}

/** The patterns that bars are filled with: one a connection, and those for what is lost or not known. */
function patterns(connections) {
  const motifs = [
    [],
    [["circle", { cx: 4, cy: 4, r: 1.5 }]],
    [["path", { d: "M2 0V8" }]],
    [["path", { d: "M0 4H8" }]],
    [["path", { d: "M0 0H8M0 0V8" }]],
    [["path", { d: "M4 1.5V6.5M1.5 4H6.5" }]],
    [["circle", { cx: 4, cy: 4, r: 2.4, class: "ring" }]],
  ];
  const pattern = (id, size, kind, parts) =>
    draw(
      "pattern",
      { id, width: size, height: size, patternUnits: "userSpaceOnUse", class: kind },
      draw("rect", { width: size, height: size, class: "ground" }),
      ...parts.map(([name, attributes]) => draw(name, { class: "motif", ...attributes })),
    );
  const all = connections.map((_, number) => {
    const kind = look(number);
    return pattern(`fill-${number}`, 8, kind, motifs[Number(kind.split("m")[1])]);
  });
  all.push(pattern("fill-unknown", 10, "unknown", [["path", { d: "M3 7L7 3" }]]));
  all.push(pattern("fill-nobody", 12, "nobody", [["path", { d: "M4 4L8 8M8 4L4 8" }]]));
  all.push(pattern("fill-gap", 6, "gap", [["circle", { cx: 3, cy: 3, r: 0.8 }]]));
  const hatch = draw(
    "pattern",
    { id: "hatch", width: 10, height: 10, patternUnits: "userSpaceOnUse", class: "hatch" },
    draw("path", { d: "M-2 2L2 -2M-1 11L11 -1M8 12L12 8" }),
  );
  return draw("svg", { class: "patterns", "aria-hidden": "true" }, draw("defs", {}, ...all, hatch));
}

/** The bands that show who carries something: several carriers share the height. */
function bands(shown, x, y, width, height) {
  if (shown.carriers === null) return [draw("rect", { x, y, width, height, fill: "url(#fill-unknown)" })];
  if (!shown.carriers.length) return [draw("rect", { x, y, width, height, fill: "url(#fill-nobody)" })];
  const most = shown.carriers.slice(0, 4);
  const each = height / most.length;
  return most.map((one, number) =>
    draw("rect", { x, y: y + number * each, width, height: each, fill: `url(#fill-${one})` }),
  );
}

function isNobody(shown) {
  return shown.carriers !== null && !shown.carriers.length;
}

/** Whether a destination that is there does not survive one failure. */
function isFragile(node) {
  return node.survives === false && node.own !== null && !node.covered;
}

/** The change of a destination; of one that is folded, the heaviest in it. */
function changeWithin(node) {
  const kinds = [node.change, ...(node.folded ? node.children.map(foldedChange) : [])];
  return Object.keys(SIGNS).find((kind) => kinds.includes(kind));
}

function foldedChange(node) {
  return changeWithin({ ...node, folded: true });
}

class Picture {
  /** `describe` gives the words for a bar, a run or a gap; `changed` is called after folding. */
  constructor(domain, describe, changed) {
    this.domain = domain;
    this.describe = describe;
    this.changed = changed;
    this.width = 240; // pixels
    this.from = 0; // the part of the whole width that is shown
    this.to = 1;
    this.current = null; // the key of the bar that has the focus, or had it last
    this.svg = draw("svg", { role: "tree", "aria-label": say("Address space of {domain}", { domain: domain.name }) });
    this.detail = make("div", { class: "detail", "aria-live": "polite" });
    // An SVG that listens for the focus takes it, so what is around it listens.
    const canvas = make("div", { class: "canvas" }, this.svg);
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("mouseover", (event) => this.show(this.itemAt(event.target)));
    canvas.addEventListener("mouseleave", () => this.show(this.items.get(this.current)));
    canvas.addEventListener("focusin", (event) => this.focused(this.itemAt(event.target)));
    canvas.addEventListener("dblclick", (event) => this.zoomTo(this.itemAt(event.target)));
    this.root = make("div", { class: "picture" }, this.tools(), canvas, this.detail);
  }

  tools() {
    const button = (sign, words, act) => {
      const made = make("button", { type: "button", title: words, "aria-label": words }, sign);
      made.addEventListener("click", act);
      return made;
    };
    return make(
      "div",
      { class: "tools", role: "group", "aria-label": say("address-space picture") },
      button("+", say("Zoom in"), () => this.zoom(0.5)),
      button("−", say("Zoom out"), () => this.zoom(2)),
      button("◀", say("Move left"), () => this.move(-0.5)),
      button("▶", say("Move right"), () => this.move(0.5)),
      button(say("Show all"), say("Show all"), () => this.window(0, 1)),
      button("▾▸", say("Fold or unfold the chosen bar"), () => this.fold(this.items.get(this.current))),
      make(
        "span",
        { class: "hint" },
        say("Arrow keys move, Enter zooms in, Space folds, plus and minus zoom, Home shows all."),
      ),
    );
  }

  // -- where things lie --

  /** Give each visible destination and gap its place, from 0 to 1. Empty stretches take little room. */
  layout() {
    const segments = []; // what lies beside each other: innermost destinations and gaps
    let width = 0;
    const add = (weight, first, last, node) => {
      segments.push({ x0: width, x1: width + weight, first, last, node });
      width += weight;
    };
    const weight = (first, last) => 1 + Math.log2(last - first + 1) / 8;
    const walk = (nodes, first, last, around) => {
      let next = first;
      for (const node of nodes) {
        if (node.first > next)
          add(around ? 0.75 * weight(next, node.first - 1) : 0.4, next, node.first - 1, around);
        node.x0 = width;
        if (node.children.length && !node.folded) walk(node.children, node.first, node.last, node);
        else add(weight(node.first, node.last), node.first, node.last, node);
        node.x1 = width;
        next = node.last + 1;
      }
      if (around && next <= last) add(0.75 * weight(next, last), next, last, around);
    };
    const roots = this.domain.roots;
    walk(roots, roots[0].first, roots[roots.length - 1].last, null);
    for (const one of [...segments, ...this.domain.nodes]) {
      one.x0 /= width;
      one.x1 /= width;
    }
    this.segments = segments;
  }

  visible() {
    return this.domain.nodes.filter((node) => {
      for (let around = node.parent; around; around = around.parent) if (around.folded) return false;
      return true;
    });
  }

  /** The bars, runs and gaps of each row, within the part that is shown. */
  rows() {
    const rows = [];
    const put = (depth, item) => {
      const row = (rows[depth] = rows[depth] || []);
      const last = row[row.length - 1];
      const narrow = item.width < NARROW;
      if (
        narrow &&
        last &&
        last.narrow &&
        item.x - last.x - last.span < NARROW &&
        item.x - last.x < 4 * NARROW
      ) {
        last.nodes.push(...item.nodes);
        last.parts.push(...item.parts);
        last.span = item.x + item.width - last.x;
        last.gap = last.gap && item.gap;
        last.last = item.last;
        return;
      }
      row.push({ ...item, narrow, span: item.width });
    };
    const scale = this.width / (this.to - this.from);
    const at = (x) => (x - this.from) * scale;
    const inSight = (one) => one.x1 > this.from && one.x0 < this.to;
    const things = [
      ...this.visible()
        .filter(inSight)
        .map((node) => [node, node.cidr, node.depth, [node]]),
      ...this.segments
        .filter((one) => !one.node && inSight(one))
        .map((one) => [one, `gap-${one.first}`, 0, []]),
    ].sort(([one], [other]) => one.x0 - other.x0);
    for (const [one, key, depth, nodes] of things) {
      const x = Math.max(at(one.x0), 0);
      const width = Math.min(at(one.x1), this.width) - x;
      const parts = nodes.map((node) => [node, x, width]);
      put(depth, {
        key,
        depth,
        nodes,
        parts,
        gap: !nodes.length,
        first: one.first,
        last: one.last,
        x,
        width,
      });
    }
    return rows;
  }

  // -- drawing --

  /** The pixels that there are for a picture; 0 while it is hidden. */
  room() {
    return this.svg.parentNode.clientWidth;
  }

  paint() {
    this.layout();
    const rows = this.rows();
    const strips = this.domain.compares ? 68 : 0;
    const height = rows.length * ROW;
    const whole = height + strips + 22;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${whole}`);
    this.svg.setAttribute("height", whole);
    this.items = new Map(rows.flat().map((item) => [item.key, item]));
    this.order = rows;
    const hadFocus = this.svg.contains(document.activeElement);
    const marks = rows.flat().map((item) => {
      const mark = item.gap ? this.gap(item, height) : this.bar(item);
      mark.item = item;
      item.mark = mark;
      return mark;
    });
    this.svg.replaceChildren(...this.ownParts(), ...marks, ...this.strips(height), ...this.axis(whole - 6));
    if (!this.items.has(this.current)) this.current = null;
    const stop = this.items.get(this.current) || rows[0].find((item) => !item.gap) || rows[0][0];
    stop.mark.setAttribute("tabindex", "0");
    if (hadFocus) stop.mark.focus();
    else this.show(this.items.get(this.current));
  }

  bar(item) {
    const y = item.depth * ROW + 1;
    const height = ROW - 3;
    const width = Math.max(item.span, 3) - (item.span > 12 ? 1.5 : 0.5);
    const alone = item.nodes.length === 1 ? item.nodes[0] : null;
    // In a run, each destination is a stripe of at least half a pixel.
    const parts = alone
      ? [[alone, item.x, width]]
      : item.parts.map(([node, x, size]) => [node, x, Math.max(size, 0.5)]);
    const shapes = parts.flatMap(([node, x, size]) => this.fill(node, x, y, size, height));
    for (const [node, x, size] of parts) {
      if (isFragile(node)) shapes.push(draw("rect", { x, y, width: size, height, fill: "url(#hatch)" }));
    }
    const kinds = [alone ? "bar" : "bar run"];
    if (item.nodes.some(isFragile)) kinds.push("fragile");
    if (alone && this.domain.compares && !alone.own) kinds.push("gone");
    if (alone && this.domain.compares && !alone.ownBefore) kinds.push("fresh");
    shapes.push(draw("rect", { x: item.x, y, width, height, class: "edge" }));
    shapes.push(...this.label(item, alone, y, width));
    const facts = {
      class: kinds.join(" "),
      role: "treeitem",
      tabindex: "-1",
      "aria-level": item.depth + 1,
      "aria-label": this.describe.label(item),
    };
    if (alone && alone.children.length) facts["aria-expanded"] = String(!alone.folded);
    return draw("g", facts, ...shapes);
  }

  /** Whether a bar is split into before and after: both have carriers, and these differ. */
  splits(node) {
    return (
      this.domain.compares && !same(node.before, node.now) && !isNobody(node.before) && !isNobody(node.now)
    );
  }

  /** Who carries a destination; a ghost shows who did. */
  fill(node, x, y, width, height) {
    if (!this.splits(node)) {
      const ghost = this.domain.compares && !node.own && isNobody(node.now);
      return bands(ghost ? node.before : node.now, x, y, width, height);
    }
    return [
      ...bands(node.before, x, y, width, height / 2),
      ...bands(node.now, x, y + height / 2, width, height / 2),
      draw("path", { d: `M${x} ${y + height / 2}h${width}`, class: "split" }),
    ];
  }

  label(item, alone, y, width) {
    if (!alone || width < 18) return [];
    const name = (shown) =>
      shown.carriers === null
        ? "?"
        : shown.carriers.slice(0, 3).map(letters).join("+") + (shown.carriers.length > 3 ? "+…" : "") || "✕";
    let who = name(alone.now);
    if (this.domain.compares && !same(alone.before, alone.now)) {
      if (isNobody(alone.before)) who = `+${who}`;
      else who = isNobody(alone.now) ? `−${name(alone.before)}` : `${name(alone.before)}→${who}`;
    }
    if (isFragile(alone)) who += " !";
    const fold = alone.folded ? ` ▸${alone.inside}` : "";
    const texts = [`${alone.cidr}  ${who}${fold}`, `${who}${fold}`, who];
    const fitting = texts.find((text) => text.length * 7.3 + 8 < width);
    if (!fitting) return [];
    // Above the line between before and after, if there is one.
    const base = this.splits(alone) ? y + ROW / 4 + 4 : y + ROW / 2 + 3;
    return [draw("text", { x: item.x + 6, y: base, class: "label", "aria-hidden": "true" }, fitting)];
  }

  gap(item, height) {
    const facts = {
      class: "space",
      role: "treeitem",
      tabindex: "-1",
      "aria-level": 1,
      "aria-label": this.describe.label(item),
    };
    const width = Math.max(item.span - 1, 1);
    return draw(
      "g",
      facts,
      draw("rect", { x: item.x, y: 1, width, height: height - 3, fill: "url(#fill-gap)" }),
    );
  }

  /** What a destination carries itself between the destinations inside it, as a pale bar below it. */
  ownParts() {
    const scale = this.width / (this.to - this.from);
    return this.segments
      .filter(
        (one) =>
          one.node && one.node.children.length && !one.node.folded && one.x1 > this.from && one.x0 < this.to,
      )
      .map((one) => {
        const x = Math.max((one.x0 - this.from) * scale, 0);
        const width = Math.min((one.x1 - this.from) * scale, this.width) - x - 1;
        const y = (one.node.depth + 1) * ROW;
        return draw(
          "g",
          { class: "own", "aria-hidden": "true" },
          ...bands(one.node.now, x, y, Math.max(width, 1), 8),
        );
      });
  }

  /** In a diff: before and after by address, with what changed marked between them. */
  strips(top) {
    if (!this.domain.compares) return [];
    const scale = this.width / (this.to - this.from);
    const parts = this.segments.filter((one) => one.x1 > this.from && one.x0 < this.to);
    const nobody = { carriers: [], blackhole: false };
    const drawn = [];
    for (const one of parts) {
      const x = Math.max((one.x0 - this.from) * scale, 0);
      const width = Math.max(Math.min((one.x1 - this.from) * scale, this.width) - x, 0.5);
      const now = one.node ? one.node.now : nobody;
      const before = one.node ? one.node.before : nobody;
      if (one.node)
        drawn.push(...bands(before, x, top + 8, width, 18), ...bands(now, x, top + 42, width, 18));
      const kind = one.node && changeWithin(one.node);
      if (kind) {
        drawn.push(draw("rect", { x, y: top + 27, width, height: 14, class: `mark ${kind}` }));
        if (width > 14)
          drawn.push(draw("text", { x: x + width / 2, y: top + 38, class: "sign" }, SIGNS[kind]));
      }
    }
    for (const [y, word] of [
      [top + 21, say("Before")],
      [top + 55, say("After")],
    ]) {
      drawn.push(draw("text", { x: 4, y, class: "label" }, word));
    }
    return [draw("g", { "aria-hidden": "true", class: "strips" }, ...drawn)];
  }

  /** The first addresses of destinations, the outer ones first, as many as there is room for. */
  axis(y) {
    const scale = this.width / (this.to - this.from);
    const placed = [];
    const inSight = this.visible().filter((node) => node.x0 >= this.from && node.x0 < this.to);
    for (const node of inSight.sort((one, other) => one.depth - other.depth)) {
      const x = (node.x0 - this.from) * scale;
      const text = addressText(node.first);
      const end = x + text.length * 7;
      if (end > this.width || placed.some((one) => x < one.end + 10 && end + 10 > one.x)) continue;
      placed.push({ x, end, text });
    }
    const marks = placed.flatMap(({ x, text }) => [
      draw("text", { x, y, class: "axis" }, text),
      draw("path", { d: `M${x + 0.5} ${y - 16}v5`, class: "tick" }),
    ]);
    return [draw("g", { "aria-hidden": "true" }, ...marks)];
  }

  // -- pointing, moving, zooming --

  itemAt(target) {
    for (let one = target; one && one !== this.root; one = one.parentNode) if (one.item) return one.item;
    return undefined;
  }

  show(item) {
    if (item) this.detail.classList.add("used"); // keeps its height from now on
    const hint = say("Point at a bar, or move to it with the arrow keys, to see what it is.");
    this.detail.replaceChildren(...(item ? this.describe.detail(item) : [make("p", { class: "hint" }, hint)]));
  }

  focused(item) {
    if (!item) return;
    this.items.get(this.current)?.mark.setAttribute("tabindex", "-1");
    this.current = item.key;
    item.mark.setAttribute("tabindex", "0");
    this.show(item);
  }

  key(event) {
    const item = this.items.get(this.current);
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const beside = (row, step) => row[row.indexOf(item) + step];
    const over = (row) =>
      row &&
      row.find(
        (one) =>
          one.x < item.x + Math.max(item.span, 1) && one.x + Math.max(one.span, 1) > item.x && !one.gap,
      );
    const moves = {
      ArrowLeft: () => beside(this.order[item.depth], -1),
      ArrowRight: () => beside(this.order[item.depth], 1),
      ArrowDown: () => over(this.order[item.depth + 1]),
      ArrowUp: () => over(this.order[item.depth - 1]),
    };
    const acts = {
      Enter: () => this.zoomTo(item),
      " ": () => this.fold(item),
      "+": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      Home: () => this.window(0, 1),
      Escape: () => this.window(0, 1),
    };
    if (moves[event.key]) {
      const next = moves[event.key]();
      if (next) next.mark.focus();
      else if (event.key === "ArrowLeft" || event.key === "ArrowRight")
        this.move(event.key === "ArrowLeft" ? -0.5 : 0.5);
    } else if (acts[event.key]) acts[event.key]();
    else return;
    event.preventDefault();
  }

  fold(item) {
    if (!item || item.nodes.length !== 1 || !item.nodes[0].children.length) return;
    item.nodes[0].folded = !item.nodes[0].folded;
    this.changed();
  }

  /** Show a bar, or a run, over the whole width. */
  zoomTo(item) {
    if (!item || item.gap) return;
    const first = item.nodes[0];
    const last = item.nodes[item.nodes.length - 1];
    const whole =
      this.from <= first.x0 + 1e-9 &&
      this.to >= last.x1 - 1e-9 &&
      this.to - this.from < (last.x1 - first.x0) * 1.01;
    if (whole) this.window(0, 1);
    else this.window(first.x0, last.x1);
  }

  zoom(factor) {
    const item = this.items.get(this.current);
    const scale = (this.to - this.from) / this.width;
    const middle = item ? this.from + (item.x + item.span / 2) * scale : (this.from + this.to) / 2;
    const half = ((this.to - this.from) * factor) / 2;
    this.window(middle - half, middle + half);
  }

  move(part) {
    const step = (this.to - this.from) * part;
    this.window(this.from + step, this.to + step);
  }

  /** Show a part of the whole width, kept inside it. */
  window(from, to) {
    const size = Math.min(1, Math.max(to - from, 1e-7));
    this.from = Math.min(Math.max(0, from), 1 - size);
    this.to = this.from + size;
    this.paint();
  }
}
