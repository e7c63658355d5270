"use strict";
// The page works without this. With it the mail is shown anew when something was saved, a click on a sentence shows
// where it comes from, and a finding points at its place. Nothing runs inside the mail's own frame.

const mail = document.getElementById("mail");
const story = document.getElementById("story");
const fault = document.getElementById("fault");

function show(url) {
  if (!story) return;
  story.hidden = false;
  story.src = url;
}

function zoom() {
  const page = mail.contentDocument;
  if (page && page.body) page.body.style.zoom = mail.dataset.zoom / 100;
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
    found = page && page.querySelector(where);
  } catch {
    found = null;
  }
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.style.outline = "3px solid #d33";
}

if (mail) {
  mail.addEventListener("load", dress);
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
  // First the mail, at once; the facts around it follow.
  mail.addEventListener("load", () => mail.contentWindow.scrollTo(0, at), { once: true });
  mail.contentWindow.location.reload();
  fault.hidden = true;
  refresh();
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
