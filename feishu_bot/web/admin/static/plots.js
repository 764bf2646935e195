// Draws the figures that stand in the page, in the colours of its style.

const data = JSON.parse(document.getElementById("plots").textContent);
const HEIGHT = 220;
const COLOURS = {
  answers: ["--blue", "--red"],
  waits: ["--blue", "--blue-faint", "--green", "--green-faint"],
  tokens: ["--blue", "--green"],
  cost: ["--blue"],
};

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function short(value) {
  if (value === null || value === undefined) return "–";
  if (Math.abs(value) >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  if (Math.abs(value) >= 1e4) return `${+(value / 1e3).toFixed(1)}k`;
  return String(+value.toFixed(2));
}

function series(plot, line, number) {
  const stroke = colour(COLOURS[plot.name][number]);
  const value = (_, v) => (v === null || v === undefined ? "–" : `${short(v)} ${plot.unit}`.trim());
  if (line.style === "bars") {
    const paths = uPlot.paths.bars({ size: [0.7, 40] });
    return { label: line.label, stroke, fill: stroke, paths, points: { show: false }, value };
  }
  return { label: line.label, stroke, width: 2, spanGaps: true, points: { size: 5 }, value };
}

function draw(box) {
  const plot = data.plots[Number(box.dataset.plot)];
  const label = (at) => data.labels[at] ?? "";
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--quiet"), grid, ticks: { show: false } };
  const options = {
    width: box.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false, range: [-0.6, data.labels.length - 0.4] }, y: { range: (_, low, high) => [0, Math.max(high || 0, 1) * 1.1] } },
    axes: [
      { ...axis, space: 50, incrs: [1, 2, 3, 4, 6, 7, 10, 14, 30], values: (_, at) => at.map(label) },
      { ...axis, size: 56, values: (_, at) => at.map(short) },
    ],
    series: [
      { label: data.when, value: (_, at) => (at === null || at === undefined ? "–" : label(at)) },
      ...plot.series.map((line, number) => series(plot, line, number)),
    ],
  };
  const xs = data.labels.map((_, at) => at);
  box.replaceChildren();
  return new uPlot(options, [xs, ...plot.series.map((line) => line.values)], box);
}

for (const box of document.querySelectorAll(".plot")) {
  let drawn = draw(box);
  new ResizeObserver(() => {
    if (box.clientWidth && box.clientWidth !== drawn.width) drawn.setSize({ width: box.clientWidth, height: HEIGHT });
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawn.destroy();
    drawn = draw(box);
  });
}
