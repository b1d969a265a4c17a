// Summaries of search results are fetched from the pages, which needs a server.
DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol !== "file:";
// Furo leaves both of its sidebars without a name.
document.querySelector(".sidebar-drawer").ariaLabel = "Course";
document.querySelector(".toc-drawer").ariaLabel = "Sections";
// Nor can keys open them on a phone.
for (const label of document.querySelectorAll(".mobile-header label")) {
  const button = label.firstElementChild;
  button.role = "button";
  button.tabIndex = 0;
  button.ariaLabel = document.getElementById(label.htmlFor).ariaLabel;
  button.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    label.click();
  });
}
// Paper shows what is folded.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) {
    fold.open = true;
    fold.dataset.printed = "";
  }
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});
