"use strict";
// The page works without this. With it the mail is shown anew when something was saved, a click on a sentence shows
// where it comes from, and a finding points at its place. Nothing runs inside the mail's own frame.

const mail = document.getElementById("mail");
const dark = document.getElementById("dark");
const story = document.getElementById("story");
const fault = document.getElementById("fault");

function show(url) {
  if (!story) return;
  story.hidden = false;
  story.src = url;
}

function zoom() {
  for (const frame of [mail, dark]) {
    const page = frame && frame.contentDocument;
    if (page && page.body) page.body.style.zoom = frame.dataset.zoom / 100;
  }
}

// The sentence of a clicked paragraph that the pointer stands on, else its first.
function pick(sentences, paragraph, offset) {
  const words = paragraph.textContent.replace(/\s+/g, " ");
  const places = sentences
    .map((each) => ({ url: each.url, start: words.indexOf(each.text.replace(/\s+/g, " ")), length: each.text.length }))
    .filter((each) => each.start >= 0);
  return places.find((each) => offset >= each.start && offset <= each.start + each.length) || places[0];
}

function offsetIn(paragraph, event) {
  const page = paragraph.ownerDocument;
  const range = page.caretRangeFromPoint ? page.caretRangeFromPoint(event.clientX, event.clientY) : null;
  if (!range) return 0;
  const before = page.createRange();
  before.setStart(paragraph, 0);
  before.setEnd(range.startContainer, range.startOffset);
  return before.toString().replace(/\s+/g, " ").length;
}

async function dress() {
  zoom();
  if (!story || !mail.contentDocument) return;
  const answer = await fetch("sentences" + location.search);
  if (!answer.ok) return;
  const sentences = await answer.json();
  mail.contentDocument.addEventListener("click", (event) => {
    const paragraph = event.target.closest("p, li, td");
    if (!paragraph || event.target.closest("a")) return;
    const found = pick(sentences, paragraph, offsetIn(paragraph, event));
    if (found) show(found.url);
  });
}

function point(where) {
  const page = mail && mail.contentDocument;
  let found = null;
  try {
    // The lint reads the mail as it is written; a browser puts a tbody into every table.
    found = page && page.querySelector(where.replace(/(table(?::nth-child\(\d+\))?) > tr/g, "$1 > tbody > tr"));
  } catch {
    found = null;
  }
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.style.outline = "3px solid #d33";
}

if (mail) {
  mail.addEventListener("load", dress);
  if (dark) dark.addEventListener("load", zoom);
  if (mail.contentDocument && mail.contentDocument.readyState === "complete") dress();
}
document.addEventListener("click", (event) => {
  const sentence = event.target.closest("a.sentence");
  if (sentence) {
    event.preventDefault();
    show(sentence.getAttribute("href"));
  }
  const button = event.target.closest("button[data-where]");
  if (button) point(button.dataset.where);
});

const news = new EventSource("events");
news.addEventListener("edition", () => {
  const at = mail && mail.contentWindow ? mail.contentWindow.scrollY : 0;
  if (!mail) {
    location.reload();
    return;
  }
  sessionStorage.setItem("digest-scroll", String(at));
  // First the mail, at once; the facts around it follow when it is there.
  const seen = () => {
    mail.contentWindow.scrollTo(0, at);
    refresh();
  };
  mail.addEventListener("load", seen, { once: true });
  mail.contentWindow.location.reload();
  if (dark) dark.contentWindow.location.reload();
  fault.hidden = true;
});
news.addEventListener("fault", (event) => {
  if (!fault) return;
  fault.hidden = false;
  fault.querySelector("span").textContent = JSON.parse(event.data);
});

async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["header", ".side"]) {
    const old = document.querySelector(part);
    const made = fresh.querySelector(part);
    if (old && made) old.replaceWith(document.importNode(made, true));
  }
  document.title = fresh.title;
}
