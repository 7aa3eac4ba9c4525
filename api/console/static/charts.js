// Replaces each static picture by an interactive chart. Without this script the picture stays.
"use strict";

const dark = window.matchMedia("(prefers-color-scheme: dark)");

// Colours come as names of the style sheet's variables, so that charts follow light and dark.
function withColours(value, style, key = "") {
  if (typeof value === "string") {
    return key.endsWith("color") && value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
  }
  if (Array.isArray(value)) {
    return value.map((one) => withColours(one, style));
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withColours(one, style, name)]));
  }
  return value;
}

function draw(figure) {
  const style = getComputedStyle(document.documentElement);
  const plot = figure.querySelector(".plot");
  const chart = withColours(JSON.parse(figure.querySelector("script").textContent), style);
  chart.layout.font.family = getComputedStyle(document.body).fontFamily;
  if (!plot.classList.contains("drawn")) {
    plot.replaceChildren();
    plot.classList.add("drawn");
  }
  return window.Plotly.react(plot, chart.data, chart.layout, { displayModeBar: false, responsive: true });
}

function drawAll() {
  return Promise.all([...document.querySelectorAll("figure[data-chart]")].map(draw));
}

if (window.Plotly) {
  drawAll().then(() => document.documentElement.setAttribute("data-charts", "drawn"));
  dark.addEventListener("change", drawAll);
}
