// Says that a file is too large before it travels.
const input = document.querySelector("input[type=file][data-most]");
const message = document.getElementById("file-too-large");

input.addEventListener("change", () => {
  const large = (input.files[0]?.size ?? 0) > Number(input.dataset.most);
  message.hidden = !large;
  input.setCustomValidity(large ? message.textContent : "");
  input.setAttribute("aria-invalid", String(large));
  input.form.noValidate = !large;
});
