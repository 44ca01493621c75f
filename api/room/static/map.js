// The map of meaning: points on a canvas, to be zoomed, moved, coloured, searched and pointed at.

const drawing = document.querySelector("[data-drawing]");
if (drawing?.querySelector("a")) setTimeout(() => location.reload(), 4000);

const SERIES = 8;
const NEAR_PX = 12;

class Plane {
  constructor(place, data) {
    this.place = place;
    this.data = data;
    this.canvas = place.querySelector("canvas");
    this.tip = place.querySelector(".tip");
    this.legend = place.querySelector(".legend");
    this.view = { x: 0, y: 0, zoom: 1 };
    this.colouredBy = new Set(data.categories).size > 2 ? "category" : "year";
    place.querySelector("[data-colour]").value = this.colouredBy;
    this.single = null;
    this.found = null;
    this.here = -1;
    this.colour();
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  values() {
    const { days, categories, sources } = this.data;
    if (this.colouredBy === "year") return days.map((day) => day?.slice(0, 4) ?? null);
    return this.colouredBy === "source" ? sources : categories;
  }

  colour() {
    const values = this.values();
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
    let names = [...counts.keys()];
    if (this.colouredBy === "year") {
      names.sort();
      const width = Math.ceil(names.length / SERIES) || 1;
      this.series = values.map((value) => (value ? Math.floor(names.indexOf(value) / width) + 1 : 0));
      this.names = [];
      for (let at = 0; at < names.length; at += width) {
        const last = names[Math.min(at + width, names.length) - 1];
        this.names.push(names[at] === last ? last : `${names[at]}–${last}`);
      }
    } else {
      names = names.sort((one, other) => counts.get(other) - counts.get(one)).slice(0, SERIES);
      const number = new Map(names.map((name, at) => [name, at + 1]));
      this.series = values.map((value) => number.get(value) ?? 0);
      this.names = names;
    }
    this.single = null;
    this.showLegend();
  }

  showLegend() {
    const items = [...this.names.map((name, at) => [at + 1, name]), [0, "other"]].map(([series, name]) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = `series series-${series}`;
      const text = document.createElement("bdi");
      text.textContent = name;
      button.append(text);
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        this.single = this.single === series ? null : series;
        for (const one of this.legend.querySelectorAll("button")) one.setAttribute("aria-pressed", "false");
        button.setAttribute("aria-pressed", String(this.single === series));
        this.draw();
      });
      item.append(button);
      return item;
    });
    this.legend.replaceChildren(...items);
  }

  // between the plane (-1 to 1, upwards) and the canvas (pixels, downwards)
  get size() { return Math.min(this.canvas.clientWidth, this.canvas.clientHeight) * 0.47 * this.view.zoom; }
  toX(x) { return this.canvas.clientWidth / 2 + (x - this.view.x) * this.size; }
  toY(y) { return this.canvas.clientHeight / 2 - (y - this.view.y) * this.size; }

  draw() {
    const { canvas, data } = this;
    const scale = devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const colours = Array.from({ length: SERIES + 1 }, (_, at) => style.getPropertyValue(`--series-${at}`));
    const ink = style.getPropertyValue("--ink");
    const paper = style.getPropertyValue("--paper");
    const radius = Math.min(6, Math.max(1.6, 70 / Math.sqrt(data.ids.length)) * Math.sqrt(this.view.zoom));
    for (const lit of [false, true]) {
      for (let at = 0; at < data.ids.length; at++) {
        if (this.isLit(at) !== lit) continue;
        const x = this.toX(data.x[at]);
        const y = this.toY(data.y[at]);
        if (x < -9 || y < -9 || x > canvas.clientWidth + 9 || y > canvas.clientHeight + 9) continue;
        pen.globalAlpha = lit ? 0.85 : 0.12;
        pen.fillStyle = colours[this.series[at]];
        pen.beginPath();
        pen.arc(x, y, this.found?.has(data.ids[at]) ? radius * 1.5 : radius, 0, 2 * Math.PI);
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
    if (this.here >= 0) {
      pen.strokeStyle = ink;
      pen.lineWidth = 2;
      pen.beginPath();
      pen.arc(this.toX(data.x[this.here]), this.toY(data.y[this.here]), radius + 3, 0, 2 * Math.PI);
      pen.stroke();
    }
    pen.font = `italic 600 14px ${style.getPropertyValue("--serif")}`;
    pen.textAlign = "center";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = paper;
    pen.fillStyle = ink;
    const taken = [];
    for (const region of data.regions) {
      const x = this.toX(region.x);
      const y = this.toY(region.y);
      const half = pen.measureText(region.text).width / 2;
      if (x - half < 0 || x + half > canvas.clientWidth) continue;
      if (taken.some((one) => Math.abs(one.x - x) < one.half + half + 6 && Math.abs(one.y - y) < 20)) continue;
      taken.push({ x, y, half });
      pen.strokeText(region.text, x, y);
      pen.fillText(region.text, x, y);
    }
  }

  isLit(at) {
    return (this.single === null || this.series[at] === this.single) && (!this.found || this.found.has(this.data.ids[at]));
  }

  nearest(x, y) {
    let best = -1;
    let least = NEAR_PX ** 2;
    for (let at = 0; at < this.data.ids.length; at++) {
      if (!this.isLit(at)) continue;
      const far = (this.toX(this.data.x[at]) - x) ** 2 + (this.toY(this.data.y[at]) - y) ** 2;
      if (far < least) [best, least] = [at, far];
    }
    return best;
  }

  point(at) {
    if (at === this.here) return;
    this.here = at;
    this.canvas.classList.toggle("pointing", at >= 0);
    this.tip.hidden = at < 0;
    if (at >= 0) {
      const { titles, ids, days, sources, x, y } = this.data;
      const title = document.createElement("strong");
      title.dir = "auto";
      title.textContent = titles[at] || ids[at];
      const rest = document.createElement("span");
      rest.textContent = [days[at], sources[at]].filter(Boolean).join(" · ");
      this.tip.replaceChildren(title, rest);
      const left = Math.min(this.toX(x[at]) + 12, this.canvas.clientWidth - 230);
      this.tip.style.left = `${Math.max(0, left)}px`;
      this.tip.style.top = `${this.toY(y[at]) + 12}px`;
    }
    this.draw();
  }

  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const before = this.size;
    this.view.zoom = Math.min(60, Math.max(1, this.view.zoom * factor));
    const change = 1 / before - 1 / this.size;
    this.view.x += (x - this.canvas.clientWidth / 2) * change;
    this.view.y -= (y - this.canvas.clientHeight / 2) * change;
    if (this.view.zoom === 1) Object.assign(this.view, { x: 0, y: 0 });
    this.draw();
  }

  move(dx, dy) {
    this.view.x -= dx / this.size;
    this.view.y += dy / this.size;
    this.draw();
  }

  async find(question) {
    this.found = null;
    if (question) {
      const answer = await fetch(`/map/found?${new URLSearchParams({ q: question })}`);
      if (answer.ok) this.found = new Set((await answer.json()).ids);
    }
    this.canvas.dataset.found = this.found ? this.found.size : "";
    this.draw();
  }

  listen() {
    const { canvas } = this;
    const pointers = new Map();
    let moved = false;
    canvas.addEventListener("pointerdown", (event) => {
      pointers.set(event.pointerId, event);
      moved = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return this.point(this.nearest(event.offsetX, event.offsetY));
      const others = [...pointers.values()].filter((one) => one.pointerId !== event.pointerId);
      if (others.length) {
        const far = (one) => Math.hypot(one.offsetX - others[0].offsetX, one.offsetY - others[0].offsetY) || 1;
        this.zoom(far(event) / far(before), event.offsetX, event.offsetY);
      } else if (moved || Math.hypot(event.offsetX - before.offsetX, event.offsetY - before.offsetY) > 3) {
        this.move(event.offsetX - before.offsetX, event.offsetY - before.offsetY);
      } else return;
      moved = true;
      pointers.set(event.pointerId, event);
    });
    const up = (event) => {
      const known = pointers.delete(event.pointerId);
      if (!known || moved || event.type === "pointercancel") return;
      const at = this.nearest(event.offsetX, event.offsetY);
      if (at >= 0) location.assign(`/articles/${encodeURIComponent(this.data.ids[at])}`);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
    const keys = {
      "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), 0: () => this.zoom(0),
      ArrowLeft: () => this.move(60, 0), ArrowRight: () => this.move(-60, 0),
      ArrowUp: () => this.move(0, 60), ArrowDown: () => this.move(0, -60),
    };
    canvas.addEventListener("keydown", (event) => {
      if (!Object.hasOwn(keys, event.key) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    for (const button of this.place.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoom({ in: 1.6, out: 1 / 1.6, all: 0 }[button.dataset.zoom]));
    }
    this.place.querySelector("[data-colour]").addEventListener("change", (event) => {
      this.colouredBy = event.target.value;
      this.colour();
      this.draw();
    });
    this.place.querySelector("[data-find]").addEventListener("submit", (event) => {
      event.preventDefault();
      this.find(event.target.querySelector("input").value.trim());
    });
  }
}

const place = document.querySelector("[data-map]");
if (place) {
  const data = await fetch(place.dataset.map).then((answer) => answer.json());
  const plane = new Plane(place, data);
  place.classList.add("drawn");
  plane.draw();
}
