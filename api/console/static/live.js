// Keeps Today at the present: asks for the page again and puts its new content in place of the old.
"use strict";

const EVERY_MS = 5000;
const PARTS = [".dateline", "main", "footer"];

// Nobody's hand is moved: not while a control is in use, a question stands open, or text is being marked.
function inUse() {
  const chosen = [...document.querySelectorAll("form.filters option:checked")];
  return (
    document.hidden ||
    document.querySelector("main :focus-visible, main select:focus, main input:focus, main details[open]") !== null ||
    !window.getSelection().isCollapsed ||
    chosen.some((option) => !option.defaultSelected && option.value !== "")
  );
}

function put(page) {
  for (const part of PARTS) {
    const [old, renewed] = [document.querySelector(part), page.querySelector(part)];
    if (old !== null && renewed !== null && old.innerHTML !== renewed.innerHTML) {
      old.replaceWith(renewed);
    }
  }
}

function tellSilence() {
  const line = document.querySelector(".dateline");
  if (line !== null && line.querySelector(".word") === null) {
    const word = document.createElement("span");
    word.className = "word";
    word.textContent = `not renewed since ${new Date().toISOString().slice(11, 16)}`;
    line.append(" ", word);
  }
}

async function renew() {
  if (!inUse()) {
    try {
      const answer = await fetch(window.location.href);
      if (answer.ok) {
        put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } else {
        tellSilence();
      }
    } catch {
      tellSilence();
    }
  }
  window.setTimeout(renew, EVERY_MS);
}

window.setTimeout(renew, EVERY_MS);
