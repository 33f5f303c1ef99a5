"use strict";
/* The button that prints a sheet; without script the browser's own command does. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
