// Small comforts of the studio's pages; each works on top of plain links and forms.
(() => {
  // Choosing what to add: the list is narrowed by what is typed.
  const search = document.querySelector("[data-narrow]");
  search?.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(search.dataset.narrow)) {
      row.hidden = wanted !== "" && !row.textContent.toLowerCase().includes(wanted) && !row.querySelector(":checked");
    }
  });
  search?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });

  // A link to a part that is folded away opens it.
  const unfold = () => { document.querySelector(`${location.hash.replace(/[^#\w-]/g, "") || "#none"} details, details${location.hash.replace(/[^#\w-]/g, "") || "#none"}`)?.setAttribute("open", ""); };
  addEventListener("hashchange", unfold);
  unfold();
})();
