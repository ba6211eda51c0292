"use strict";
// Who carries what. These are the rules of vcolint/model/forwarding.py; docs/paths.md has them in words.
// Connections are numbers. `down` is the set of those that have failed.

/** All routes to one destination. */
class Group {
  constructor(cidr, routes, parent) {
    this.cidr = cidr;
    this.parent = parent; // the nearest group around it
    this.routes = routes;
    this.all = distinct(routes);
    this.primaries = distinct(routes.filter((route) => route.weight === 100));
    this.keepers = new Set(distinct(routes.filter((route) => route.keeps)));
    this.unknown = routes.some((route) => route.weight === null);
  }
}

/** The connections of routes, each once, by number. */
function distinct(routes) {
  return [...new Set(routes.map((route) => route.connection))].sort((one, other) => one - other);
}

/** The connections that share a group's traffic, failed ones included; null where weights are not known. */
function choice(group, down, weighted) {
  for (let holder = group; holder; holder = holder.parent) {
    if (weighted && holder.unknown) return null;
    for (const names of weighted ? [holder.primaries, holder.all] : [holder.all]) {
      // A failed connection that keeps its routes still draws traffic.
      if (names.some((one) => !down.has(one) || holder.keepers.has(one))) {
        return { names, keepers: holder.keepers };
      }
    }
  }
  return { names: [], keepers: new Set() };
}

/** Who carries a group's traffic: `carriers` is null where that is not known. */
function carriage(group, down, weighted) {
  const chosen = choice(group, down, weighted);
  if (chosen === null) return { carriers: null, blackhole: false };
  return {
    carriers: chosen.names.filter((one) => !down.has(one)),
    blackhole: [...down].some((one) => chosen.keepers.has(one) && chosen.names.includes(one)),
  };
}

/** Whether a group's traffic survives the failure of any one more connection; null: not known. */
function survives(group, down, weighted) {
  const carriers = carriage(group, down, weighted).carriers;
  if (carriers === null) return null;
  for (const one of carriers) {
    const later = carriage(group, new Set([...down, one]), weighted);
    if (later.carriers === null) return null;
    if (later.carriers.length === 0 || later.blackhole) return false;
  }
  return carriers.length > 0;
}

/** The first and the last address of a network, as numbers. */
function range(cidr) {
  const [address, length] = cidr.split("/");
  const first = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(length)) - 1];
}

/** The nodes inside a node to which its addresses belong. */
function partsOf(node) {
  return node.children.flatMap((child) => [...(child.full ? [] : [child]), ...partsOf(child)]);
}

/** Who carries some networks; null if not all have the same carriers. */
function agreed(carriages) {
  return carriages.every((one) => same(one, carriages[0])) ? carriages[0] : null;
}

function addressText(number) {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}

/** One table: its groups by their CIDR. They are sorted: a group comes directly before those inside it. */
function groupsOf(table) {
  const groups = new Map();
  let parent = null;
  for (const [cidr, rows] of table.destinations) {
    const [first] = range(cidr);
    while (parent && range(parent.cidr)[1] < first) parent = parent.parent;
    const routes = rows.map(([connection, weight, keeps, live, file, line, address]) => ({
      connection,
      weight,
      keeps,
      live,
      file,
      line,
      address,
    }));
    parent = new Group(cidr, routes, parent);
    groups.set(cidr, parent);
  }
  return groups;
}

/** A routing domain: the tree of its destinations. In a diff, the destinations of both sides. */
class Domain {
  constructor(data, number, vague) {
    this.name = data.name;
    this.vague = vague; // connections that may be one with another name on the other side
    this.id = `domain-${number}`;
    this.compares = data.before !== null;
    this.weighted = data.now.weighted;
    this.weightedBefore = this.compares && data.before.weighted;
    const now = groupsOf(data.now);
    const before = this.compares ? groupsOf(data.before) : new Map();
    const cidrs = [...new Set([...now.keys(), ...before.keys()])].map((cidr) => [cidr, ...range(cidr)]);
    cidrs.sort((one, other) => one[1] - other[1] || other[2] - one[2]);
    this.nodes = [];
    let parent = null;
    for (const [cidr, first, last] of cidrs) {
      while (parent && parent.last < first) parent = parent.parent;
      const node = {
        cidr,
        first,
        last,
        parent,
        children: [],
        inside: 0,
        depth: parent ? parent.depth + 1 : 0,
        own: now.get(cidr) || null, // its routes, on each side
        ownBefore: before.get(cidr) || null,
        folded: false,
        elsewhere: false, // another domain has it on the other side
        doubtful: false, // not known whether it changes
      };
      // The group that its addresses belong to: where it has no routes of its own, the one around it.
      node.group = node.own || (parent && parent.group);
      node.groupBefore = node.ownBefore || (parent && parent.groupBefore);
      if (parent) parent.children.push(node);
      for (let around = parent; around; around = around.parent) around.inside += 1;
      this.nodes.push(node);
      parent = node;
    }
    for (const node of this.nodes) {
      // No address of it is left: those inside it say who carries them.
      const inside = node.children.reduce((sum, child) => sum + child.last - child.first + 1, 0);
      node.full = inside === node.last - node.first + 1;
    }
    for (const node of this.nodes) {
      const parts = node.full ? partsOf(node) : [];
      node.covered = node.full && (!node.own || parts.every((one) => one.group !== node.group));
      const wasCovered = !node.ownBefore || parts.every((one) => one.groupBefore !== node.groupBefore);
      // Merged or split: on one side, it carries all that is inside it.
      const merges = node.own && !node.covered;
      node.parts = this.compares && node.full && (merges || !wasCovered) ? parts : null;
    }
    // A network that could not be compared contains destinations, or lies in one.
    for (const [first, last] of data.unknown.map(range)) {
      const inside = this.nodes.filter((node) => first <= node.first && node.last <= last);
      const around = this.nodes.filter((node) => node.first <= first && last <= node.last);
      for (const node of inside.length ? inside : around.slice(-1)) node.doubtful = true;
    }
    this.roots = this.nodes.filter((node) => !node.parent);
    this.connections = distinct(this.nodes.flatMap((node) => (node.own ? node.own.routes : [])));
    this.uses = new Set(
      this.nodes.flatMap((node) => [node.own, node.ownBefore].flatMap((one) => (one ? one.all : []))),
    );
    if (this.compares) this.markElsewhere(data.told.map(range));
  }

  /** Mark the destinations that another domain has on the other side. They look lost or new, but are not among
   *  the networks in `told`, which are lost or new. */
  markElsewhere(told) {
    this.update(new Set());
    const holds = (node, [first, last]) => node.first <= first && last <= node.last;
    for (const node of this.nodes.filter((one) => one.change === "lost" || one.change === "new")) {
      const meets = ([first, last]) => first <= node.last && node.first <= last;
      node.elsewhere = !told.some((one) => meets(one) && !node.children.some((child) => holds(child, one)));
    }
  }

  /** Work out who carries each destination while `down` have failed. */
  update(down) {
    for (const node of this.nodes) {
      node.now = carriage(node.group, down, this.weighted);
      node.survives = survives(node.group, down, this.weighted);
      if (!this.compares) continue;
      node.before = carriage(node.groupBefore, down, this.weightedBefore);
      node.change = node.full ? null : change(node, survives(node.groupBefore, down, this.weightedBefore), this.vague);
      if (node.change && node.doubtful) node.change = "unknown";
      if (node.elsewhere && (node.change === "lost" || node.change === "new")) {
        (node.change === "lost" ? node.now : node.before).elsewhere = true;
        node.change = null;
      }
    }
    for (const node of this.nodes.filter((one) => one.parts)) {
      node.was = agreed(node.parts.map((one) => one.before));
      node.is = agreed(node.parts.map((one) => one.now));
      if (!node.own) node.now = node.is || node.before;
      node.before = node.was || node.now;
    }
  }

  /** Who carries a destination when one more connection fails. */
  failure(node, down, connection) {
    return carriage(node.group, new Set([...down, connection]), this.weighted);
  }
}

/** What the change does to a destination: a kind of change, "unknown", or null for nothing. */
function change({ before, now, survives: survivesNow }, survivedBefore, vague) {
  if (survivesNow === null || survivedBefore === null) return "unknown";
  if (String(before.carriers) !== String(now.carriers)) {
    if (!before.carriers.length) return "new";
    if (!now.carriers.length) return "lost";
    return [...before.carriers, ...now.carriers].some((one) => vague.has(one)) ? "unknown" : "moved";
  }
  return survivesNow === survivedBefore ? null : survivesNow ? "stronger" : "weaker";
}

function same(one, other) {
  return (
    String(one.carriers) === String(other.carriers) &&
    one.blackhole === other.blackhole &&
    (one.carriers === null) === (other.carriers === null)
  );
}
