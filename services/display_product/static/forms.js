// Keeps a form from being sent twice, and says that it is under way. The server takes both copies as one anyway.
const sent = new Set();

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (sent.has(form)) {
      event.preventDefault();
      return;
    }
    sent.add(form);
    if (form.dataset.working) showProgress(form);
  });
}

// A page that the browser brings back from memory must be usable again.
addEventListener("pageshow", () => {
  sent.clear();
  for (const line of document.querySelectorAll(".working")) line.remove();
});

function showProgress(form) {
  const line = document.createElement("p");
  line.className = "working";
  line.setAttribute("role", "status");
  const bar = document.createElement("progress");
  bar.ariaLabel = form.dataset.working;
  line.append(form.dataset.working, bar);
  form.querySelector(".actions").after(line);
}
