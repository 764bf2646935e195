// A login link has its token behind the #, where no server sees it. It is put into the form, and
// out of the address; only the press of the button uses it up.

const form = document.getElementById("by-link");
const token = location.hash.slice(1);

if (token && form) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.link_token.value = token;
  form.hidden = false;
  const password = document.getElementById("by-password");
  if (password) password.hidden = true;
  document.getElementById("how")?.setAttribute("hidden", "");
}
