// Brings the progress up to date in place, so that the focus and what is being read stay where they are.
const SECONDS = 2;
// Not where the page is: it may be the answer to a button.
const address = document.getElementById("progress").dataset.address;

async function update() {
  try {
    const answer = await fetch(address, {headers: {Accept: "text/html"}});
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [old, now] = [document, page].map((each) => each.getElementById("progress"));
      // Another state is another page.
      if (now?.dataset.state !== old.dataset.state) {
        location.replace(address);
        return;
      }
      old.replaceChildren(...now.childNodes);
      const [said, status] = [document, page].map((each) => each.querySelector("main [role=status]"));
      // What has not changed must not be read out again.
      if (said.textContent !== status.textContent) said.textContent = status.textContent;
    }
  } catch {
    // The line is down for a moment; the next try may reach the pages again.
  }
  setTimeout(update, SECONDS * 1000);
}

setTimeout(update, SECONDS * 1000);
